"""Ordinary mail goes on beside clients that hold, drip and flood; a short part of `make load`."""

from collections.abc import Iterator

import pytest

from tests.load.campaign import MEGABYTE, Crowd, Gateway, measure

SECONDS = 1.0


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    started = Gateway(tmp_path_factory.mktemp("load"), idle_seconds=1.0)
    yield started
    started.stop()


@pytest.mark.parametrize(
    "crowd",
    [
        Crowd(kind="idle", number=200),
        Crowd(kind="slow-command", number=50),
        Crowd(kind="slow-data", number=50),
        Crowd(kind="flood", number=2),
        Crowd(kind="large", number=2, octets=20 * MEGABYTE),
    ],
    ids=lambda crowd: crowd.kind,
)
def test_ordinary_mail_flows_beside_h01_h04_c17(gateway: Gateway, crowd: Crowd) -> None:
    result = measure(gateway, crowd, SECONDS)
    assert result.answers == {"250": result.sent}
    assert len(result.accepted) == result.sent + (crowd.number if crowd.octets else 0)
    assert (result.lost, result.twice) == (frozenset(), frozenset())
    assert result.own < 300 * MEGABYTE
    assert set(result.crowd_answers) <= {"220", "250", "354", "421", "000"}
    if crowd.kind == "flood":
        assert result.crowd_answers["421"], "who floods is sent away"
