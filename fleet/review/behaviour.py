"""What the answers say: the verdict in a sentence, and the answers that changed, worst first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import Indel

from evals.models import Arm, EvalRun, Outcome, RunStage
from evals.views import cases
from evals.views.cases import Shown, Standing
from evals.views.progress import progress_of
from evals.views.sentence import sentence_of
from registry.diff import DiffRow, side_by_side

CASES = 10
"""Broken, and likewise fixed, cases shown on the page; the run's page has them all."""

MOVED = 5
"""Answers that pass as before and read differently, shown with the largest change first."""

LEAST_MOVE = 0.02
"""A smaller change of an answer (0 none, 1 nothing in common) is not worth a reviewer's look."""

ALL_NEW = 0.75
"""From here on (1: nothing in common) an answer is another one: marks on every word hide it."""

READ = 4_000
"""Characters of an answer that its change is measured on: comparing costs their product."""


@dataclass(frozen=True)
class Compared:
    """A case with its two answers, word by word beside each other."""

    shown: Shown

    @property
    def rows(self) -> list[DiffRow]:
        """The answers compared; empty where one arm has none, or little is left to mark."""
        old, new = self.shown.old, self.shown.new
        if old is None or new is None or _distance(old.answer, new.answer) > ALL_NEW:
            return []
        found = side_by_side(old.answer, new.answer)
        return found if any(span.kind == "same" for row in found for span in row.new) else []


@dataclass(frozen=True)
class Group:
    """Cases of one kind, the worst of them with their answers."""

    title: str
    count: int
    shown: Sequence[Compared]
    all_url: str


def evidence(run: EvalRun | None) -> dict[str, Any]:
    """The verdict in a sentence and the cases that changed sides, worst first."""
    if run is None:
        return {"run": None}
    if run.stage == RunStage.RUNNING:
        return {"run": run, "running": True, "progress": progress_of(run)}
    found = cases.standings(run)
    broken, fixed = cases.of(found, "broken"), cases.of(found, "fixed")
    shown = cases.with_answers(run, [*broken[:CASES], *fixed[:CASES]])
    return {
        **_verdict(run),
        "broken": [one for one in shown if one.standing.change == "broken"],
        "fixed": [one for one in shown if one.standing.change == "fixed"],
        "broken_count": len(broken),
        "fixed_count": len(fixed),
    }


def behaviour(run: EvalRun | None) -> dict[str, Any]:
    """The verdict, and groups of changed answers: broken, then moved but passing, then fixed."""
    if run is None or run.stage == RunStage.RUNNING:
        return evidence(run)
    found = cases.standings(run)
    kinds = {
        "broken": cases.of(found, "broken"),
        "moved": moved(run, found),
        "fixed": cases.of(found, "fixed"),
    }
    most = {"broken": CASES, "moved": MOVED, "fixed": CASES}
    picked = {kind: standings[: most[kind]] for kind, standings in kinds.items()}
    shown = {
        one.standing.case_id: Compared(one)
        for one in cases.with_answers(run, [s for kind in picked.values() for s in kind])
    }
    groups = [
        Group(
            TITLES[kind], len(kinds[kind]), [shown[s.case_id] for s in standings],
            f"{run.get_absolute_url()}?show={SHOW[kind]}#cases",
        )
        for kind, standings in picked.items() if standings
    ]  # fmt: skip
    return {**_verdict(run), "groups": groups, "cases": len(found)}


TITLES = {"broken": "Broken", "moved": "Still pass, read differently", "fixed": "Fixed"}

SHOW = {"broken": "broken", "moved": "passing", "fixed": "fixed"}
"""The run page's filter that shows all of a kind."""


def moved(run: EvalRun, found: Sequence[Standing]) -> list[Standing]:
    """Cases that pass as before with another answer, the largest change first; one query."""
    passing = {standing.case_id: standing for standing in found if standing.change == "passing"}
    answers: dict[tuple[int, str], str] = {}
    rows = run.results.filter(outcome=Outcome.ANSWERED, case_id__in=passing, repeat=0)
    for case, arm, answer in rows.order_by("attempt").values_list("case_id", "arm", "answer"):
        answers.setdefault((case, arm), answer)
    moves = {
        pk: _distance(answers.get((pk, Arm.BASELINE)), answers.get((pk, Arm.CANDIDATE)))
        for pk in passing
    }
    order = sorted((pk for pk in passing if moves[pk] >= LEAST_MOVE), key=lambda pk: -moves[pk])
    return [passing[pk] for pk in order]


def _distance(old: str | None, new: str | None) -> float:
    """How far two answers are apart, 0 to 1; 0 where one is missing."""
    if old is None or new is None or old == new:
        return 0.0
    return float(Indel.normalized_distance(old[:READ], new[:READ]))


def _verdict(run: EvalRun) -> dict[str, Any]:
    return {"run": run, "verdict": run.verdict, "sentence": sentence_of(run.verdict)}
