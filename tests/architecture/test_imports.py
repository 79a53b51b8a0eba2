"""Imports go one way, and each third-party package comes in through one door."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = ("rules", "quarantine", "gateway")  # each may import those before it

# The import name of each package, the name it is distributed by, and the file or folder that may import it.
DOORS = (
    ("aiosmtpd", "aiosmtpd", "gateway/smtp/"),
    ("click", "click", "gateway/cli/"),
    ("dkim", "dkimpy", "gateway/identity/keys.py"),
    ("bonsai", "bonsai", "gateway/directory_server.py"),
    ("dns", "dnspython", "gateway/identity/resolver.py"),
    ("jinja2", "jinja2", "quarantine/digest"),
    ("libarchive", "libarchive-c", "rules/reading/archives.py"),
    ("magic", "python-magic", "rules/reading/filetype.py"),
    ("nacl", "PyNaCl", "gateway/identity/keys.py"),
    ("PIL", "pillow", "rules/reading/pictures.py"),
    ("olefile", "olefile", "rules/reading/office.py"),
    ("pybase64", "pybase64", "rules/reading/encodings.py"),
    ("pydantic", "pydantic", "rules/document.py"),
    ("pydantic_core", "pydantic", "rules/document.py"),  # comes with it, and always in the same version
    ("pypdfium2", "pypdfium2", "rules/reading/pdf.py"),
    ("re2", "google-re2", "rules/patterns.py"),
    ("selectolax", "selectolax", "rules/reading/html.py"),
    ("sqlalchemy", "SQLAlchemy", "quarantine/adapters/sql"),
    ("tesserocr", "tesserocr", "rules/reading/pictures.py"),
    ("uvloop", "uvloop", "gateway/loop.py"),
    ("yaml", "PyYAML", "rules/yaml_nodes.py"),
)

SOURCES = sorted(path for layer in LAYERS for path in (ROOT / layer).rglob("*.py"))


@cache
def imported(path: Path) -> frozenset[str]:
    """The absolute name of every module that a file imports, at its head or within a function."""
    return frozenset(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{name.name}" for name in node.names)


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=place)
def test_imports_go_one_way(path: Path) -> None:
    allowed = LAYERS[: LAYERS.index(path.relative_to(ROOT).parts[0]) + 1]
    wrong = {name for name in imported(path) if name.partition(".")[0] in set(LAYERS) - set(allowed)}
    assert wrong == set()


@pytest.mark.parametrize("path", SOURCES, ids=place)
def test_each_package_comes_in_through_its_door(path: Path) -> None:
    doors = {name: door for name, _, door in DOORS}
    packages = {name.partition(".")[0] for name in imported(path)} - set(sys.stdlib_module_names) - set(LAYERS)
    assert {package for package in packages if not place(path).startswith(doors.get(package, "no door"))} == set()


def test_every_dependency_has_a_door_and_every_door_a_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = (text for texts in project["optional-dependencies"].values() for text in texts)
    named = {text.partition(";")[0].partition(">")[0].strip().lower() for text in (*project["dependencies"], *extras)}
    assert named == {distribution.lower() for _, distribution, _ in DOORS}


@pytest.mark.parametrize(("package", "distribution", "door"), DOORS)
def test_every_door_is_used(package: str, distribution: str, door: str) -> None:
    users = [path for path in SOURCES if package in {name.partition(".")[0] for name in imported(path)}]
    assert users, f"{distribution} is a dependency that nothing imports"


@pytest.mark.parametrize("path", SOURCES, ids=place)
def test_mail_is_not_parsed_by_the_standard_librarys_modern_policy(path: Path) -> None:
    """It raises on hostile fields and is quadratic on some."""
    barred = {"email.policy", "email.message_from_bytes", "email.message_from_string", "email.headerregistry"}
    assert not imported(path) & barred


def test_rules_keep_off_the_network_and_start_no_processes() -> None:
    barred = {"socket", "ssl", "asyncio", "http", "smtplib", "subprocess", "multiprocessing", "urllib.request"}
    found = {(place(path), name) for path in SOURCES if place(path).startswith("rules/") for name in imported(path)}
    assert {item for item in found if item[1] in barred} == set()


PARSERS = {"libarchive", "magic", "olefile", "PIL", "pypdfium2", "selectolax", "tesserocr", "rules.reading.walk"}


@pytest.mark.parametrize(
    "module", ["gateway.supervisor", "gateway.serving", "gateway.identity.identification", "gateway.keeper"]
)
def test_who_talks_to_the_network_carries_no_parser_of_contents(module: str) -> None:
    """They read nothing with them, and each would take its time at every start."""
    program = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, text=True)
    assert PARSERS & set(loaded.stdout.split()) == set()


def test_an_inspection_worker_carries_them() -> None:
    """So that the names above are those of today."""
    program = "import sys, gateway.inspector, rules.reading.pictures as p, PIL, tesserocr; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, check=True, text=True)
    assert set(loaded.stdout.split()) >= PARSERS
