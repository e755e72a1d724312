"""A migration whose worker dies on the way, with outages of Redis and PostgreSQL.

With `-m long`: two boundaries, picked by the date. All of them, with 47 variants and a minute
without Redis: `python -m tests.faults.board_walk`.
"""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys

import pytest

from tests.live import ROOT

pytestmark = [pytest.mark.fault, pytest.mark.long]

OWN = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE")


def test_every_variant_ends_right_though_everything_fails_on_the_way() -> None:
    seed = str(dt.date.today().toordinal())
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.board_walk", "--variants", "4", "--kills", "2",
         "--outage", "2", "--seed", seed],
        cwd=ROOT, env={k: v for k, v in os.environ.items() if k not in OWN}, text=True,
        capture_output=True, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, f"seed {seed}\n{done.stdout}\n{done.stderr[-4000:]}"
    assert "4 of 4 tracks are done" in done.stdout
