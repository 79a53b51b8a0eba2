from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.config import Config, MilterListener, NextHop
from gateway.doctor.mta import PostfixSettings, check_mta, judge_postfix, judge_sendmail, read_filters, seconds_of
from gateway.doctor.note import Grade
from rules.transaction import ListenerKind

DEPLOY = Path(__file__).parents[3] / "deploy"
MILTER = MilterListener(name="mta", kind=ListenerKind.EDGE, next_hop="release")
CONFIG = Config(
    domains=("city.example",), next_hops=(NextHop(name="release", host="127.0.0.1", port=10026),), milters=(MILTER,)
)
SHIPPED = {
    name.strip(): value.strip()
    for name, equals, value in (line.partition("=") for line in (DEPLOY / "postfix/main.cf").read_text().splitlines())
    if equals
}
RELEASE = "127.0.0.1:10026 inet n - n - - smtpd -o smtpd_milters= -o mynetworks=127.0.0.0/8"


def postfix(changed: Mapping[str, str], service: str = RELEASE) -> list[Grade]:
    settings = PostfixSettings(main=SHIPPED | changed, services=("smtp inet n - y - - smtpd", service))
    return [note.grade for note in judge_postfix(settings, CONFIG)]


def test_the_shipped_settings_of_postfix_are_well() -> None:
    assert postfix({}) == [Grade.GOOD]


@pytest.mark.parametrize(
    "changed",
    [
        {"milter_default_action": "accept"},
        {"milter_default_action": "quarantine"},
        {"milter_content_timeout": "89s"},
        {"milter_command_timeout": "29s"},
        {"milter_command_timeout": "soon"},
        {"smtpd_milters": "inet:127.0.0.1:8892"},
        {"smtpd_milters": ""},
        {"smtpd_milters": "{ inet:127.0.0.1:8891, default_action=accept }"},
    ],
)
def test_each_unsafe_setting_of_postfix_is_told(changed: Mapping[str, str]) -> None:
    assert postfix(changed).count(Grade.UNSAFE) == 1


def test_limits_above_ours_are_advice() -> None:
    assert Grade.ADVICE not in postfix({"message_size_limit": "157286400", "smtpd_recipient_limit": "1000"})
    assert Grade.ADVICE in postfix({"message_size_limit": "157286401"})
    assert Grade.ADVICE in postfix({"message_size_limit": "0"})
    assert Grade.ADVICE in postfix({"smtpd_recipient_limit": "1001"})


def test_releases_that_are_caught_again_are_told() -> None:
    for line in ("127.0.0.1:10026 inet n - n - - smtpd", RELEASE.replace("milters=", "milters=inet:127.0.0.1:8891")):
        assert Grade.UNSAFE in postfix({}, line)


@pytest.mark.parametrize(
    ("line", "unsafe"),
    [
        ("Xmailward, S=inet:8891@127.0.0.1, F=T, T=C:30s;S:60s;R:60s;E:10m", 0),
        ("Xmailward, S=inet:8891@127.0.0.1, F=4, T=S:30s;R:30s;E:90s", 0),
        ("Xmailward, S=inet:8891@127.0.0.1, F=T, T=S:29s;R:60s;E:10m", 1),
        ("Xmailward, S=inet:8891@127.0.0.1, F=T, T=S:60s;R:60s;E:89s", 1),
        ("Xmailward, S=inet:8891@127.0.0.1, T=S:60s;R:60s", 1),
        ("Xmailward, S=inet:8891@127.0.0.1, F=R, T=S:60s;R:60s", 1),
        ("Xmailward, S=inet:8891@127.0.0.1, F=T", 2),
        ("Xother, S=inet:8899@127.0.0.1, F=T", 1),
        ("", 1),
    ],
)
def test_settings_of_sendmail(line: str, unsafe: int) -> None:
    grades = [note.grade for note in judge_sendmail(read_filters(f"V10/Berkeley\n{line}\n"), CONFIG)]
    assert grades.count(Grade.UNSAFE) == unsafe


@pytest.mark.parametrize(
    ("text", "seconds"), [("30", 30.0), ("30s", 30.0), ("5m", 300.0), ("1h", 3600.0), ("", None), ("x", None)]
)
def test_times_have_units(text: str, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


def test_without_a_milter_nothing_is_asked() -> None:
    notes = list(check_mta(Config(domains=("city.example",), next_hops=CONFIG.next_hops)))
    assert [note.grade for note in notes] == [Grade.GOOD]
