"""The environment a checkout makes for itself, and the one line where it cannot."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fleet.launch import bootstrap, installer
from fleet.launch.bootstrap import DEV_LOCK, RUN_LOCK, ensure_environment, is_installed
from fleet.launch.failure import CannotStart
from fleet.launch.progress import Progress

ROOT = Path(__file__).resolve().parents[3]
SYSTEM_PYTHON = Path(sys.base_prefix) / "bin" / "python3"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What start-up needs of a checkout, in a path with spaces, with a lock of nothing."""
    return checkout_in(tmp_path)


def checkout_in(folder: Path) -> Path:
    place = folder / "a new checkout"
    (place / "fleet").mkdir(parents=True)
    shutil.copy(ROOT / "manage.py", place)
    (place / "fleet" / "__init__.py").touch()
    shutil.copytree(ROOT / "fleet" / "launch", place / "fleet" / "launch")
    for name in (RUN_LOCK, DEV_LOCK):
        (place / name).write_text("# nothing is needed\n")
    return place


def manage(checkout: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [str(SYSTEM_PYTHON), "manage.py", *arguments]
    clean = {"PATH": "/usr/bin:/bin", "HOME": str(checkout), **env}
    return subprocess.run(
        command, cwd=checkout, env=clean, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A checkout that was started once, and what it showed: its environment takes seconds."""
    place = checkout_in(tmp_path_factory.mktemp("begun"))
    return place, manage(place, "version").stdout


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of a refused start."""
    assert done.returncode == 2, done
    line = done.stderr.strip()
    assert line.startswith("manage.py: ") and "\n" not in line, line
    return line


def test_old_python_is_told_so(tmp_path: Path) -> None:
    line = run_with_sys(version_info=(3, 6, 9))
    assert "3.11 or newer" in line and "this is 3.6" in line


def run_with_sys(version_info: tuple[int, ...]) -> str:
    """manage.py's one line on a Python that reports this version."""
    pretend = (
        "import runpy, sys; sys.version_info = {!r}; runpy.run_path('manage.py', {{}}, '__main__')"
    )
    command = [sys.executable, "-c", pretend.format(version_info)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return refused(done)


def test_manage_py_is_readable_for_python_3_6() -> None:
    ast.parse((ROOT / "manage.py").read_text(), feature_version=(3, 6))


def test_fresh_checkout_installs_once_and_shows_it(begun: tuple[Path, str]) -> None:
    checkout, first = begun
    assert "(only once)" in first
    assert "environment ready" in first
    assert is_installed(checkout / ".venv", checkout / RUN_LOCK)
    second = manage(checkout, "version")
    assert second.stdout == ""
    assert "start again" in refused(second)  # it runs in .venv, and this lock has no Django


def test_changed_lock_is_not_installed_any_more(tmp_path: Path) -> None:
    venv, lock = tmp_path / ".venv", tmp_path / RUN_LOCK
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").touch()
    lock.write_text("one==1\n")
    bootstrap._write_stamp(venv, lock)
    assert is_installed(venv, lock)
    lock.write_text("one==2\n")
    assert not is_installed(venv, lock)


def test_development_lock_holds_every_pin_of_the_other() -> None:
    def pins(name: str) -> set[str]:
        return set(re.findall(r"(?m)^[\w.-]+==[^ \\;]+", (ROOT / name).read_text()))

    assert pins(RUN_LOCK) <= pins(DEV_LOCK)


def test_missing_lock_names_the_remedy(checkout: Path) -> None:
    (checkout / RUN_LOCK).unlink()
    assert f"git checkout {RUN_LOCK}" in refused(manage(checkout, "version"))


def test_lock_that_cannot_be_installed_gives_pips_reason(
    checkout: Path, begun: tuple[Path, str]
) -> None:
    shutil.copytree(begun[0] / ".venv", checkout / ".venv", symlinks=True)
    (checkout / RUN_LOCK).write_text("no-such-package==1 --hash=sha256:" + "0" * 64 + "\n")
    line = refused(manage(checkout, "version", PIP_NO_INDEX="1"))
    assert "pip could not install the packages" in line and "no-such-package" in line
    assert not is_installed(checkout / ".venv", checkout / RUN_LOCK)


def test_venv_path_that_is_no_folder_names_the_remedy(checkout: Path) -> None:
    (checkout / ".venv").write_text("in the way")
    assert "FLEET_NO_BOOTSTRAP=1" in refused(manage(checkout, "version"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_unwritable_checkout_names_the_remedy(checkout: Path) -> None:
    checkout.chmod(0o500)
    try:
        assert "make the checkout writable" in refused(manage(checkout, "version"))
    finally:
        checkout.chmod(0o700)


def test_python_without_venv_module_names_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find: Callable[[str], object] = installer.find_spec
    monkeypatch.setattr(
        installer, "find_spec", lambda name: None if name == "ensurepip" else find(name)
    )
    with pytest.raises(CannotStart, match="apt install python3-venv"):
        installer.Pip(Progress()).install(tmp_path / ".venv", tmp_path / "lock")


def test_failing_uv_falls_back_to_pip(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\necho 'error: no route'; exit 1\n")
    uv.chmod(0o755)
    asked: list[Path] = []
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(installer.Pip, "install", lambda _self, venv, _lock: asked.append(venv))
    progress = Progress()
    ways = bootstrap._installers(progress)
    bootstrap._try_in_turn(ways, tmp_path / ".venv", tmp_path / "lock", progress)
    assert asked == [tmp_path / ".venv"]
    assert "no route; trying another way" in capsys.readouterr().out


def test_two_first_starts_at_once_make_one_environment(checkout: Path) -> None:
    command = [str(SYSTEM_PYTHON), "manage.py", "version"]
    env = {"PATH": "/usr/bin:/bin"}
    both = [
        subprocess.Popen(command, cwd=checkout, env=env, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [one.communicate(timeout=120)[0] for one in both]
    assert sum("(only once)" in text for text in said) == 1
    assert is_installed(checkout / ".venv", checkout / RUN_LOCK)


def test_environment_made_elsewhere_is_used_as_it_is(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEET_NO_BOOTSTRAP", "1")
    ensure_environment(checkout, ["manage.py", "version"], dev=True)
    assert not (checkout / ".venv").exists()
