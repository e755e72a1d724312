"""How the suite is shared out among processes, and in what order it begins.

A file's tests stay together, so that what a module builds or starts is there once. The marks
that pytest-xdist 3.8 has for it (`xdist_group`) have no effect under pytest 9.2, which keeps a
test's id elsewhere than xdist writes to.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

TOGETHER = {
    "tests/journeys/": "one product, one browser",
    "tests/faults/test_board_walk.py": "outages",
    "tests/faults/test_outages.py": "outages",
}
"""Folders and files that share something that runs, or would disturb each other."""

APART = ("tests/test_every_url.py",)
"""Files of minutes whose tests share nothing."""

FIRST = (
    "tests/journeys/", "tests/test_every_url.py", "tests/test_tenant_scope.py", "tests/campaign/",
    "tests/faults/", "tests/fleet/launch/test_up.py", "tests/fleet/launch/",
    "tests/adoption/test_import_forks.py", "tests/adoption/test_wizard.py", "tests/checking/",
)  # fmt: skip
"""The longest, so that none of them is left when the other processes have ended; between what
starts servers of its own is what does not."""


class ByFile(LoadScopeScheduling):
    """Gives a process one file after the other, in the order they were collected."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


def scope_of(nodeid: str) -> str:
    """What a test has in common with those that run in its process."""
    path = nodeid.partition("::")[0]
    if path in APART:
        return nodeid
    return next((name for start, name in TOGETHER.items() if path.startswith(start)), path)


def turn_of(nodeid: str) -> int:
    """Where a test's file stands in the order; all others keep theirs."""
    starts = (place for place, start in enumerate(FIRST) if nodeid.startswith(start))
    return min(starts, default=len(FIRST))
