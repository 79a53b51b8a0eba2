"""The secrets of the stamp: two at most, none of them weak or open to others."""

from pathlib import Path

import pytest

from gateway.identity.stamp import VARIABLE, UnusableSecret, load_secrets

SECRET = "0123456789abcdef"


def secret_file(folder: Path, text: str = SECRET, mode: int = 0o600, name: str = "stamp") -> Path:
    path = folder / name
    path.write_text(f"{text}\n")
    path.chmod(mode)
    return path


def test_from_files_and_from_the_environment(tmp_path: Path) -> None:
    assert load_secrets([secret_file(tmp_path)], {VARIABLE: f"another-{SECRET}"}) == (
        SECRET.encode(),
        f"another-{SECRET}".encode(),
    )


def test_none_is_none() -> None:
    assert load_secrets([], {}) == ()


def test_two_live_at_once_and_three_do_not(tmp_path: Path) -> None:
    files = [secret_file(tmp_path, name=f"stamp{number}") for number in range(3)]
    assert len(load_secrets(files[:2], {})) == 2
    with pytest.raises(UnusableSecret, match="at most 2"):
        load_secrets(files, {})


@pytest.mark.parametrize("text", ["", SECRET[:-1], "ümlaut-0123456789abcdef"])
def test_weak_ones_are_refused_without_being_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnusableSecret) as refused:
        load_secrets([secret_file(tmp_path, text)], {})
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize("mode", [0o644, 0o620])
def test_files_open_to_others_are_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(UnusableSecret, match="chmod"):
        load_secrets([secret_file(tmp_path, mode=mode)], {})


def test_an_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableSecret, match="No such file"):
        load_secrets([tmp_path / "none"], {})
