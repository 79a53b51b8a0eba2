"""deploy/setup on machines that lack something: a PATH of its own with few programs, some of them told."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[2] / "deploy" / "setup"
REAL = ("cat", "cp", "cut", "dirname", "grep", "mkdir", "mktemp", "rm", "sha256sum")
ROOT, NOBODY = "echo 0", "echo 1000"
INSTALLED = "echo install ok installed"
EXIM = 'case "$*" in *exim4*|*Provides*) echo install ok installed mail-transport-agent;; *) exit 1;; esac'

Machine = Callable[..., "subprocess.CompletedProcess[str]"]
PACKAGES = "python3-venv libmagic1 libarchive13 libseccomp2"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    (folder / "deploy").mkdir(parents=True)
    (folder / "tests" / "fuzz").mkdir(parents=True)
    own = SETUP.read_text().replace("/usr/bin/python3", str(tmp_path / "bin" / "debian"))
    (folder / "deploy" / "setup").write_text(own)
    for name in ("pyproject.toml", "requirements.lock", "tests/requirements.lock", "tests/fuzz/requirements.lock"):
        (folder / name).write_text(name)
    return folder


@pytest.fixture
def machine(tmp_path: Path, checkout: Path) -> Machine:
    """`machine(purpose, id=..., dpkg_query=..., ...)`: setup where these are the commands; what apt is told is kept."""
    path = tmp_path / "bin"
    path.mkdir()
    for name in REAL:
        (path / name).symlink_to(str(shutil.which(name)))

    def run(purpose: str, **programs: str) -> "subprocess.CompletedProcess[str]":
        told = {"id": NOBODY, "dpkg-query": "exit 1", "apt-get": _keep(tmp_path, "apt-get")}
        told |= {"debconf-set-selections": f"cat >>{tmp_path}/debconf"}
        told |= {name.replace("_", "-"): text for name, text in programs.items()}
        for name, text in told.items():
            (path / name).write_text(f"#!/bin/sh\n{text}\n")
            (path / name).chmod(0o755)
        return subprocess.run(
            ["/bin/bash", str(checkout / "deploy" / "setup"), purpose],
            env={"PATH": str(path)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def _keep(folder: Path, name: str) -> str:
    return f'echo "$*" >>{folder}/{name}'


def _kept(folder: Path, name: str) -> str:
    path = folder / name
    return path.read_text() if path.exists() else ""


def test_whoever_is_not_root_reads_what_to_have_installed(machine: Machine, tmp_path: Path) -> None:
    done = machine("run")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"Mailward needs Debian packages that this machine does not have: {PACKAGES}",
        f"Have them installed, then type this again:  sudo apt-get install {PACKAGES}",
    ]
    assert _kept(tmp_path, "apt-get") == ""


def test_the_tests_need_real_programs_too(machine: Machine) -> None:
    done = machine("test")
    assert done.returncode == 1
    assert "swaks netbase p7zip-full genisoimage arj mtools procps" in done.stderr


def test_postfix_is_not_asked_of_who_could_not_run_it(machine: Machine) -> None:
    assert "postfix" not in machine("test").stderr


def test_root_gets_them_by_apt_and_nothing_is_removed_for_them(machine: Machine, tmp_path: Path) -> None:
    machine("run", id=ROOT)
    update, install = _kept(tmp_path, "apt-get").splitlines()
    assert update == "update"
    assert install.startswith("install ") and install.endswith(PACKAGES)
    assert "--no-remove" in install


def test_postfix_comes_without_a_configuration_so_that_it_does_not_start(machine: Machine, tmp_path: Path) -> None:
    machine("test", id=ROOT)
    assert " postfix" in _kept(tmp_path, "apt-get")
    assert "postfix postfix/main_mailer_type select No configuration\n" in _kept(tmp_path, "debconf")


def test_another_mail_server_is_left_alone(machine: Machine, tmp_path: Path) -> None:
    machine("test", id=ROOT, dpkg_query=EXIM)
    assert "swaks" in _kept(tmp_path, "apt-get")
    assert "postfix" not in _kept(tmp_path, "apt-get")
    assert "postfix" not in _kept(tmp_path, "debconf")


def test_what_apt_says_is_shown_when_it_fails(machine: Machine) -> None:
    done = machine("run", id=ROOT, apt_get="echo E: no network >&2; exit 100")
    assert done.returncode == 1
    assert "E: no network\nThis failed: apt-get update\n" in done.stderr


def test_a_missing_python_is_named(machine: Machine) -> None:
    done = machine("run", dpkg_query=INSTALLED)
    assert done.returncode == 1
    assert done.stderr.startswith("Mailward needs Python 3.11 or newer")


def test_the_systems_own_python_is_taken_before_another(machine: Machine, checkout: Path) -> None:
    machine("run", dpkg_query=INSTALLED, python3="exit 3", debian=_python(checkout))
    assert "-m venv --clear .venv" in _kept(checkout, "python")


def test_what_the_systems_python_lacks_is_installed_by_root_and_not_asked_of_others(
    machine: Machine, checkout: Path, tmp_path: Path
) -> None:
    bare = 'case "$*" in *ensurepip*) exit 1;; esac'
    lacks = 'case "$*" in *python3-venv*) exit 1;; *) echo install ok installed;; esac'
    machine("run", id=ROOT, dpkg_query=lacks, python3=_python(checkout), debian=bare)
    assert _kept(tmp_path, "apt-get").endswith(" python3-venv\n")
    assert machine("run", dpkg_query=lacks, python3=_python(checkout), debian=bare).returncode == 0


def test_a_second_time_nothing_is_done_or_said(machine: Machine, checkout: Path) -> None:
    first = machine("run", dpkg_query=INSTALLED, python3=_python(checkout))
    assert (first.returncode, first.stderr) == (0, "Preparing the Python environment in .venv …\n")
    asked = _kept(checkout, "python")
    assert "install --require-hashes" in asked
    second = machine("run", dpkg_query=INSTALLED, python3=_python(checkout))
    assert (second.returncode, second.stderr, second.stdout) == (0, "", "")
    assert _kept(checkout, "python") == asked


def test_a_changed_lock_completes_the_environment(machine: Machine, checkout: Path) -> None:
    machine("run", dpkg_query=INSTALLED, python3=_python(checkout))
    (checkout / "requirements.lock").write_text("another")
    (checkout / "python").unlink()
    assert "Preparing" in machine("run", dpkg_query=INSTALLED, python3=_python(checkout)).stderr
    assert "-m venv" not in _kept(checkout, "python")
    assert "install --require-hashes" in _kept(checkout, "python")


def test_an_environment_for_the_tests_can_run_too(machine: Machine, checkout: Path) -> None:
    machine("test", dpkg_query=INSTALLED, python3=_python(checkout))
    assert machine("run", dpkg_query=INSTALLED, python3=_python(checkout)).stderr == ""


def test_an_environment_for_fuzzing_serves_the_tests_but_not_the_other_way_round(
    machine: Machine, checkout: Path
) -> None:
    machine("test", dpkg_query=INSTALLED, python3=_python(checkout))
    assert "Preparing" in machine("fuzz", dpkg_query=INSTALLED, python3=_python(checkout)).stderr
    assert "-r tests/fuzz/requirements.lock" in _kept(checkout, "python")
    assert machine("test", dpkg_query=INSTALLED, python3=_python(checkout)).stderr == ""
    assert machine("run", dpkg_query=INSTALLED, python3=_python(checkout)).stderr == ""


def test_the_tests_go_on_without_what_npm_cannot_fetch(machine: Machine, checkout: Path) -> None:
    refused = machine("test", dpkg_query=INSTALLED, python3=_python(checkout), npm="exit 1", timeout='shift; "$@"')
    assert refused.returncode == 0
    assert "Going on without the parsers of npm." in refused.stderr
    fetched = "mkdir -p tests/differential/node_modules"
    assert "without" not in machine("test", dpkg_query=INSTALLED, npm=fetched, timeout='shift; "$@"').stderr
    assert machine("test", dpkg_query=INSTALLED, npm="exit 1", timeout='shift; "$@"').stderr == ""
    assert (checkout / "tests" / "differential" / "node_modules").is_dir()


def test_an_environment_that_was_broken_off_is_made_anew(machine: Machine, checkout: Path) -> None:
    broken = checkout / ".venv" / "bin" / "python"
    broken.parent.mkdir(parents=True)
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    assert machine("run", dpkg_query=INSTALLED, python3=_python(checkout)).returncode == 0
    assert "-m venv --clear .venv" in _kept(checkout, "python")


def _python(folder: Path) -> str:
    """A Python that keeps what is asked of it, and makes environments with itself in them."""
    modules = f'[ "$1" != -m ] || {_keep(folder, "python")}'
    return f'{modules}\n[ "$2" != venv ] || {{ mkdir -p .venv/bin && cp "$0" .venv/bin/python; }}'
