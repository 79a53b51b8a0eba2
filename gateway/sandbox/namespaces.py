"""Name spaces of the kernel: no network, a file system that cannot be written, and no privileges over either."""

import contextlib
import ctypes
import os
import struct
import tempfile
from collections.abc import Iterable
from pathlib import Path

from gateway.sandbox.layers import LayerRefused, checked, kernel
from gateway.sandbox.limits import FILE_OCTETS, FILES
from gateway.sandbox.needed import needed

# linux/sched.h, linux/mount.h, linux/capability.h
_CLONE_NEWNS, _CLONE_NEWUSER, _CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_BIND, _MS_REC, _MS_PRIVATE = 0x2, 0x4, 0x8, 0x1000, 0x4000, 0x40000
_MOUNT_SETATTR, _AT_RECURSIVE, _MOUNT_ATTR_RDONLY, _AT_FDCWD = 442, 0x8000, 0x1, -100
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION_3 = 0x20080522


def leave_network() -> None:
    """A network name space with nothing in it, not even loopback; an ordinary user needs a user name space for it."""
    if os.geteuid() != 0:
        _own_users()
    checked(_libc().unshare(_CLONE_NEWNET))


def _own_users() -> None:
    """A user name space in which we are who we were (user_namespaces(7)), with a right to the other name spaces.

    Tried in a child first: where it is refused half-way, as some distributions do, our files would not be ours.
    """
    if (child := os.fork()) == 0:
        try:
            _map_users()
        finally:
            os._exit(0 if Path("/proc/self/uid_map").read_text().strip() else 1)
    if os.waitpid(child, 0)[1] != 0:
        raise LayerRefused("user name spaces are switched off here")
    _map_users()


def _map_users() -> None:
    user, group = os.geteuid(), os.getegid()
    checked(_libc().unshare(_CLONE_NEWUSER))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def leave_files() -> None:
    """The whole tree read-only, and empty but for what a reader needs; temporary files in memory that only we see."""
    libc = _libc()
    folder = Path(tempfile.gettempdir()).resolve()
    checked(libc.unshare(_CLONE_NEWNS))
    checked(libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None))
    _make_read_only(Path("/"))
    options = f"size={FILE_OCTETS},nr_inodes={FILES},mode=0700".encode()
    checked(libc.mount(b"mailward", bytes(folder), b"tmpfs", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, options))
    _hide_all_but((*needed(), folder), _nothing(folder))


def _make_read_only(tree: Path) -> None:
    attributes = struct.pack("=QQQQ", _MOUNT_ATTR_RDONLY, 0, 0, 0)
    kernel(_MOUNT_SETATTR, _AT_FDCWD, bytes(tree), _AT_RECURSIVE, attributes, ctypes.c_size_t(len(attributes)))


def _nothing(folder: Path) -> Path:
    """A file system in which there is an empty folder and an empty file, for good."""
    nothing = folder / "nothing"
    nothing.mkdir()
    checked(_libc().mount(b"nothing", bytes(nothing), b"tmpfs", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, b"size=4096"))
    (nothing / "folder").mkdir(mode=0o555)
    (nothing / "file").touch(mode=0o444)
    _make_read_only(nothing)
    return nothing


def _hide_all_but(paths: Iterable[Path], nothing: Path) -> None:
    """Where Landlock is missing, this keeps the quarantine, keys, and other processes (/proc) out of sight."""
    kept = frozenset(path.resolve() for path in paths)
    above = frozenset(parent for path in kept for parent in path.parents)
    waiting = [Path("/")]
    while waiting:
        with contextlib.suppress(PermissionError):  # closed to us anyway
            for entry in tuple(os.scandir(waiting.pop())):
                path = Path(entry.path)
                if path in above - kept:
                    waiting.append(path)
                elif path not in kept:
                    _hide(entry, nothing)


def _hide(entry: os.DirEntry[str], nothing: Path) -> None:
    """Folders and files; what a link leads to is hidden where it stands, and devices are nobody's secret."""
    if entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False):
        source = nothing / ("folder" if entry.is_dir() else "file")
        try:
            checked(_libc().mount(bytes(source), os.fsencode(entry.path), None, _MS_BIND, None))
        except LayerRefused:
            if os.path.lexists(entry.path):  # else somebody's temporary file, which went while we looked
                raise


def drop_capabilities() -> None:
    """Root without any of root's rights; nothing is left that could undo the read-only file system."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    kernel(_CAPSET[os.uname().machine], header, bytes(24))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
