"""The three files for Postfix fit one another, and a Postfix that has them is well in the doctor's eyes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.config import load_config
from gateway.doctor.note import Grade
from gateway.doctor.postfix import judge_postfix, read_postfix
from tests.postfix import Postfix, PostfixMissing

pytestmark = pytest.mark.real
SHIPPED = Path(__file__).parents[2] / "deploy" / "postfix"


@pytest.fixture
def private() -> Iterator[Postfix]:
    """With its own defaults for everything that the page does not name."""
    try:
        running = Postfix(settings={"message_size_limit": "10240000"})
    except PostfixMissing as reason:
        pytest.skip(str(reason))
    for name in ("main.cf", "master.cf"):
        with (running.configuration / name).open("a") as file:
            file.write((SHIPPED / name).read_text())
    yield running
    running.stop()


def test_the_shipped_files_fit_one_another(private: Postfix, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_CONFIG", str(private.configuration))
    config, found = load_config(SHIPPED / "mailward.yaml"), read_postfix()
    assert found is not None
    (release,) = (service for service in found.services if service.name == "127.0.0.1:10026")
    assert release.options["smtpd_recipient_restrictions"] == "permit_mynetworks,reject"
    notes = judge_postfix(found, config)
    assert "Postfix without us: tempfail" in {note.says for note in notes}
    # The private one's other service, for tests of releases, asks nobody.
    assert [
        note.says for note in notes if note.grade is not Grade.GOOD and str(private.submission) not in note.says
    ] == []
