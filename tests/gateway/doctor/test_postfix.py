import dataclasses
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gateway.doctor.note import Grade
from gateway.doctor.postfix import PostfixSettings, Service, judge_postfix, read_postfix
from gateway.doctor.postfix_tables import Entry
from tests.gateway.doctor.milters import CONFIG, DEPLOY, MILTER
from tests.postfix import Postfix, PostfixMissing

SHIPPED = {
    name.strip(): value.strip()
    for name, equals, value in (line.partition("=") for line in (DEPLOY / "postfix/main.cf").read_text().splitlines())
    if equals
} | {  # and what Postfix has by itself
    "smtpd_forbid_bare_newline_exclusions": "127.0.0.0/8, [::1]/128 10.0.0.0/8",
    "smtpd_recipient_limit": "1000",
    "message_size_limit": "10240000",
}
RELEASE = {"smtpd_milters": "", "smtpd_forbid_bare_newline_exclusions": ""}


def postfix(
    changed: Mapping[str, str] | None = None,
    *others: Service,
    public: Mapping[str, str] | None = None,
    release: Mapping[str, str] = RELEASE,
    **found: Any,
) -> list[Grade]:
    """Grades for the shipped settings with these changes of main.cf and of two services, and with other services.

    `found`: of lookup tables.
    """
    services = (Service(name="smtp", options=public or {}), Service(name="127.0.0.1:10026", options=release), *others)
    settings = PostfixSettings(main=SHIPPED | dict(changed or {}), services=services, **found)
    return [note.grade for note in judge_postfix(settings, CONFIG)]


def test_the_shipped_settings_of_postfix_are_well() -> None:
    assert postfix() == [Grade.GOOD]


UNSAFE: tuple[Mapping[str, str], ...] = (
    {"milter_default_action": "accept"},
    {"milter_default_action": "quarantine"},
    {"milter_content_timeout": "89s"},
    {"milter_command_timeout": "29s"},
    {"milter_command_timeout": "soon"},
    {"smtpd_milters": "{ inet:127.0.0.1:8891, default_action=accept }"},
    {"smtpd_milters": "{ inet:127.0.0.1:8891, content_timeout = 89s }"},
    {"smtpd_milters": "inet:localhost:11332, { inet:127.0.0.1:8891, command_timeout=29s }"},
    {"smtpd_forbid_bare_newline": "no"},
    {"smtpd_forbid_bare_newline": "note"},
)


@pytest.mark.parametrize("changed", UNSAFE)
def test_each_unsafe_setting_of_postfix_is_told_g05(changed: Mapping[str, str]) -> None:
    assert postfix(changed).count(Grade.UNSAFE) == 1
    assert postfix(public=changed).count(Grade.UNSAFE) == 1  # also where -o sets it for the service alone


@pytest.mark.parametrize(
    "changed",
    [
        {"smtpd_milters": "inet:127.0.0.1:8892"},
        {"smtpd_milters": "inet:127.0.0.1:88911"},
        {"smtpd_milters": ""},
        {"receive_override_options": "no_milters"},
    ],
)
def test_a_postfix_that_does_not_ask_is_told(changed: Mapping[str, str]) -> None:
    assert postfix(changed) == [Grade.UNSAFE]
    assert postfix({}, Service(name="submission"), public=changed).count(Grade.UNSAFE) == 1


def test_another_milter_may_be_missed() -> None:
    for own in ("default_action=accept", "content_timeout=10s"):
        assert postfix({"smtpd_milters": f"inet:127.0.0.1:8891 {{ inet:127.0.0.1:8892, {own} }}"}) == [Grade.GOOD]


def test_settings_of_our_milter_stand_before_the_general_ones() -> None:
    own = "{ inet:127.0.0.1:8891, default_action=tempfail, content_timeout=90s, command_timeout=30s }"
    general = {"milter_default_action": "accept", "milter_content_timeout": "9s", "milter_command_timeout": "9s"}
    assert postfix(general | {"smtpd_milters": own}) == [Grade.GOOD]


def test_what_could_be_better_is_advice() -> None:
    assert Grade.ADVICE not in postfix({"message_size_limit": "157286400"})
    for changed in (
        {"message_size_limit": "157286401"},
        {"message_size_limit": "0"},
        {"smtpd_recipient_limit": "1001"},
        {"milter_protocol": "2"},
        {"non_smtpd_milters": ""},
        {"smtpd_milter_maps": "cidr:/etc/postfix/without"},
    ):
        assert postfix(changed) == [Grade.GOOD, Grade.ADVICE]
    assert postfix({}, Service(name="587", options={"smtpd_milters": ""})) == [Grade.GOOD, Grade.ADVICE]


