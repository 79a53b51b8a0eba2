"""What the sections of a configuration tell of themselves."""

from gateway.config import Config, IdentitySettings, Listener, MilterListener, NextHop
from rules.transaction import ListenerKind

CONFIG = Config(
    domains=("city.example",),
    next_hops=(NextHop(name="first", maildir=None, host="a.example"), NextHop(name="second", host="b.example")),
    listeners=(Listener(name="edge", kind=ListenerKind.EDGE, next_hop="first"),),
    milters=(MilterListener(name="mta", kind=ListenerKind.EDGE, next_hop="second"),),
)


def test_a_next_hop_is_found_by_its_name() -> None:
    assert CONFIG.next_hop("second").host == "b.example"


def test_mail_comes_in_by_listeners_and_milters() -> None:
    assert [entrance.name for entrance in CONFIG.entrances] == ["edge", "mta"]


def test_nothing_is_proved_until_something_of_it_is_set() -> None:
    assert not CONFIG.identity.enabled
    assert IdentitySettings(authenticate=True).enabled
