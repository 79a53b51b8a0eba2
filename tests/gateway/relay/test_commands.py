"""Commands say what the next hop understands, and nothing can be smuggled into one (reliability C07, C22)."""

import pytest

from gateway.relay.commands import CommandError, Extensions, command, mail, rcpt, read_extensions
from gateway.relay.replies import WireReply
from rules.address import Address, parse_address
from rules.transaction import Envelope, Recipient

ALL = Extensions(pipelining=True, eight_bit=True, smtputf8=True, dsn=True)


def envelope(**values: object) -> Envelope:
    return Envelope(**{"reverse_path": parse_address("clerk@city.example"), "recipients": (), **values})  # type: ignore[arg-type]


def test_null_reverse_path_is_written_so() -> None:
    assert mail(envelope(reverse_path=None), ALL) == b"MAIL FROM:<>\r\n"


def test_parameters_go_where_they_are_understood() -> None:
    sent = mail(envelope(body="8BITMIME", ret="HDRS", envid="Qq+2B314159"), ALL)
    assert sent == b"MAIL FROM:<clerk@city.example> BODY=8BITMIME RET=HDRS ENVID=Qq+2B314159\r\n"
    assert mail(envelope(body="8BITMIME", ret="HDRS", envid="x"), Extensions()) == b"MAIL FROM:<clerk@city.example>\r\n"


@pytest.mark.parametrize(("offered", "said"), [(None, b""), (0, b" SIZE=70"), (1, b" SIZE=70")])
def test_a_size_is_told_where_it_is_understood(offered: int | None, said: bytes) -> None:
    """RFC 1870 section 6.1; what is too large has been refused before."""
    assert mail(envelope(size=70), Extensions(size=offered)) == b"MAIL FROM:<clerk@city.example>" + said + b"\r\n"
    assert b"SIZE" not in mail(envelope(), Extensions(size=offered))


def test_dsn_parameters_of_a_recipient() -> None:
    one = Recipient(address=parse_address("ada@city.example"), notify="NEVER", orcpt="rfc822;ada@city.example")
    assert rcpt(envelope(), one, ALL) == b"RCPT TO:<ada@city.example> NOTIFY=NEVER ORCPT=rfc822;ada@city.example\r\n"
    assert rcpt(envelope(), one, Extensions()) == b"RCPT TO:<ada@city.example>\r\n"


def test_internationalized_mail() -> None:
    path = parse_address("jürgen@city.example")
    assert mail(envelope(reverse_path=path, smtputf8=True), ALL) == (
        "MAIL FROM:<jürgen@city.example> SMTPUTF8\r\n".encode()
    )


def test_eight_bits_without_smtputf8_are_no_command() -> None:
    with pytest.raises(CommandError):
        rcpt(envelope(), Recipient(address=parse_address("jürgen@city.example")), ALL)


@pytest.mark.parametrize("local", ["a\r\nRCPT TO:<evil@elsewhere.example>", "a\nb", "a\rb", "a\0b", "a\x7fb", "a\tb"])
def test_c07_no_control_character_leaves_in_a_command(local: str) -> None:
    with pytest.raises(CommandError):
        rcpt(envelope(smtputf8=True), Recipient(address=Address(local=local, domain="city.example")), ALL)


def test_a_parameter_cannot_become_two() -> None:
    with pytest.raises(CommandError):
        mail(envelope(envid="x BODY=8BITMIME"), ALL)


def test_a_command_has_an_end() -> None:
    with pytest.raises(CommandError):
        command("NOOP " + "x" * 3_000)


def test_extensions_are_read_in_any_case_and_the_greeting_line_is_none() -> None:
    reply = WireReply(code=250, lines=("PIPELINING.city.example", "dsn", "SIZE 1000", "8BitMIME", "STARTTLS"))
    assert read_extensions(reply) == Extensions(dsn=True, eight_bit=True, starttls=True, size=1000)


@pytest.mark.parametrize(
    ("line", "size"), [("SIZE", 0), ("size 0", 0), ("SIZE 37748736", 37_748_736), ("SIZE many", 0), ("HELP", None)]
)
def test_the_size_it_takes_may_be_left_open(line: str, size: int | None) -> None:
    """RFC 1870 section 4."""
    assert read_extensions(WireReply(code=250, lines=("mx", line))).size == size