def test_releases_that_are_caught_again_are_told() -> None:
    plain = {"smtpd_forbid_bare_newline_exclusions": ""}
    assert postfix(release=plain).count(Grade.UNSAFE) == 1
    assert postfix(release=plain | {"smtpd_milters": "inet:127.0.0.1:8891"}).count(Grade.UNSAFE) == 1
    assert postfix(release=plain | {"receive_override_options": "no_milters"}) == [Grade.GOOD]
    elsewhere = dataclasses.replace(CONFIG.next_hops[0], host="192.0.2.1")  # whose settings are not to be seen here
    settings = PostfixSettings(main=SHIPPED, services=(Service(name="smtp"), Service(name="10026")))
    assert [one.grade for one in judge_postfix(settings, dataclasses.replace(CONFIG, next_hops=(elsewhere,)))] == [
        Grade.GOOD
    ]


def test_a_release_that_is_forgiven_bare_line_feeds_is_told_g05() -> None:
    assert postfix(release={"smtpd_milters": ""}).count(Grade.UNSAFE) == 1
    for exclusions, unsafe in (("10.0.0.0/8", 0), ("127.0.0.1", 1), ("hash:/etc/postfix/x", 0), ("$mynetworks", 1)):
        release = RELEASE | {"smtpd_forbid_bare_newline_exclusions": exclusions, "mynetworks": "127.0.0.0/8"}
        assert postfix(release=release).count(Grade.UNSAFE) == unsafe


@pytest.mark.parametrize(
    ("value", "key", "grades"),
    [
        ("inet:127.0.0.1:8891", "10.0.0.5", [Grade.GOOD]),
        ("DISABLE", "10.0.0.5", [Grade.GOOD, Grade.ADVICE]),
        ("inet:127.0.0.1:8892", "10.0.0.5", [Grade.GOOD, Grade.ADVICE]),
        ("DISABLE", "0.0.0.0/0", [Grade.GOOD, Grade.UNSAFE]),
        ("DISABLE", "everybody", [Grade.GOOD, Grade.UNSAFE]),
        ("{ inet:127.0.0.1:8891, default_action=accept }", "10.0.0.5", [Grade.GOOD, Grade.UNSAFE]),
    ],
)
def test_clients_whom_a_table_leaves_out_are_told(value: str, key: str, grades: list[Grade]) -> None:
    maps = {"cidr:x": (Entry(key=key, value=value),)}
    public = {"smtpd_milter_maps": "cidr:x"}
    assert postfix(public=public, maps=maps) == grades
    assert postfix(public=public, maps={"cidr:x": None}) == [Grade.GOOD, Grade.ADVICE]
    caught = postfix(release=RELEASE | public, maps=maps)
    assert caught.count(Grade.UNSAFE) == ("8891" in value)


@pytest.mark.parametrize(
    ("chroot", "named", "says"),
    [
        (False, "/run/mailward/milter.sock", ""),
        (True, "/run/mailward/milter.sock", "smtp runs in a chroot and cannot reach /run/mailward/milter.sock"),
        (False, "/spool/mailward/milter.sock", ""),
        (False, "mailward/milter.sock", ""),
        (True, "/mailward/milter.sock", ""),
        (True, "mailward/milter.sock", ""),
        (True, "/other/milter.sock", "Postfix asks none of our milters"),
    ],
)
def test_a_socket_is_named_as_the_service_sees_it(chroot: bool, named: str, says: str) -> None:
    socket = Path("/run/mailward/milter.sock" if named.startswith("/run") else "/spool/mailward/milter.sock")
    config = dataclasses.replace(CONFIG, milters=(dataclasses.replace(MILTER, socket=socket),))
    main = SHIPPED | {
        "smtpd_milters": f"unix:{named}",
        "queue_directory": "/spool",
        "non_smtpd_milters": f"unix:{socket}",
    }
    settings = PostfixSettings(main=main, services=(Service(name="smtp", chroot=chroot),))
    told = [note.says for note in judge_postfix(settings, config) if note.grade is Grade.UNSAFE]
    assert [says in one for one in told] == ([True] if says else [])


