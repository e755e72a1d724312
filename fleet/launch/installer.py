"""Two ways to fill a virtual environment from a lock with hashes: uv, or venv and pip."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from fleet.launch.failure import CannotStart
from fleet.launch.progress import Progress, Ticker

NO_VENV = (
    "this Python has no venv module: on Debian or Ubuntu run `apt install python3-venv`, "
    "elsewhere install uv or a complete Python, then start again"
)


class Installer(Protocol):
    """Something that can make `venv` hold what `lock` names."""

    def install(self, venv: Path, lock: Path) -> None:
        """Do it, showing progress; CannotStart with one line where it fails."""


class Uv:
    """The uv program: seconds rather than tens of them."""

    def __init__(self, program: str, progress: Progress) -> None:
        self._program = program
        self._progress = progress

    def install(self, venv: Path, lock: Path) -> None:
        """See Installer."""
        make = [self._program, "venv", "--quiet", "--allow-existing", "--python", sys.executable]
        _run([*make, str(venv)], "uv could not make the environment", _Watch(self._progress))
        fill = [self._program, "pip", "install", "--python", str(venv / "bin" / "python")]
        fill += ["--require-hashes", "--no-progress", "-r", str(lock)]
        watch = _Watch(self._progress, total=_pins(lock), doing="installing with uv")
        _run(fill, "uv could not install the packages", watch)


class Pip:
    """What comes with Python."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def install(self, venv: Path, lock: Path) -> None:
        """See Installer."""
        if find_spec("venv") is None or find_spec("ensurepip") is None:
            raise CannotStart(NO_VENV)
        python = str(venv / "bin" / "python")
        if not _has_pip(python):
            watch = _Watch(self._progress, doing="making a virtual environment")
            _run([sys.executable, "-m", "venv", str(venv)], NO_VENV, watch)
        fill = [python, "-m", "pip", "install", "--require-hashes", "--no-input", "--no-deps"]
        fill += ["--disable-pip-version-check", "--progress-bar=off", "-r", str(lock)]
        watch = _Watch(self._progress, total=_pins(lock), doing="downloading")
        _run(fill, "pip could not install the packages", watch)


class _Watch:
    """Turns an installer's output into a count a person can follow."""

    def __init__(self, progress: Progress, *, total: int = 0, doing: str = "working") -> None:
        self.progress = progress
        self.doing = doing
        self._total = total
        self._seen = 0

    def text(self, line: str = "") -> str:
        """The step as it stands after one more line of output."""
        if match := re.match(r"\s*(?:Collecting|Requirement already satisfied:) ([\w.-]+)", line):
            self._seen += 1
            return f"{self.doing} {min(self._seen, self._total)} of {self._total}: {match[1]}"
        if line.startswith("Installing collected packages"):
            return f"unpacking {self._total} packages"
        return ""


def _run(command: list[str], failing: str, watch: _Watch) -> None:
    """Run to the end, its last error line joined to `failing` where it fails."""
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    lines: list[str] = []
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=environment,
        )
    except OSError as problem:
        raise CannotStart(f"{failing}: {problem.strerror}") from problem
    with process, Ticker(watch.progress, watch.doing) as ticker:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.strip())
            ticker.text = watch.text(line) or ticker.text
    if process.returncode != 0:
        raise CannotStart(f"{failing}: {_essence(lines)}")


def _essence(lines: list[str]) -> str:
    """The line of a failed installer that says most, cut to a readable length."""
    written = [line for line in lines if line]
    said = [line for line in written if re.match(r"(?i)error|× |.*No space left", line)]
    return (said or written or ["it said nothing"])[0 if said else -1][:300]


def _has_pip(python: str) -> bool:
    try:
        asked = subprocess.run([python, "-m", "pip", "--version"], capture_output=True, check=False)
    except OSError:
        return False
    return asked.returncode == 0


def _pins(lock: Path) -> int:
    """How many packages a lock names."""
    return len(re.findall(r"(?m)^[A-Za-z0-9][\w.-]*==", lock.read_text(encoding="utf-8")))
