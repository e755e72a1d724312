"""Which calls a run makes, in which phase, and how they are cut into work items.

Screening asks every case once an arm (`repeats` times where the run says so), must-pass cases
`must_pass_repeats` times; confirmation asks the screened cases afresh, the numbers of their
repeats going on. A work item holds both arms of its cases: an expectation may compare them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from evals.frozen import cases_in
from evals.models import Arm, Case, EvalRun
from registry import work
from registry.models import WorkItem, WorkState

CHUNK = 100
"""Calls a work item: what is kept from others by one lease, and asked by one task at least."""

CHUNK_KIND = "eval_chunk"


class Turn(NamedTuple):
    """One case's one repeat, in every arm of its run."""

    case: int
    repeat: int


def cases_of(run: EvalRun) -> list[Case]:
    """The cases that a run measures, in the suites' order."""
    return cases_of_all([run])[run.pk]


def cases_of_all(runs: Sequence[EvalRun]) -> dict[UUID, list[Case]]:
    """Run -> the cases that it measures; one query."""
    versions: dict[UUID, list[int]] = {run.pk: [] for run in runs}
    pairs = EvalRun.suite_versions.through.objects.filter(evalrun__in=versions)
    for pk, version in pairs.values_list("evalrun_id", "suiteversion_id"):
        versions[pk].append(version)
    found = {run.pk: cases_in(versions[run.pk]) for run in runs}
    for run in runs:
        if run.only:
            found[run.pk] = [case for case in found[run.pk] if case.pk in run.only]
    return found


def arms_of(run: EvalRun) -> tuple[Arm, ...]:
    """The old arm first: a preference needs its answer."""
    return (Arm.CANDIDATE,) if run.baseline_id is None else (Arm.BASELINE, Arm.CANDIDATE)


def repeats_of(run: EvalRun, case: Case) -> int:
    """How often screening asks a case in each arm."""
    return max(run.repeats, run.must_pass_repeats) if case.must_pass else run.repeats


def screening(run: EvalRun, cases: Sequence[Case]) -> list[Turn]:
    """The first phase, repeat by repeat: a run that is stopped early has seen every case."""
    most = max((repeats_of(run, case) for case in cases), default=0)
    return [
        Turn(case.pk, repeat)
        for repeat in range(most)
        for case in cases
        if repeat < repeats_of(run, case)
    ]


def confirmation(run: EvalRun, cases: Iterable[Case], repeats: int) -> list[Turn]:
    """The second phase: `repeats` fresh ones of each case."""
    cases = list(cases)
    return [
        Turn(case.pk, repeats_of(run, case) + fresh) for fresh in range(repeats) for case in cases
    ]


def enqueue(run: EvalRun, turns: Sequence[Turn], *, fresh: bool) -> int:
    """Write the work items of a phase; returns how many calls they make."""
    enqueue_all([(run, turns)], fresh=fresh)
    return len(turns) * len(arms_of(run))


def enqueue_all(phases: Iterable[tuple[EvalRun, Sequence[Turn]]], *, fresh: bool) -> None:
    """`enqueue` a phase of each of several runs; so many queries for all of them.

    One ring will do: a single process asks at a time, and takes whatever waits.
    """
    items = [item for run, turns in phases for item in _items(run, turns, arms_of(run), fresh)]
    work.enqueue_many(CHUNK_KIND, items, bells=1)


def _items(
    run: EvalRun, turns: Sequence[Turn], arms: Sequence[Arm], fresh: bool
) -> Iterator[tuple[str, dict[str, Any]]]:
    size = CHUNK // len(arms)
    phase = "confirm" if fresh else "screen"
    providers = sorted({revision.model_target.provider for revision in _revisions(run)})
    for start in range(0, len(turns), size):
        payload = {
            "run": str(run.pk), "arms": [arm.value for arm in arms], "fresh": fresh,
            "providers": providers, "turns": turns[start : start + size],
        }  # fmt: skip
        yield f"{prefix(run)}{phase}:{start}", payload


def _revisions(run: EvalRun) -> list[Any]:
    return [run.revision] if run.baseline is None else [run.baseline, run.revision]


def prefix(run: EvalRun) -> str:
    """What the keys of a run's work items begin with."""
    return f"eval:{run.pk}:"


def with_open_items(runs: Collection[UUID]) -> set[UUID]:
    """Those of the runs that have work items which are neither done nor given up; one query.

    The bounds are the prefix's own (";" follows ":"), in the order of the index for prefixes.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT run FROM unnest(%s::uuid[]) AS run WHERE EXISTS (SELECT FROM registry_workitem "
            "WHERE key ~>=~ ('eval:' || run || ':') AND key ~<~ ('eval:' || run || ';') "
            "AND state IN ('queued', 'leased'))",
            [list(runs)],
        )
        return {row[0] for row in cursor.fetchall()}


def open_items(run: EvalRun) -> Any:
    """The run's work items that are neither done nor given up."""
    return WorkItem.objects.filter(
        key__startswith=prefix(run), state__in=[WorkState.QUEUED, WorkState.LEASED]
    )
