"""Checks of where held mail is kept: the file system, its room, who may read it, and whether a write lasts."""

import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gateway.clock_watch import stepped
from gateway.config import MIB, Config
from gateway.doctor.note import Note, advice, good, unsafe
from gateway.smtp.spool import SPOOL_BUDGET
from gateway.snapshot import FOLDER
from quarantine.adapters.files import sync_folder

MOUNTS = Path("/proc/self/mountinfo")  # proc(5)
# SQLite's locks and our renames are not to be trusted on these.
NETWORK = frozenset(
    {
        *("9p", "afs", "beegfs", "ceph", "cifs", "fuse.glusterfs", "fuse.sshfs", "gfs2", "glusterfs", "lustre"),
        *("nfs", "nfs4", "ocfs2", "smb3", "smbfs"),
    }
)
FLEETING = frozenset({"tmpfs", "ramfs"})
WITHOUT_BARRIERS = frozenset({"nobarrier", "barrier=0"})  # a power cut may then take what fsync promised
LEAST_INODES = 10_000  # a held message needs one, one on its way another
SLOW_SYNC = 0.25  # seconds: every held message waits for two or three of them
AHEAD = 300.0  # seconds that a file may lie in the future before the clock is taken to have been set back
SAMPLE = 2_000  # files whose owner and mode are looked at; a wrong umask or a command run as root shows in few
ROOT = 0
OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """The file system that a path lies on."""

    point: str
    kind: str
    options: frozenset[str]


def check_file_system(config: Config) -> Iterator[Note]:
    """Whether what is synced there lasts, and nothing there can be run."""
    mount = mount_of(nearest(config.state), MOUNTS.read_text())
    if mount.kind in NETWORK:
        yield unsafe(f"{config.state} is on {mount.kind}, a network file system", "use a local disk for `state`")
    elif mount.kind in FLEETING:
        yield unsafe(f"{config.state} is on {mount.kind}, which a restart empties", "use a local disk for `state`")
    elif mount.kind == "overlay":
        yield advice(f"{config.state} is in a container's own layer, and goes with it", "mount a volume there")
    else:
        yield good(f"{config.state} is on {mount.kind} at {mount.point}")
    if mount.options & WITHOUT_BARRIERS:
        yield unsafe(f"{mount.point} is mounted without barriers", "mount it without nobarrier or barrier=0")
    if "ro" in mount.options:
        yield unsafe(f"{mount.point} is mounted read-only", f"mount -o remount,rw {mount.point}, after asking why")
    if "noexec" not in mount.options:
        yield advice(
            f"programs in {config.state} could be run, and attachments are kept there",
            "the shipped unit forbids it to the service (NoExecPaths); a mount with noexec does to everybody",
        )


def mount_of(path: Path, mounts: str) -> Mount:
    """The mount that `path` is on; `mounts` is the text of proc(5)'s mountinfo. Raises LookupError."""
    found: Mount | None = None
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        fields, (kind, _, superblock) = left.split(" "), right.split(" ", 2)
        point = fields[4].encode().decode("unicode_escape")  # blanks stand there as \040
        # Of several over one another the last is the one that is seen.
        if path.is_relative_to(point) and (found is None or len(point) >= len(found.point)):
            options = frozenset((*fields[5].split(","), *superblock.split(",")))
            found = Mount(point=point, kind=kind, options=options)
    if found is None:
        raise LookupError(f"no file system for {path}")
    return found


def check_space(config: Config) -> Iterator[Note]:
    """Octets and files, for mail on its way and for what is held."""
    place = nearest(config.state)
    free, inodes = shutil.disk_usage(place).free, os.statvfs(place)
    if free < config.limits.message_octets:
        yield unsafe(f"{free // MIB} MiB are free, less than one message may have", "make room, or mail is deferred")
    elif free < SPOOL_BUDGET:
        yield advice(f"{free // MIB} MiB are free", f"keep {SPOOL_BUDGET // MIB} for mail on its way, and more to hold")
    else:
        yield good(f"{free // MIB} MiB are free")
    if inodes.f_files and inodes.f_favail < LEAST_INODES:
        yield unsafe(f"{inodes.f_favail} more files can be made", "make room: each held message is a file")


def check_permissions(config: Config) -> Iterator[Note]:
    """Held mail is for one account alone, and for whoever it lets in."""
    if not config.state.exists():
        yield advice(f"{config.state} is not there yet", "the first start makes it, or systemd does (StateDirectory)")
        return
    owner = config.state.stat().st_uid
    entries = [config.state, *sampled(config.state)]
    open_ones = [path for path in entries if not path.is_symlink() and path.lstat().st_mode & OTHERS]
    others = [path for path in entries if path.lstat().st_uid != owner]
    if open_ones:
        yield unsafe(f"other accounts may read {listed(open_ones)}", f"chmod -R go= {config.state}")
    if others:
        yield unsafe(
            f"{listed(others)} belong to another account", f"chown -R --reference={config.state} {config.state}"
        )
    if owner == ROOT:
        yield advice(
            f"{config.state} belongs to root", "let the service run as an account of its own (deploy/README.md)"
        )
    if not open_ones and not others:
        yield good(f"only its own account reads {config.state}")


def sampled(folder: Path) -> Iterator[Path]:
    """What lies below the folder, from the top down, SAMPLE entries at most; the copies of settings are left out."""
    left, waiting = SAMPLE, [folder]
    while waiting:
        with os.scandir(waiting.pop(0)) as entries:
            for entry in entries:
                if left == 0:
                    return
                left -= 1
                yield Path(entry.path)
                if entry.is_dir(follow_symlinks=False) and entry.name != FOLDER:
                    waiting.append(Path(entry.path))


def check_durability(config: Config) -> Iterator[Note]:
    """A file is written and synced as held mail is, and removed again."""
    if not config.state.exists():
        return
    try:
        seconds = synced(config.state)
    except OSError as error:
        yield unsafe(
            f"{config.state} cannot be written and synced: {error.strerror}",
            "run this as the service's account (sudo -u mailward mailward doctor); else look at the disk",
        )
        return
    if seconds > SLOW_SYNC:
        yield advice(f"a durable write took {seconds:.2f} s", "held mail waits for it: a faster disk, or a quieter one")
    else:
        yield good(f"a durable write took {seconds * 1000:.0f} ms")


def synced(folder: Path) -> float:
    """The seconds that a small file took to be durable. Raises OSError."""
    start = time.monotonic()
    with tempfile.NamedTemporaryFile(prefix="doctor-", dir=folder) as file:
        file.write(b"durable?\n")
        file.flush()
        os.fsync(file.fileno())
        sync_folder(folder)
    return time.monotonic() - start


def check_clock_steps(config: Config) -> Iterator[Note]:
    """A clock that was set back makes mail expire late, and what is written now look older than what was."""
    if not config.state.exists():
        return
    if stepped(config.state, datetime.now(UTC)):
        yield advice(
            "the clock went on or back by more than a day of late", "nothing expires by itself until it is right"
        )
    newest = max((path.lstat().st_mtime for path in (config.state, *sampled(config.state))), default=0.0)
    ahead = newest - time.time()
    if ahead > AHEAD:
        yield unsafe(f"the newest file is {ahead / 3600:.1f} hours in the future", "set the clock right (timedatectl)")
    else:
        yield good("nothing that is kept lies in the future")


def nearest(path: Path) -> Path:
    """The path, or of what is above it the nearest that exists."""
    return next(one for one in (path, *path.parents) if one.exists())


def listed(paths: list[Path]) -> str:
    return str(paths[0]) + (f" and {len(paths) - 1} more" if len(paths) > 1 else "")
