"""Entries fetched from a real slapd, in pages, over TLS; and what is said when it does not answer."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from click.testing import CliRunner, Result

from gateway import directory_server
from gateway.cli import main
from gateway.config import Ldap, load_config
from gateway.directory_server import DirectoryUnavailable, fetch, whole_attributes
from gateway.snapshot import take
from gateway.taking import STAFF_ACT, check_staff
from quarantine.audit import folder_of, records
from rules.directory_entries import directory_of
from tests.ports import free_port
from tests.slapd import BASE, PASSWORD, READER, Slapd, missing

bonsai = pytest.importorskip("bonsai", reason="the LDAP client bonsai is not installed")
pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(missing()), reason=missing())]

PEOPLE = 12
OPEN = "objectClass: extensibleObject\n"  # may hold the attributes of Active Directory


def entries() -> str:
    people = "".join(
        f"dn: cn=P{number},{BASE}\nobjectClass: inetOrgPerson\n{OPEN}cn: P{number}\nsn: P\n"
        f"mail: p{number}@city.example\nproxyAddresses: SMTP:person{number}@city.example\n"
        f"department: Clerk\nuserAccountControl: {514 if number == 3 else 512}\n\n"
        for number in range(PEOPLE)
    )
    inner = "".join(f"member: cn=P{number},{BASE}\n" for number in range(PEOPLE))
    return people + (
        f"dn: cn=inner,{BASE}\nobjectClass: groupOfNames\ncn: inner\n{inner}\n"
        f"dn: cn=all,{BASE}\nobjectClass: groupOfNames\n{OPEN}cn: all\n"
        f"mail: all@city.example\nmember: cn=inner,{BASE}\n"
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("slapd")


@pytest.fixture(scope="module")
def settings(folder: Path) -> Iterator[Ldap]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    certificate = authority.issue_cert("127.0.0.1", common_name="127.0.0.1")  # without a common name GnuTLS takes none
    certificate.private_key_and_cert_chain_pem.write_to_path(folder / "server.pem")
    (folder / "password").write_text(f"{PASSWORD}\n")
    files = (folder / "ca.pem", folder / "server.pem", folder / "server.pem")
    with Slapd(folder, entries(), files) as server:
        yield Ldap(url=server.url, base=BASE, bind_dn=READER, password_file=folder / "password", ca=folder / "ca.pem")


def test_people_and_groups_within_groups(settings: Ldap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory_server, "PAGE", 5)  # so that three pages are needed
    directory, conflicts = directory_of(fetch(settings), ("city.example",))
    assert conflicts == ()
    assert len(directory.people) == PEOPLE
    assert directory.people["person3@city.example"].active is False
    assert directory.person("p4@city.example") is directory.people["person4@city.example"]
    assert directory.groups == {"all@city.example": frozenset(directory.people) - {"person3@city.example"}}


def test_so_many_entries_and_no_more(settings: Ldap, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory_server, "MAX_ENTRIES", PEOPLE + 2)
    assert len(list(fetch(settings))) == PEOPLE + 2
    monkeypatch.setattr(directory_server, "MAX_ENTRIES", PEOPLE + 1)
    with pytest.raises(DirectoryUnavailable, match=f"more than {PEOPLE + 1} entries"):
        list(fetch(settings))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda one, folder: replace(one, password_file=_file(folder, "wrong", "wrong")), "redentials"),
        (lambda one, folder: replace(one, ca=_strange_authority(folder)), "."),
        (lambda one, _: replace(one, url=f"ldaps://127.0.0.1:{free_port()}"), "."),
        (lambda one, _: replace(one, filter="(mail=*"), "."),
        (lambda one, _: replace(one, base="dc=other"), "."),
        (lambda one, folder: replace(one, password_file=folder / "none"), "No such file"),
    ],
)
def test_a_server_that_does_not_answer_is_told_and_nothing_comes(
    settings: Ldap, folder: Path, change: Callable[[Ldap, Path], Ldap], words: str
) -> None:
    with pytest.raises(DirectoryUnavailable, match=words) as caught:
        list(fetch(change(settings, folder)))
    assert PASSWORD not in str(caught.value)


def _file(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def _strange_authority(folder: Path) -> Path:
    trustme.CA().cert_pem.write_to_path(folder / "strange.pem")
    return folder / "strange.pem"


def test_members_in_ranges_are_asked_for_until_the_last() -> None:
    """Active Directory gives 1,500 values at once; who misses that loses members of large groups."""
    members = [f"cn={number}" for number in range(8)]
    asked = []

    def again(attribute: str) -> dict[str, list[str]]:
        asked.append(attribute)
        first = int(attribute.partition("=")[2].rstrip("-*"))
        last = "*" if first + 3 >= len(members) else first + 2
        return {f"member;range={first}-{last}": members[first : first + 3]}

    found = whole_attributes({"CN": ["all"], "member;range=0-2": members[:3], "member": []}, again)
    assert found == {"cn": ("all",), "member": tuple(members)}
    assert asked == ["member;range=3-*", "member;range=6-*"]


@pytest.mark.parametrize(("bound", "refused"), [(2, False), (1, True)])
def test_so_many_ranges(monkeypatch: pytest.MonkeyPatch, bound: int, refused: bool) -> None:
    monkeypatch.setattr(directory_server, "MAX_RANGES", bound)
    answers = iter(({"member;range=1-1": ["b"]}, {"member;range=2-*": ["c"]}))
    if refused:
        with pytest.raises(DirectoryUnavailable, match="more than 1 ranges"):
            whole_attributes({"member;range=0-0": ["a"]}, lambda _: next(answers))
    else:
        assert whole_attributes({"member;range=0-0": ["a"]}, lambda _: next(answers)) == {"member": ("a", "b", "c")}


def test_the_command_makes_the_list_and_nobody_is_lost_without_a_word(settings: Ldap, tmp_path: Path) -> None:
    """A service that runs on thirty people takes the server's twelve when somebody has said so, with a record."""
    listed = tmp_path / "staff.csv"
    listed.write_text("address\n" + "".join(f"old{number}@city.example\n" for number in range(30)))
    ldap = f"{{url: '{settings.url}', base: '{BASE}', bind_dn: '{READER}', "
    ldap += f"password_file: '{settings.password_file}', ca: '{settings.ca}'}}"
    (tmp_path / "mailward.yaml").write_text(
        f"domains: [city.example]\nstate: state\ndirectory: staff.csv\nldap: {ldap}\n"
        "listeners: [{name: a, kind: internal, next_hop: b}]\nnext_hops: [{name: b, maildir: mail}]\n"
    )
    config = load_config(tmp_path / "mailward.yaml")
    in_force = take(config)

    def sync(*options: str) -> Result:
        return CliRunner().invoke(main, ["directory", "sync", "-c", str(tmp_path / "mailward.yaml"), *options])

    refused = sync()
    assert (refused.exit_code, "more than a fifth would go" in refused.output) == (1, True)
    assert "old29@" in listed.read_text()
    assert "12 people (before: 30), 1 group" in sync("--accept-fewer").output
    check_staff(config, in_force)
    (record,) = records(folder_of(config.state))
    assert (record.act, record.reason) == (STAFF_ACT, "directory sync --accept-fewer")
    assert sync().exit_code == 0
