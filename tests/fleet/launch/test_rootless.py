"""PostgreSQL as somebody else where we are root."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fleet.launch import rootless
from fleet.launch.reachable import copy_of

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="about root alone")


@pytest.mark.skipif(os.geteuid() == 0, reason="about ordinary users")
def test_ordinary_user_needs_no_wrapper(tmp_path: Path) -> None:
    assert rootless.wrapper(tmp_path) == []


@root_only
def test_root_serves_new_data_as_somebody_else(tmp_path: Path) -> None:
    prefix = rootless.wrapper(tmp_path)
    done = subprocess.run(
        [*prefix, "/usr/bin/id", "-u"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() != "0"


@root_only
@pytest.mark.skipif(sys.platform != "linux", reason="keeps a Linux capability")
def test_denied_namespace_hands_the_data_over_and_still_reaches_private_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rootless, "NAMESPACE", "1:denied")  # no such way: its probe fails
    data = tmp_path / "private" / "data"
    data.mkdir(parents=True)
    data.parent.chmod(0o700)
    prefix = rootless.wrapper(data)
    subprocess.run([*prefix, "/bin/sh", "-c", 'echo x > "$0"', str(data / "new")], check=True)
    assert (data / "new").stat().st_uid == data.stat().st_uid != 0
    assert data.parent.stat().st_uid == 0
    assert rootless.wrapper(data) == prefix


def test_copied_package_is_readable_by_all_and_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site" / "server"
    (package / "bin").mkdir(parents=True)
    (package / "bin" / "run").write_text("x")
    (tmp_path / "site" / "server.libs").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    copy = copy_of(package)
    assert (copy / "bin" / "run").read_text() == "x"
    assert (copy.parent / "server.libs").is_dir()
    assert copy.parent.stat().st_mode & 0o777 == 0o755
    assert copy_of(package) == copy
