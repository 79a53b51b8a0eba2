import pytest

from gateway.milter.paths import mail_arguments, rcpt_arguments
from gateway.smtp.parameters import Refused
from rules.address import parse_address

DOMAIN = "city.example"


def test_parameters_are_read_and_those_we_do_not_know_left_out() -> None:
    read = mail_arguments(b"<a@b.example>", (b"SIZE=7", b"BY=120;R", b"RET=hdrs", b"ENVID=QQ", b"RET=FULL"), DOMAIN)
    assert (read.reverse_path, read.size, read.ret, read.envid) == (parse_address("a@b.example"), 7, "HDRS", "QQ")
    rcpt = rcpt_arguments(b"<c@d.example>", (b"NOTIFY=NEVER", b"ORCPT=rfc822;c@d.example", b"\xff"), DOMAIN)
    assert (rcpt.notify, rcpt.orcpt) == ("NEVER", "rfc822;c@d.example")


def test_a_null_reverse_path_is_null() -> None:
    assert mail_arguments(b"<>", (), DOMAIN).reverse_path is None


@pytest.mark.parametrize(
    ("path", "mailbox"),
    [
        (b"<clerk>", "clerk@city.example"),
        (b"clerk", "clerk@city.example"),
        (b"clerk@city.example", "clerk@city.example"),
        (b"<postmaster>", "postmaster@city.example"),
        (b'<"a b"@city.example>', '"a b"@city.example'),
        ("<grün@city.example>".encode(), "grün@city.example"),
    ],
)
def test_names_of_the_mta_are_mailboxes_of_ours(path: bytes, mailbox: str) -> None:
    assert str(rcpt_arguments(path, (), DOMAIN).address) == mailbox
    assert str(mail_arguments(path, (), DOMAIN).reverse_path) == mailbox


@pytest.mark.parametrize("path", [b"<a@b@c>", b"<\xff@city.example>", b"<a b@city.example>", b"<@a,@b:c@d.example>"])
def test_what_is_no_mailbox_is_refused(path: bytes) -> None:
    for read in (mail_arguments, rcpt_arguments):
        with pytest.raises(Refused):
            read(path, (), DOMAIN)
