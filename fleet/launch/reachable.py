"""Programs for a user who may not enter the folder they lie in.

PostgreSQL's programs look for each other with access(2), which asks about the bare user. In a
private checkout that fails for the unprivileged user they run as, so such a user gets a copy
of the package in the temporary folder: readable by all, writable by root alone.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path

from fleet.launch.failure import CannotStart


def copy_of(package: Path) -> Path:
    """A copy of the package and its libraries; made once for each version of it."""
    version = f"{package}:{package.stat().st_mtime_ns}"
    key = hashlib.sha256(os.fsencode(version)).hexdigest()[:12]
    place = Path(tempfile.gettempdir()) / f"pfleet-{os.getuid()}-{key}"
    if not place.exists():
        _copy(package, place)
    found = place.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise CannotStart(f"{place} is not ours alone: remove it, or set TMPDIR")
    return place / package.name


def _copy(package: Path, place: Path) -> None:
    """Copy beside the place, then move there whole; another start may have been faster."""
    fresh = Path(tempfile.mkdtemp(prefix=f"{place.name}-"))
    try:
        for part in package.parent.glob(f"{package.name}*"):
            if part.is_dir() and part.suffix != ".dist-info":
                shutil.copytree(part, fresh / part.name, symlinks=True)
        fresh.chmod(0o755)
        fresh.rename(place)
    except OSError as problem:
        shutil.rmtree(fresh, ignore_errors=True)
        if not place.exists():
            raise CannotStart(
                f"cannot copy PostgreSQL to {place} ({problem.strerror}): free some space, "
                "set TMPDIR, or start as an ordinary user"
            ) from problem