@pytest.mark.parametrize("chroot", [True, False])
def test_the_socket_must_be_reached_for_mail_of_this_machine_too(chroot: bool) -> None:
    config = dataclasses.replace(CONFIG, milters=(dataclasses.replace(MILTER, socket=Path("/run/m.sock")),))
    both = {"smtpd_milters": "unix:/run/m.sock", "non_smtpd_milters": "unix:/run/m.sock", "queue_directory": "/spool"}
    settings = PostfixSettings(
        main=SHIPPED | both, services=(Service(name="smtp"),), cleanups=(Service(name="cleanup", chroot=chroot),)
    )
    told = [note.says for note in judge_postfix(settings, config) if note.grade is Grade.UNSAFE]
    assert told == ["Postfix: cleanup runs in a chroot and cannot reach /run/m.sock"] * chroot


def test_only_some_of_the_clients_are_named() -> None:
    entries = tuple(Entry(key=f"10.0.0.{number}", value="DISABLE") for number in range(5))
    services = (Service(name="smtp", options={"smtpd_milter_maps": "cidr:x"}),)
    notes = judge_postfix(PostfixSettings(main=SHIPPED, services=services, maps={"cidr:x": entries}), CONFIG)
    assert "mail of 10.0.0.0, 10.0.0.1, 10.0.0.2 and 2 more (smtpd_milter_maps: cidr:x)" in notes[1].says


def test_a_table_of_networks_that_has_us_is_told() -> None:
    release = RELEASE | {"smtpd_forbid_bare_newline_exclusions": "cidr:x"}
    assert postfix(release=release) == [Grade.GOOD]
    assert postfix(release=release, with_us=frozenset({"cidr:x"})).count(Grade.UNSAFE) == 1


@pytest.fixture
def private() -> Iterator[Postfix]:
    """With the shipped settings, and a service for releases that its master.cf has from us."""
    try:
        running = Postfix(settings={name: value for name, value in SHIPPED.items() if "exclusions" not in name})
    except PostfixMissing as reason:
        pytest.skip(str(reason))
    yield running
    running.stop()


@pytest.mark.real
def test_a_real_postfix_is_read(private: Postfix, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_CONFIG", str(private.configuration))
    tables = private.configuration / "tables"
    tables.write_text("# not us\n10.0.0.5 DISABLE\n")
    tables.with_suffix(".networks").write_text("127.0.0.0/8 ok\n")
    with (private.configuration / "main.cf").open("a") as file:
        file.write(
            f"smtpd_milter_maps = cidr:{tables} inline:{{10.0.0.6=DISABLE}}\nmynetworks = cidr:{tables}.networks\n"
        )
    with (private.configuration / "master.cf").open("a") as file:
        file.write("127.0.0.1:1 inet n - y - - smtpd\n")
    found = read_postfix()
    assert found is not None
    assert [service.name for service in found.services if service.chroot] == ["127.0.0.1:1"]
    assert found.cleanups == (Service(name="cleanup"),)
    assert found.main["smtpd_forbid_bare_newline_exclusions"] == f"cidr:{tables}.networks"  # $mynetworks filled in
    assert found.maps[f"cidr:{tables}"] == (Entry(key="10.0.0.5", value="DISABLE"),)
    assert found.maps["inline:{10.0.0.6=DISABLE}"] == (Entry(key="10.0.0.6", value="DISABLE"),)
    assert found.with_us == {f"cidr:{tables}.networks"}
    by_name = {service.name: dict(service.options) for service in found.services}
    assert by_name[f"127.0.0.1:{private.submission}"]["smtpd_milters"] == ""
    assert f"127.0.0.1:{private.port}" in by_name
    notes = judge_postfix(found, CONFIG)
    assert Grade.UNSAFE not in {note.grade for note in notes}
    assert any("mail of 10.0.0.5" in note.says for note in notes)
    main = private.configuration / "main.cf"
    good = main.read_text()
    main.write_text("what = is this\nsmtpd_milters inet:127.0.0.1:8891\n")
    try:
        with pytest.raises(subprocess.SubprocessError):
            read_postfix()
    finally:
        main.write_text(good)  # `postfix stop` reads it too


def test_without_a_configuration_there_is_no_postfix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_CONFIG", str(tmp_path))
    assert read_postfix() is None
