"""Nothing in the repository speaks of one developer's machine or of where packages came from."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SKIPPED = {"__pycache__", "build", "dist", "node_modules"}
SHOWN = {".ci", ".gitignore"}  # of the names that begin with a dot, those that are published
MAX_OCTETS = 1024 * 1024

# Written apart, so that this file does not find itself.
FORBIDDEN = re.compile(
    "|".join(
        (
            "/" + "work/",
            r"(?<!:)/" + "Users/",  # C:/… is somebody's Windows, in a sample
            "/" + r"home/[a-z]",
            "/tmp/" + r"team",
            r"--(?:extra-)?" + "index-url",
            r"https?://[^\s/]*(?:pypi|artifactory|nexus|devpi)[^\s/]*",
        )
    )
)


def published(path: Path) -> bool:
    return path.name in SHOWN or (path.name not in SKIPPED and not path.name.startswith(".") and not path.is_symlink())


def files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if not published(path):
            continue
        if path.is_dir():
            yield from files(path)
        elif path.is_file() and path.stat().st_size <= MAX_OCTETS:
            yield path


@pytest.mark.parametrize("top", sorted(path.name for path in ROOT.iterdir() if published(path)))
def test_no_private_path_and_no_registry(top: str) -> None:
    paths = files(ROOT / top) if (ROOT / top).is_dir() else [ROOT / top]
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in paths
        if (match := FORBIDDEN.search(path.read_bytes().decode("utf-8", "replace"))) is not None
    ]
    assert found == []


@pytest.mark.parametrize("text", ["see /" + "work/main", "/" + "home/ann/x", "https://py" + "pi.example/simple"])
def test_the_pattern_finds_what_it_is_for(text: str) -> None:
    assert FORBIDDEN.search(text)
