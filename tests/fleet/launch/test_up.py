"""`manage.py up` as a whole, without the demo, as its own process."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from fleet.launch import ports
from tests.fleet.launch.processes import belonging_to, wait_until

ROOT = Path(__file__).resolve().parents[3]
OURS = re.compile(r"DATABASE_URL|REDIS_URL|SECRET_KEY|FLEET_.*|DJANGO_.*|PYTEST_.*")


class Up:
    """One running `up`, its output in a file that can be read meanwhile."""

    def __init__(self, data: Path, port: int) -> None:
        self.data, self.port = data, port
        self.output = data.parent / f"{data.name}.out"
        env = {key: value for key, value in os.environ.items() if not OURS.fullmatch(key)}
        env |= {"FLEET_NO_BOOTSTRAP": "1", "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "manage.py", "up", "--no-demo", "--port", str(port)]
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [*command, "--data", str(data)], cwd=ROOT, env=env, stdout=output, stderr=output
            )

    def said(self) -> str:
        return self.output.read_text()

    def wait_until_ready(self) -> None:
        url = f"http://127.0.0.1:{self.port}/"
        ended = self.process.poll
        assert wait_until(lambda: f"ready: {url}" in self.said() or ended() is not None, 60)
        assert ended() is None, self.said()
        with urlopen(f"{url}healthz", timeout=20) as answer:
            assert answer.status == 200


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """One that runs for all tests here; a start costs seconds."""
    one = Up(tmp_path_factory.mktemp("one") / "up data", ports.free())
    one.wait_until_ready()
    yield one
    one.process.kill()
    one.process.wait()
    assert wait_until(lambda: not belonging_to(one.data), 12)


@pytest.mark.fault
def test_neighbour_is_killed_leaves_no_process_and_finds_its_data_again(
    up: Up, tmp_path: Path
) -> None:
    first = Up(tmp_path / "other", ports.free())
    began = time.monotonic()
    first.wait_until_ready()
    took = time.monotonic() - began
    assert len(belonging_to(first.data)) > 10
    first.process.kill()
    first.process.wait()
    assert wait_until(lambda: not belonging_to(first.data), 12), belonging_to(first.data)
    up.wait_until_ready()

    began = time.monotonic()
    second = Up(first.data, first.port)
    second.wait_until_ready()
    assert time.monotonic() - began < took  # the data were there already
    stop(second)


def stop(one: Up) -> None:
    began = time.monotonic()
    one.process.send_signal(signal.SIGTERM)
    assert one.process.wait(20) == 0, one.said()
    assert time.monotonic() - began < 10
    assert not belonging_to(one.data)
    assert "Traceback" not in one.said()


def test_same_data_twice_is_refused_and_names_the_running_one(up: Up) -> None:
    second = Up(up.data, ports.free())
    assert second.process.wait(20) == 2
    line = second.said().strip()
    assert f"process {up.process.pid} at http://127.0.0.1:{up.port}" in line
    assert "\n" not in line


@pytest.mark.fault
def test_killed_worker_is_back_in_seconds(up: Up) -> None:
    worker = next(line for line in belonging_to(up.data) if is_worker(line))
    os.kill(int(worker.split()[0]), signal.SIGKILL)
    assert wait_until(lambda: "worker killed by SIGKILL" in up.said(), 3)
    assert wait_until(lambda: any(map(is_worker, belonging_to(up.data))), 3)


def is_worker(line: str) -> bool:
    """The Celery worker's main process, which is its guard's direct child."""
    pid, command = line.split(None, 1)
    if " worker " not in command or "guard.py" in command:
        return False
    asked = ["ps", "-ww", "-o", "command=", "-p", parent_of(pid)]
    return "guard.py" in subprocess.run(asked, capture_output=True, text=True, check=False).stdout


def parent_of(pid: str) -> str:
    asked = ["ps", "-ww", "-o", "ppid=", "-p", pid]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


def test_taken_port_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with ports.socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        refused = Up(tmp_path / "never", listener.getsockname()[1])
        assert refused.process.wait(20) == 2
    assert "is taken" in refused.said() and refused.said().count("\n") == 1
    assert not refused.data.exists()
