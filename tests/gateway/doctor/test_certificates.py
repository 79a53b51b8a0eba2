"""Certificates of the listeners: when they end, as the TLS library itself reads them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from gateway.config import Certificate, Config, load_config
from gateway.doctor.certificates import SOON_DAYS, Unproven, check_listeners, ends_at
from gateway.doctor.note import Grade


@pytest.fixture
def certificate(tmp_path: Path) -> Callable[[timedelta], Certificate]:
    """`certificate(left)`: a leaf and the intermediate that signed it, valid for so long from now."""
    authority = trustme.CA().create_child_ca()

    def make(left: timedelta) -> Certificate:
        now = datetime.now(UTC)
        leaf = authority.issue_cert("mx.city.example", not_before=now - timedelta(days=90), not_after=now + left)
        chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
        chain.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        leaf.private_key_pem.write_to_path(str(key))
        return Certificate(chain=chain, key=key)

    return make


def listening(configured: Callable[..., Config]) -> Config:
    listeners = "listeners: [{name: edge, kind: edge, next_hop: onward, certificate: {chain: chain.pem, key: key.pem}}]"
    config = configured()
    path = config.state.parent / "mailward.yaml"
    text = path.read_text().splitlines()
    path.write_text("\n".join([*(line for line in text if not line.startswith("listeners")), listeners]))
    return load_config(path)


def test_the_end_is_the_leafs(certificate: Callable[[timedelta], Certificate]) -> None:
    left = timedelta(days=40)
    assert abs(ends_at(certificate(left)) - (datetime.now(UTC) + left).timestamp()) < 60


def test_one_that_has_ended_says_so(certificate: Callable[[timedelta], Certificate]) -> None:
    with pytest.raises(Unproven, match="expired"):
        ends_at(certificate(timedelta(days=-1)))


@pytest.mark.parametrize(
    ("days", "grade"), [(SOON_DAYS + 1, Grade.GOOD), (SOON_DAYS - 1, Grade.ADVICE), (-1, Grade.UNSAFE)]
)
def test_how_soon_decides(
    days: int, grade: Grade, certificate: Callable[[timedelta], Certificate], configured: Callable[..., Config]
) -> None:
    certificate(timedelta(days=days))
    assert [note.grade for note in check_listeners(listening(configured))] == [grade]


def test_no_certificate_is_advice_and_a_missing_file_unsafe(configured: Callable[..., Config]) -> None:
    assert [note.grade for note in check_listeners(configured())] == [Grade.ADVICE]
    notes = list(check_listeners(listening(configured)))
    assert {note.grade for note in notes} == {Grade.UNSAFE} and "No such file" in notes[0].says
