"""Time side_by_side against `git diff --no-index --word-diff` in the same run.

    python -m tests.bench.bench_diff

Aims: 2,000 lines with 100 edits in at most 3 times git's time; anything hostile within a
second, and as table rows within another. Prints the best of the runs, since other load only
ever adds; what has no counterpart in the same run is measured in time of the processor.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Callable
from pathlib import Path

import django
from django.conf import settings

from registry.diff import side_by_side
from registry.templatetags.diff_rows import diff_body
from tests.registry.test_diff import HOSTILE

RUNS = 15
TIMES_GIT = 3.0
HOSTILE_SECONDS = 1.0


def prompt(lines: int) -> tuple[str, str]:
    """A text of that many lines, and it again with every twentieth line edited."""
    old = [
        f"{n}. When case {n * 7919 % 1000} comes up, answer in {n % 9} sentences and cite.\n"
        for n in range(lines)
    ]
    new = [
        line.replace("answer", "reply warmly") if n % 20 == 0 else line
        for n, line in enumerate(old)
    ]
    return "".join(old), "".join(new)


def best_ms(
    work: Callable[[], object], runs: int = RUNS, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Milliseconds of the fastest run."""
    return min(timeit.repeat(work, timer=clock, number=1, repeat=runs)) * 1_000


def git_ms(old: str, new: str) -> float:
    """Milliseconds of git's word diff, starting its process included."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("old", "new")]
        for file, text in zip(files, (old, new), strict=True):
            file.write_text(text, encoding="utf-8", newline="")
        command = ["git", "diff", "--no-index", "--word-diff", *map(str, files)]
        return best_ms(lambda: subprocess.run(command, stdout=subprocess.DEVNULL, check=False))


def main() -> int:
    """Print the table; 1 if an aim was missed."""
    settings.configure(STATIC_URL="/static/")  # all that table rows need of Django
    django.setup()
    old, new = prompt(2_000)
    ours, git = best_ms(lambda: side_by_side(old, new)), git_ms(old, new)
    print(f"2,000 lines, 100 edited   ours {ours:6.1f} ms   git {git:6.1f} ms   {ours / git:.1f}x")
    missed = ours > TIMES_GIT * git
    clock = time.process_time
    for name, (left, right) in HOSTILE.items():
        took = best_ms(lambda left=left, right=right: side_by_side(left, right), 3, clock)
        rows = side_by_side(left, right, 3)
        drawn = best_ms(lambda rows=rows: diff_body(rows, line_ids=True), 3, clock)
        print(f"{name:34} {took:7.0f} ms   as {len(rows):,} table rows {drawn:7.0f} ms")
        missed |= max(took, drawn) > HOSTILE_SECONDS * 1_000
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
