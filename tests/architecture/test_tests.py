"""Each source file has a test of the same name, in the same place."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]

# Files that have no test of their own yet. The list shrinks and ends empty; nothing is added to it.
WITHOUT: tuple[str, ...] = ()


def has_code(path: Path) -> bool:
    """Whether a file does anything: declarations of data and protocols alone need no test."""
    nodes = ast.walk(ast.parse(path.read_bytes()))
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _acts(node) for node in nodes)


def _acts(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)) for line in function.body)


def places_of(path: Path) -> tuple[Path, ...]:
    """Where the test of a source file may stand; a package's own may stand beside its folder, or with these."""
    folder = ROOT / "tests" / path.relative_to(ROOT).parent
    if path.stem == "__init__":
        name = f"test_{path.parent.name}.py"
        return folder / name, folder.parent / name, Path(__file__).parent / name
    return (folder / f"test_{path.stem}.py",)


def untested() -> tuple[str, ...]:
    sources = sorted(path for layer in ("rules", "quarantine", "gateway") for path in (ROOT / layer).rglob("*.py"))
    return tuple(
        path.relative_to(ROOT).as_posix()
        for path in sources
        if has_code(path) and not any(test.is_file() for test in places_of(path))
    )


def test_each_source_file_has_a_test_of_the_same_name() -> None:
    assert [name for name in untested() if name not in WITHOUT] == []


def test_the_list_of_exceptions_shrinks() -> None:
    assert [name for name in WITHOUT if name not in untested()] == []
