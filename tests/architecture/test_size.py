"""Functions and files stay small enough to be read whole."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_FUNCTION = 60  # lines, from `def` to the end
MAX_FILE = 500  # lines

SOURCES = sorted(path for layer in ("rules", "quarantine", "gateway") for path in (ROOT / layer).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=place)
def test_files_are_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MAX_FILE


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=place)
def test_functions_are_small(path: Path) -> None:
    functions = (
        node
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    long = [node.name for node in functions if (node.end_lineno or 0) - node.lineno + 1 > MAX_FUNCTION]
    assert long == []


@pytest.mark.parametrize("path", SOURCES, ids=place)
def test_every_module_says_what_it_owns(path: Path) -> None:
    text = path.read_text()
    assert not text.strip() or ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("path", SOURCES, ids=place)
def test_no_file_is_named_after_nothing(path: Path) -> None:
    assert not {"utils", "helpers", "common", "manager"} & set(path.relative_to(ROOT).with_suffix("").parts)
