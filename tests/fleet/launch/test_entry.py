"""Which data and which mode a command finds, before Django starts."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from fleet.launch import entry
from fleet.launch.failure import CannotStart
from fleet.launch.secret import secret_of

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No URL, secret or mode; what a test sets is undone after it."""
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FLEET_LOCAL", "FLEET_DATA"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def test_data_option_is_taken_out_and_wins_over_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FLEET_DATA", "/elsewhere")
    command, rest, data = entry._read(["manage.py", "seed_demo", "--data", "/here", "--tenants=3"])
    assert (command, rest, data) == (
        "seed_demo",
        ["manage.py", "seed_demo", "--tenants=3"],
        Path("/here"),
    )
    assert os.environ["FLEET_DATA"] == "/here"


def test_without_data_option_the_checkouts_own_folder_is_used() -> None:
    assert entry._read(["manage.py", "migrate"])[2] == ROOT / ".data"


def test_data_option_without_folder_is_refused() -> None:
    with pytest.raises(CannotStart, match="--data DIR"):
        entry._read(["manage.py", "migrate", "--data"])


def test_both_urls_set_embed_nothing_and_leave_production_alone(tmp_path: Path) -> None:
    script = (
        "import sys; from contextlib import ExitStack; from pathlib import Path;"
        "from fleet.launch import entry; entry.use_data(Path(sys.argv[1]), ExitStack());"
        "import os; print(sorted(m for m in sys.modules if m.startswith('fleet.launch.')),"
        "os.environ.get('FLEET_LOCAL'), os.environ.get('SECRET_KEY'))"
    )
    env = {**os.environ, "DATABASE_URL": "postgres://db/x", "REDIS_URL": "redis://r/0"}
    command = [sys.executable, "-c", script, str(tmp_path / "data")]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert "servers" not in done.stdout and "postgres" not in done.stdout
    assert done.stdout.strip().endswith("None None")
    assert not (tmp_path / "data").exists()


def test_embedded_data_bring_local_mode_and_a_lasting_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://localhost:1/0")
    with ExitStack() as stack:
        entry.use_data(tmp_path, stack)
        assert os.environ["DATABASE_URL"].startswith("postgres://fleet@/fleet?host=")
        assert os.environ["REDIS_URL"] == "redis://localhost:1/0"
        assert os.environ["FLEET_LOCAL"] == "1"
        assert os.environ["SECRET_KEY"] == secret_of(tmp_path)
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_command_without_need_of_data_starts_nothing(tmp_path: Path) -> None:
    env = {**os.environ, "FLEET_NO_BOOTSTRAP": "1"}
    command = [sys.executable, "manage.py", "version", "--data", str(tmp_path / "data")]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("5.")
    assert not (tmp_path / "data").exists()


def test_a_command_that_is_the_first_to_use_a_data_directory_finds_its_tables(
    tmp_path: Path,
) -> None:
    """As a subprocess with a real server: in-process Django is set up for other data."""
    env = {**os.environ, "FLEET_DATA": str(tmp_path / "data")}
    command = [sys.executable, "manage.py", "create_api_key", "--name", "x"]
    made = subprocess.run(
        [*command, "--scopes", "prompts:read"], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    assert made.stdout.strip().splitlines()[-1].startswith("pf_")
