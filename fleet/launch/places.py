"""Where a data directory keeps what start-up needs: private, and short where sockets live."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import tempfile
from pathlib import Path

from fleet.launch.failure import CannotStart

LONGEST_SOCKET_PATH = 100
"""Bytes; sockaddr_un holds 104 on macOS and 108 on Linux, the closing zero included."""


def private_dir(path: Path) -> Path:
    """Make `path` a directory that only we may enter; CannotStart where that is impossible."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(13, "no permission to write there")
    except OSError as problem:
        raise CannotStart(
            f"cannot write to {path} ({problem.strerror}): free or open it, "
            "or choose another folder with --data DIR"
        ) from problem
    return path


def socket_dir(data_dir: Path, longest_name: str) -> Path:
    """A private directory for sockets: in the data directory, or a short one in its stead."""
    inside = data_dir / "run"
    if len(os.fsencode(inside / longest_name)) <= LONGEST_SOCKET_PATH:
        return private_dir(inside)
    key = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    return _own_short_dir(f"pfleet-{os.getuid()}-{key}")


def _own_short_dir(name: str) -> Path:
    for base in (Path(tempfile.gettempdir()), Path("/tmp")):  # noqa: S108 - checked below
        path = base / name
        if len(os.fsencode(path)) > LONGEST_SOCKET_PATH - len("/.s.PGSQL.5432"):
            continue
        path = private_dir(path)
        found = path.lstat()
        # Anybody may have made this name in a shared folder before us.
        if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
            raise CannotStart(f"{path} belongs to somebody else: remove it, or set TMPDIR")
        path.chmod(0o700)
        return path
    raise CannotStart("the path of the data directory is too long: choose a shorter --data DIR")


class Lock:
    """An advisory lock on a file; the system releases it when its last holder is gone."""

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take(self, *, shared: bool = False, wait: bool = True) -> bool:
        """Hold the lock; False where `wait` is off and somebody else holds it."""
        how = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
        try:
            fcntl.flock(self.descriptor, how)
        except BlockingIOError:
            return False
        return True

    def free(self) -> None:
        """Release it, keep the file open."""
        fcntl.flock(self.descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Release it unless another process inherited it, and close."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def __enter__(self) -> Lock:
        self.take()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
