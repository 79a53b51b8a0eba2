"""The supervisor: starts the gateway processes and the keeper, ends and replaces them, and has them reload.

Judges and sends nothing itself, and loads nothing that only they need.
"""

import logging
import os
import pwd
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

from gateway.certificates import check_certificates
from gateway.config import Config, load_config
from gateway.logs import start_logging
from gateway.monitor import MonitorServer
from gateway.notify import Notifier
from gateway.processes import CONFIG_EXIT, DRAIN_SECONDS, KEEPER, CannotStart
from gateway.reports import SILENT_SECONDS, Board, channel
from gateway.snapshot import at_reload, needs_restart, take
from gateway.staff_list import Refused
from gateway.taking import check_staff, record_policy, record_policy_at_start, staff_at_start
from quarantine.ports import StoreUnavailable
from rules.directory_file import load_directory
from rules.policy import load_policy
from rules.shipped import find_policy
from rules.yaml_nodes import DocumentError

RESTART_SECONDS = 1.0  # between the death of a process and its successor, so that a broken one does not spin
POLL_SECONDS = 0.2
ROOT = 0

_log = logging.getLogger("mailward.service")


def supervise(path: Path) -> int:
    """Run every process of the configuration until SIGTERM or SIGINT; the exit code. Refuses to start on a bad file."""
    # A reload asked for before there is anything to reload would end us; the processes inherit this until they listen.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    start_logging()
    _keep_private()
    try:
        config = _checked(path)
        check_account(config.state)
        config = staff_at_start(config)
        record_policy_at_start(config)
    except (DocumentError, CannotStart) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return _Supervisor(path, config, _in_force(path, config), Notifier.of(os.environ)).run()


def _keep_private() -> None:
    """For this process and, as both are inherited, all that it starts: no file for others, and no core file, which
    would hold mail, keys and secrets.
    """
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def check_account(state: Path) -> None:
    """Raises CannotStart for root where the state folder is another account's: what root writes, that one cannot read.

    Where it is root's own, as in many a container, that is told and mail flows.
    """
    if os.geteuid() != ROOT:
        return
    owner = state.stat().st_uid if state.exists() else ROOT
    if owner != ROOT:
        raise CannotStart(f"{state} belongs to {_named(owner)}: start the service as that account, not as root")
    _log.warning("runs as root: whoever breaks in by mail is root then; give it an account (deploy/README.md)")


def _named(owner: int) -> str:
    try:
        return pwd.getpwuid(owner).pw_name
    except KeyError:
        return f"account {owner}"


def _in_force(path: Path, config: Config) -> Path:
    """The configuration that the processes load. Without room for a copy, mail is worth more than its safety."""
    try:
        return take(config)
    except OSError as error:
        _log.error("an error in %s would stop a process that is started again, for it cannot be kept: %s", path, error)
        return path


def _checked(path: Path) -> Config:
    config = load_config(path)
    check_certificates(path, config)
    load_policy(find_policy(config.policy))
    load_directory(config.directory, frozenset(config.domains))
    return config


class _Supervisor:
    """Starts, restarts and ends the processes. Forwards SIGHUP only for files that load.

    They read what it has accepted, never the files themselves: `in_force` is the configuration they load.
    """

    def __init__(self, path: Path, config: Config, in_force: Path, notifier: Notifier) -> None:
        self._path = path
        self._notifier = notifier
        self._board = Board()
        self._monitor: MonitorServer | None = None
        self._asked = 0  # reloads that were handed to the processes
        self._announced = False  # systemd was told that the last start or reload is over
        self._config = config
        self._in_force = in_force
        self._roles = [f"gateway-{number}" for number in range(config.processes)] + [KEEPER]
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._replaced: set[str] = set()  # roles that were started again
        self._ending = False
        self._reload = False
        self._failed = False

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_end)
        signal.signal(signal.SIGHUP, self._on_reload)
        self._open_monitor()
        for role in self._roles:
            self._start(role)
        while not self._ending:
            time.sleep(POLL_SECONDS)
            self._watch()
            self._restart_dead()
            if self._reload:
                self._forward_reload()
        return self._end() or int(self._failed)

    def _open_monitor(self) -> None:
        """Without it mail still flows, so a place that is taken is only told."""
        if self._config.monitor is None:
            return
        try:
            self._monitor = MonitorServer(self._config.monitor, self._board)
        except OSError as error:
            _log.error("no monitoring on %s:%d: %s", self._config.monitor.address, self._config.monitor.port, error)

    def _watch(self) -> None:
        """Hear the processes, end what hangs, and tell systemd how we are."""
        self._board.listen()
        for role in self._board.silent:
            if self._children[role].poll() is None:
                _log.error("%s has said nothing for %.0f s and is killed", role, SILENT_SECONDS)
                self._children[role].kill()
        self._notifier.alive()
        if not self._announced and not self._board.not_ready and self._board.reloads() >= self._asked:
            self._announced = True
            self._notifier.ready("; ".join(self._board.remarks) or "taking mail")

    def _start(self, role: str) -> None:
        ours, theirs = channel()
        with theirs:
            self._children[role] = subprocess.Popen(
                [sys.executable, "-m", "gateway.service", role, str(self._in_force), str(theirs.fileno())],
                start_new_session=True,
                pass_fds=(theirs.fileno(),),
            )
        self._board.expect(role, ours, self._asked)

    def _restart_dead(self) -> None:
        """Start again what has ended, except what could not be started the first time.

        Later on a full disk or a file being edited is no reason to end what still works.
        """
        for role, child in list(self._children.items()):
            if child.poll() is None or self._ending:
                continue
            if child.returncode == CONFIG_EXIT and role not in self._replaced:
                self._ending, self._failed = True, True
                return
            _log.error("%s ended with %s and is started again", role, child.returncode)
            self._replaced.add(role)
            time.sleep(RESTART_SECONDS)
            self._start(role)

    def _on_end(self, *_: object) -> None:
        self._ending = True

    def _on_reload(self, *_: object) -> None:
        self._reload = True

    def _forward_reload(self) -> None:
        self._reload = False
        self._notifier.reloading()
        try:
            config = _checked(self._path)
            taken = at_reload(self._config, config)
            check_staff(taken, self._in_force)
            record_policy(taken)
            take(taken)
        except (DocumentError, OSError, Refused, StoreUnavailable) as error:
            self._refuse(str(error))
            return
        except Exception as error:  # a file that we read wrongly must not stop the mail
            _log.exception("reload failed")
            self._refuse(f"it cannot be read ({type(error).__name__})")
            return
        self._asked, self._announced = self._asked + 1, False
        if waiting := needs_restart(self._config, config):
            _log.warning("changed, and in force only after a restart: %s", ", ".join(waiting))
        for child in self._children.values():
            child.send_signal(signal.SIGHUP)

    def _refuse(self, why: str) -> None:
        _log.error("reload refused, the old configuration stays: %s", why)
        self._notifier.ready(f"reload refused: {why}")

    def _end(self) -> int:
        self._notifier.stopping("finishing the mail in hand")
        for child in self._children.values():
            child.terminate()
        deadline = time.monotonic() + DRAIN_SECONDS + 5
        if self._monitor is not None:
            self._monitor.end()
        codes = []
        for role, child in self._children.items():
            try:
                codes.append(child.wait(max(0.0, deadline - time.monotonic())))
            except subprocess.TimeoutExpired:
                _log.error("%s did not end in time and is killed", role)
                child.kill()
                codes.append(child.wait())
        return max((abs(code) for code in codes), default=0) and 1
