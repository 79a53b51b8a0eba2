"""Message contents in files: named by their SHA-256, compressed, durable before `put` returns.

Never decides what is still needed, and never lists anything but digests.
"""

import errno
import fcntl
import hashlib
import os
import secrets
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from quarantine.ports import StoreUnavailable
from rules.message import Octets

SUFFIX = ".z"
TEMPORARY = "new-"
LOCK = "lock"
LEVEL = 1  # of zlib: a message in transit waits for it; higher levels gain a few per cent for several times the work
CHUNK = 1024 * 1024  # octets compressed at a time, so that a mapped file is never copied whole
FOLDERS = tuple(f"{number:02x}" for number in range(256))  # 4,000 files each at a million held messages


@dataclass(slots=True, kw_only=True)
class FileContents:
    """`root`/ab/abcdef….z, all folders made and synced before the first content, so that later ones cost two syncs."""

    root: Path
    _prepared: bool = field(default=False, init=False)

    @contextmanager
    def keeping(self) -> Iterator[None]:
        with _available("content not kept"):
            self._prepare()
            descriptor = self._lock(fcntl.LOCK_SH)
        try:
            yield
        finally:
            os.close(descriptor)

    def put(self, octets: Octets) -> str:
        with _available("content not kept"):
            self._prepare()
            sha256 = _digest(octets)
            path = self._path(sha256)
            # Also when there is one already: it may be damaged, and its folder may not have been synced yet.
            _write_durably(path, octets)
            return sha256

    def get(self, sha256: str) -> bytes:
        try:
            octets = zlib.decompress(self._path(sha256).read_bytes())
        except FileNotFoundError:
            raise KeyError(sha256) from None
        except OSError as error:
            raise StoreUnavailable(f"content not readable: {error.strerror}") from error
        except zlib.error as error:
            raise StoreUnavailable(f"content {sha256} is damaged") from error
        if hashlib.sha256(octets).hexdigest() != sha256:
            raise StoreUnavailable(f"content {sha256} is damaged")
        return octets

    def has(self, sha256: str) -> bool:
        with _available("content not readable"):
            return self._path(sha256).is_file()

    def names(self) -> Iterator[str]:
        with _available("content not readable"):
            for folder in FOLDERS:
                for path in sorted((self.root / folder).glob(f"*{SUFFIX}")):
                    yield path.name.removesuffix(SUFFIX)

    def remove(self, names: Sequence[str], needed: Callable[[Sequence[str]], Collection[str]]) -> Sequence[str]:
        with _available("content not removed"):
            self._prepare()
            descriptor = self._lock(fcntl.LOCK_EX)
            try:
                still = needed(names)
                gone = [name for name in names if name not in still and self.has(name)]
                for name in gone:
                    self._path(name).unlink()
                # While no one is keeping, a temporary file is one whose writer died.
                for path in self.root.glob(f"??/{TEMPORARY}*"):
                    path.unlink()
                for folder in {self._path(name).parent for name in gone}:
                    sync_folder(folder)
                return gone
            finally:
                os.close(descriptor)

    def _path(self, sha256: str) -> Path:
        return self.root / sha256[:2] / f"{sha256}{SUFFIX}"

    def _prepare(self) -> None:
        if self._prepared:
            return
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        present = {path.name for path in self.root.iterdir()}
        for folder in FOLDERS:
            if folder not in present:
                (self.root / folder).mkdir(mode=0o700, exist_ok=True)
        # Always: another process may have made them and not have come to this line.
        sync_folder(self.root)
        sync_folder(self.root.parent)
        self._prepared = True

    def _lock(self, kind: int) -> int:
        """An open descriptor that holds the lock until it is closed."""
        descriptor = os.open(self.root / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, kind)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor


def listed(folder: Path, suffix: str) -> list[Path]:
    """The files of a folder with that suffix, by name; none where there is no folder.

    Raises OSError, where Path.glob would take a folder that may not be read for an empty one.
    """
    try:
        return sorted(path for path in folder.iterdir() if path.name.endswith(suffix))
    except FileNotFoundError:
        return []


def sync_folder(folder: Path) -> None:
    """Make names created in, renamed into or removed from the folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _available(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(f"{what}: {error.strerror}") from error


def _write_durably(path: Path, octets: Octets) -> None:
    """Temporary name in the same folder, sync, rename, sync the folder. After an error nothing of it is kept.

    A descriptor whose fsync failed is never synced again: the kernel may have dropped the pages and report success.
    """
    temporary = path.parent / f"{TEMPORARY}{secrets.token_hex(8)}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        try:
            for piece in _compressed(octets):
                _write(descriptor, piece)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.rename(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def _write(descriptor: int, octets: bytes) -> None:
    written = 0
    while written < len(octets):
        count = os.write(descriptor, octets[written:])
        if count == 0:
            raise OSError(errno.EIO, "nothing could be written")
        written += count


def _chunks(octets: Octets) -> Iterator[bytes]:
    for start in range(0, len(octets), CHUNK):
        yield octets[start : start + CHUNK]


def _compressed(octets: Octets) -> Iterator[bytes]:
    compressor = zlib.compressobj(LEVEL)
    for chunk in _chunks(octets):
        yield compressor.compress(chunk)
    yield compressor.flush()


def _digest(octets: Octets) -> str:
    digest = hashlib.sha256()
    for chunk in _chunks(octets):
        digest.update(chunk)
    return digest.hexdigest()
