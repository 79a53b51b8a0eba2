from pathlib import Path

import pytest

from gateway.config import Config
from gateway.doctor.mta import check_mta
from gateway.doctor.note import Grade
from tests.gateway.doctor.milters import CONFIG


def test_without_a_milter_nothing_is_asked() -> None:
    notes = list(check_mta(Config(domains=("city.example",), next_hops=CONFIG.next_hops)))
    assert [note.grade for note in notes] == [Grade.GOOD]


def test_an_mta_on_another_machine_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_CONFIG", str(tmp_path))
    monkeypatch.setattr("gateway.doctor.mta.SENDMAIL_FILE", tmp_path / "sendmail.cf")
    assert [note.grade for note in check_mta(CONFIG)] == [Grade.ADVICE]
    (tmp_path / "sendmail.cf").write_text("V10/Berkeley\n")
    assert [note.grade for note in check_mta(CONFIG)] == [Grade.UNSAFE]
