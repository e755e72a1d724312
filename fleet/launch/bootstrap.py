"""The environment of a checkout: `.venv` with exactly what the lock names, made on first use.

Standard library only; runs on the Python the user typed, before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from fleet.launch.failure import CannotStart
from fleet.launch.installer import Installer, Pip, Uv
from fleet.launch.progress import Progress

RUN_LOCK = "requirements.lock"
DEV_LOCK = "requirements-dev.lock"
"""Holds everything RUN_LOCK does, and the tools of the tests."""

OWN_LOCK = ".making"
"""Held while `.venv` is filled. Not `.lock`: uv takes that one itself and would wait for us."""


def ensure_environment(checkout: Path, argv: Sequence[str], *, dev: bool) -> None:
    """Return where the packages are at hand; else make `.venv` and start over inside it.

    In an environment somebody else made (a container image, a virtual environment of the
    user's that has Django) nothing is built; FLEET_NO_BOOTSTRAP=1 says so explicitly.
    """
    venv = checkout / ".venv"
    lock = checkout / (DEV_LOCK if dev else RUN_LOCK)
    inside = Path(sys.prefix).resolve() == venv.resolve()
    if not inside and _made_elsewhere():
        return _require("pytest" if dev else "django", lock)
    if not lock.exists():
        raise CannotStart(f"{lock.name} is missing: restore it with git checkout {lock.name}")
    if not is_installed(venv, lock):
        _install(venv, lock)
    elif inside:
        return None
    python = str(venv / "bin" / "python")
    os.execv(python, [python, *argv])  # noqa: S606 - the very same command, inside


def is_installed(venv: Path, lock: Path) -> bool:
    """Whether `.venv` works and was last filled from this very lock."""
    return (venv / "bin" / "python").exists() and _stamp(venv).get(lock.name) == _digest(lock)


def _install(venv: Path, lock: Path) -> None:
    """Make the environment and fill it, one process at a time."""
    progress = Progress()
    try:
        venv.mkdir(exist_ok=True)
        guard = (venv / OWN_LOCK).open("w", encoding="utf-8")
    except OSError as problem:
        raise CannotStart(
            f"cannot write to {venv} ({problem.strerror}): make the checkout writable, or "
            "install the packages yourself and set FLEET_NO_BOOTSTRAP=1"
        ) from problem
    with guard:
        _wait_for(guard.fileno(), progress)
        if is_installed(venv, lock):
            return
        progress.say(f"making the environment in {venv.name} from {lock.name} (only once)")
        _clear_broken(venv)
        _try_in_turn(_installers(progress), venv, lock, progress)
        _write_stamp(venv, lock)
        progress.say("environment ready")


def _installers(progress: Progress) -> list[Installer]:
    """uv where it is on PATH, for it is fast; venv and pip as the standard way."""
    uv = shutil.which("uv")
    return [Uv(uv, progress), Pip(progress)] if uv else [Pip(progress)]


def _try_in_turn(installers: list[Installer], venv: Path, lock: Path, progress: Progress) -> None:
    for installer in installers[:-1]:
        try:
            return installer.install(venv, lock)
        except CannotStart as problem:
            progress.say(f"{problem}; trying another way")
    return installers[-1].install(venv, lock)


def _wait_for(descriptor: int, progress: Progress) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        progress.say("another start is making the environment; waiting for it")
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _clear_broken(venv: Path) -> None:
    """Empty an environment whose interpreter is gone or too old, keeping our lock file."""
    home = venv / "bin" / "python"
    same = (venv / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}").exists()
    if not home.is_symlink() and not home.exists():
        return
    if home.exists() and same:
        return
    for entry in venv.iterdir():
        if entry.name == OWN_LOCK:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _made_elsewhere() -> bool:
    if os.environ.get("FLEET_NO_BOOTSTRAP", "") not in ("", "0"):
        return True
    return sys.prefix != sys.base_prefix and find_spec("django") is not None


def _require(package: str, lock: Path) -> None:
    if find_spec(package) is None:
        raise CannotStart(
            f"{package} is not installed in {sys.prefix}: "
            f"{sys.executable} -m pip install -r {lock.name}, or unset FLEET_NO_BOOTSTRAP"
        )


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _stamp(venv: Path) -> dict[str, str]:
    try:
        found = json.loads((venv / ".installed").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_stamp(venv: Path, lock: Path) -> None:
    """Note what is installed; the development lock brings the other along."""
    stamp = {lock.name: _digest(lock)}
    run_lock = lock.with_name(RUN_LOCK)
    if lock.name == DEV_LOCK and run_lock.exists():
        stamp[RUN_LOCK] = _digest(run_lock)
    fresh = venv / ".installed.new"
    fresh.write_text(json.dumps(stamp), encoding="utf-8")
    fresh.replace(venv / ".installed")
