"""The cases of suite versions, read once a process: neither ever changes."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from evals.models import Case

VERSIONS_REMEMBERED = 64
"""Suite versions whose cases a process keeps; a hundred cases take about half a megabyte."""


def cases_in(versions: Iterable[int]) -> list[Case]:
    """The cases of suite versions (by primary key), in the suites' order, suites attached."""
    found = [case for version in versions for case in _cases(version)]
    return sorted(found, key=lambda case: (case.suite_version.suite_id, case.position))


@lru_cache(maxsize=VERSIONS_REMEMBERED)
def _cases(version: int) -> tuple[Case, ...]:
    return tuple(Case.objects.filter(suite_version=version).select_related("suite_version__suite"))
