"""Connections, time and errors, counted."""

from gateway.config import Limits
from gateway.smtp.limits import Connections, data_deadline


def test_places_are_counted_for_each_address_and_in_all():
    connections = Connections(Limits(connections=3, connections_per_client=2))
    assert [connections.enter("a") for _ in range(3)] == [True, True, False]
    assert [connections.enter("b") for _ in range(2)] == [True, False]
    connections.leave("a")
    assert connections.enter("b")


def test_addresses_that_have_gone_are_forgotten():
    connections = Connections(Limits())
    connections.enter("a")
    connections.leave("a")
    assert not connections._clients


def test_idle_time_is_short_when_places_are_few():
    connections = Connections(Limits(connections=10, connections_per_client=10))
    for _ in range(8):
        connections.enter("a")
    assert connections.idle_seconds == 300
    connections.enter("a")
    assert connections.idle_seconds == 30


def test_a_slow_content_has_a_minute_of_grace_then_500_octets_a_second():
    def deadline(now, octets):
        return data_deadline(start=1_000, now=now, octets=octets, idle=180)

    assert deadline(1_000, 0) == 1_060
    assert deadline(1_050, 29_000) == 1_060, "100 octets a second end with the grace"
    assert deadline(1_050, 100_000) == 1_200, "a faster one has what it earned"
    assert deadline(1_050, 10_000_000) == 1_230, "but never more than the idle time"
