"""Who PostgreSQL runs as when we are root: it refuses root, and we make no users for it."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

from fleet.launch.failure import CannotStart

UNROOT = Path(__file__).with_name("unroot.py")
NAMESPACE = "namespace"


def wrapper(data: Path, *, tie: str | None = None) -> list[str]:
    """The command prefix under which `data` can be served; empty for an ordinary user.

    A directory keeps the owner it has: data made under one way is served the same way, as
    far as this system still allows it. `tie` names the signal a dead guard sends.
    """
    if os.geteuid() != 0:
        return []
    return _prefix(_who(data), tie)


def can_find(prefix: list[str], program: Path) -> bool:
    """Whether a program run with this prefix may find `program`, as access(2) tells it."""
    return _works(prefix, ("/usr/bin/env", "test", "-x", str(program)))


def _who(data: Path) -> str:
    owner = data.stat().st_uid
    if owner != 0:
        return f"{owner}:{data.stat().st_gid}"
    if _works(_prefix(NAMESPACE)):
        return NAMESPACE
    nobody = pwd.getpwnam("nobody")
    who = f"{nobody.pw_uid}:{nobody.pw_gid}"
    _give(data, nobody.pw_uid, nobody.pw_gid)
    # Not `test -r`: access(2) asks about the bare user and forgets the capability.
    if not _works(_prefix(who), ("/bin/ls", str(data))):
        raise CannotStart(
            "PostgreSQL does not run as root, and this system allows neither user namespaces "
            "nor another user here: start as an ordinary user, or set DATABASE_URL"
        )
    return who


def _prefix(who: str, tie: str | None = None) -> list[str]:
    tied = ["--tie", tie] if tie else []
    return [sys.executable, "-I", "-S", str(UNROOT), who, *tied, "--"]


def _works(prefix: list[str], command: tuple[str, ...] = ("/bin/sh", "-c", ":")) -> bool:
    done = subprocess.run([*prefix, *command], capture_output=True, check=False, timeout=20)
    return done.returncode == 0


def _give(data: Path, uid: int, gid: int) -> None:
    """Hand the data directory, and nothing above it, to the server's user."""
    for folder, _, files in os.walk(data):
        os.chown(folder, uid, gid)
        for name in files:
            os.chown(Path(folder) / name, uid, gid, follow_symlinks=False)
