"""Throwaway data directories of test runs."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest

from fleet.launch import testing
from fleet.launch.testing import JUST_MADE_SECONDS, throwaway_dir


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def make_old(place: Path) -> None:
    then = time.time() - JUST_MADE_SECONDS - 1
    os.utime(place, (then, then))


def test_directory_is_gone_after_the_run() -> None:
    with throwaway_dir() as place:
        (place / "anything").write_text("x")
    assert not place.exists()


def test_directory_of_a_killed_run_is_swept_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / f"{testing.PREFIX}killed"
    left.mkdir()
    make_old(left)
    with throwaway_dir():
        assert not left.exists()


def test_directory_of_a_living_run_is_left_alone() -> None:
    with throwaway_dir() as living:
        make_old(living)
        with throwaway_dir():
            assert living.exists()
