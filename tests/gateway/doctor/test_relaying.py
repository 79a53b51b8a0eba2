"""Postfix before our listeners and behind our next hops, on the same machine."""

from pathlib import Path

import pytest

from gateway.config import Config, Listener, NextHop
from gateway.doctor.note import Grade
from gateway.doctor.postfix import PostfixSettings, Service
from gateway.doctor.relaying import judge_relaying
from rules.transaction import ListenerKind

CONFIG = Config(
    domains=("city.example",),
    listeners=(Listener(name="edge", kind=ListenerKind.EDGE, next_hop="back", port=2525),),
    next_hops=(NextHop(name="back", host="127.0.0.1", port=10026),),
    state=Path("/nowhere"),
)
SAFE = {"smtpd_proxy_timeout": "100s", "smtp_data_done_timeout": "600s", "smtpd_forbid_bare_newline": "normalize"}
FILTER = {"smtpd_proxy_filter": "127.0.0.1:2525"}


def grades(main: dict[str, str], service: str = "smtp", **options: str) -> list[Grade]:
    settings = PostfixSettings(main=SAFE | main, services=(Service(name=service, options=options),))
    return [note.grade for note in judge_relaying(settings, CONFIG)]


@pytest.mark.parametrize(
    "main",
    [
        {},
        {"smtpd_proxy_filter": "127.0.0.1:2526"},
        {"relayhost": "[mx.elsewhere.example]:2525"},
        {"smtpd_forbid_bare_newline": "no"},
    ],
)
def test_a_postfix_that_has_nothing_to_do_with_us_is_not_judged(main: dict[str, str]) -> None:
    assert grades(main) == []


@pytest.mark.parametrize(
    "main",
    [
        FILTER,
        {"smtpd_proxy_filter": "inet:localhost:2525"},
        {"content_filter": "smtp:[127.0.0.1]:2525"},
        {"relayhost": "[127.0.0.1]:2525"},
    ],
)
def test_a_postfix_that_hands_mail_to_us_must_wait_and_forbid_bare_newlines(main: dict[str, str]) -> None:
    waits = "smtpd_proxy_timeout" if "smtpd_proxy_filter" in main else "smtp_data_done_timeout"
    assert grades(main) == [Grade.GOOD]
    assert grades(main | {waits: "90s"}) == [Grade.GOOD]
    assert grades(main | {waits: "89s"}) == [Grade.UNSAFE]
    assert grades(main | {waits: ""}) == [Grade.UNSAFE]
    assert grades(main | {"smtpd_forbid_bare_newline": "no"}) == [Grade.GOOD, Grade.UNSAFE]
    assert grades({}, **main, smtpd_forbid_bare_newline="note") == [Grade.GOOD, Grade.UNSAFE]


def test_a_postfix_behind_us_must_forbid_bare_newlines() -> None:
    assert grades({}, "127.0.0.1:10026") == []
    assert grades({"smtpd_forbid_bare_newline": "no"}, "127.0.0.1:10026") == [Grade.UNSAFE]
    assert grades({}, "127.0.0.1:10026", smtpd_forbid_bare_newline="no") == [Grade.UNSAFE]
