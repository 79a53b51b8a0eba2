"""Paths that lead out of an archive are told; all others are ordinary."""

import pytest

from rules.reading.paths import escape_of


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../../x",
        "..\\x",
        "a\\..\\..\\x",
        "/etc/passwd",
        "\\x",
        "\\\\host\\share\\x",
        "C:\\x",
        "c:x",
        "a/b/../../../x",
    ],
)
def test_e09_a_path_that_leads_out_is_told(name):
    assert escape_of(["a.txt", name]) == f"a path that leads out of the archive: {name}"


@pytest.mark.parametrize("name", ["x", "a/b/c.txt", "a/../x", "..x", "x..", "...", "a..b/c", "ä:b", "1:2", "", "./x"])
def test_other_paths_are_ordinary(name):
    assert escape_of([name]) is None


@pytest.mark.parametrize(
    ("name", "target", "is_told"),
    [
        ("link", "/etc", True), ("link", "..", True), ("a/link", "..", False), ("a/link", "../..", True),
        ("a/b/link", "../../x", False), ("a/link", "b.txt", False), ("link", "C:\\x", True),
    ],
)  # fmt: skip
def test_e09_a_link_that_leads_out_is_told(name, target, is_told):
    assert escape_of([name], target) == (
        f"a link that leads out of the archive: {name} to {target}" if is_told else None
    )


def test_what_is_told_is_short():
    assert len(escape_of(["../" * 1_000])) < 200


@pytest.mark.parametrize("length", [100, 101])
def test_of_a_path_as_much_is_told_as_has_room(length):
    name = "../".ljust(length, "x")
    assert escape_of([name]) == f"a path that leads out of the archive: {name[:100]}"
    assert escape_of(["a" * length], name) == f"a link that leads out of the archive: {'a' * 100} to {name[:100]}"
