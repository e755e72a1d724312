"""One chunk of a run in hand: what is asked of it, and what of it is settled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from evals import answers
from evals.judges import Context, Judge, asked_of_labelled
from evals.model_client import CallFailed
from evals.models import Arm, Case, CaseResult, EvalRun, SuiteScope
from evals.runner.purse import Purse
from evals.runner.scoring import reply_of, row_of, takes_calls
from evals.runner.storing import Row
from evals.runner.terms import Answered, Ask, NotAsked
from evals.safety.canary import planted
from evals.safety.scan import expected_of
from registry.models import Revision, WorkItem
from registry.render import render

COMPARING = "pairwise"
"""The scorer that needs the old arm's answer to the same case and repeat."""

NOTHING_KEPT = "No earlier answer is kept, and no model is asked in this run."


@dataclass(eq=False)
class Chunk:
    """A work item with its run, how many of its asks are open, and rows to be written."""

    item: WorkItem
    run: EvalRun
    asks: list[Ask] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    open: int = 0
    left: bool = False
    over_budget: bool = False
    wait: float = 0.0

    def miss(self, missed: NotAsked) -> None:
        """An ask of this chunk was not made."""
        self.open -= 1
        self.left = True
        self.over_budget = self.over_budget or missed.over_budget
        self.wait = max(self.wait, missed.wait)

    def take(self, answered: Answered) -> None:
        """An ask of this chunk is settled."""
        self.open -= 1
        self.rows.append(row_of(self.run, self.item.payload["fresh"], answered))


@dataclass(frozen=True)
class Side:
    """One arm of a run: how its calls are made."""

    arm: str
    revision: Revision
    names: list[str]
    key: Callable[[Case, int], str]
    prices: tuple[float, float] | None

    def messages(self, case: Case) -> tuple[dict[str, Any], ...]:
        """The composed prompt with the case's request variables, then the case's messages.

        A case of a labelled set holds what people judged; the judge is asked about that.
        """
        if case.suite_version.suite.scope == SuiteScope.LABELS:
            return asked_of_labelled(self.revision.text, case.messages, case.variables)
        values = {name: str(case.variables.get(name, "")) for name in self.names}
        system = planted(render(self.revision.text, values), answers.token_of(case))
        return ({"role": "system", "content": system}, *case.messages)


@dataclass(frozen=True)
class Surroundings:
    """What the chunks of one run share: what it may spend, who grades, and its cases."""

    purse: Purse | None
    judges: Mapping[str, Judge]
    cases: Mapping[int, Case]


Settled = Mapping[tuple[UUID, bool, str, int, int], str]
"""(run, fresh, arm, case, repeat) -> the answer, of calls that have a row."""


def settled_of(items: Sequence[WorkItem]) -> Settled:
    """What of some chunks is settled; one query."""
    cases = {case for item in items for case, _ in item.payload["turns"]}
    rows = CaseResult.objects.filter(run__in={one.payload["run"] for one in items}, case__in=cases)
    found = rows.values_list("run_id", "fresh", "arm", "case_id", "repeat", "answer")
    return {row[:5]: row[5] for row in found}


def open_chunk(item: WorkItem, run: EvalRun, around: Surroundings, settled: Settled) -> Chunk:
    """Find what of a chunk is still to be asked; answers that are kept are taken here.

    A call that has a row, be it an error, is settled and asked no more.
    """
    chunk = Chunk(item, run)
    turns, cases = item.payload["turns"], around.cases
    fresh = item.payload["fresh"]
    sides = [side_of(run, Arm(arm)) for arm in item.payload["arms"]]
    wanted = [
        _ask(chunk, side, cases[case], repeat, around)
        for case, repeat in turns
        for side in sides
        if (run.pk, fresh, side.arm, case, repeat) not in settled
    ]
    _take_kept(chunk, wanted)
    chunk.open = len(wanted)
    chunk.asks = _in_order(chunk, wanted, settled)
    for ask in filter(_is_plain, chunk.asks):
        assert ask.known is not None
        chunk.take(Answered(ask, ask.known))
    chunk.asks = [ask for ask in chunk.asks if not _is_plain(ask)]
    return chunk


def side_of(run: EvalRun, arm: Arm) -> Side:
    """What the calls of one arm share."""
    revision = run.revision if arm == Arm.CANDIDATE else run.baseline
    assert revision is not None, "the old arm is asked only where there is one"
    target = revision.model_target
    each = (target.input_price, target.output_price)
    return Side(
        arm.value, revision, [one["name"] for one in revision.base_version.variables],
        answers.keys_of(revision, run.parameters),
        None if None in each else (float(each[0] or 0) / 1e6, float(each[1] or 0) / 1e6),
    )  # fmt: skip


def _ask(chunk: Chunk, side: Side, case: Case, repeat: int, around: Surroundings) -> Ask:
    context = None
    if takes_calls(expected_of(case)):
        context = Context(
            question=case.question, judges=around.judges, seed=repeat,
            baseline=side.arm == Arm.BASELINE,
        )  # fmt: skip
    target, run = side.revision.model_target, chunk.run
    return Ask(
        chunk.item.pk, run.pk, side.arm, case, repeat, side.key(case, repeat), target.provider,
        target.snapshot, side.messages(case), run.parameters, side.prices, around.purse, context,
    )  # fmt: skip


def _take_kept(chunk: Chunk, asks: Sequence[Ask]) -> None:
    kept = answers.kept(chunk.run, [ask.key for ask in asks])
    for ask in asks:
        row = kept.get(ask.key)
        if row is not None:
            ask.known, ask.taken_from = reply_of(row), row.pk
        elif chunk.run.scores_only:
            ask.known = CallFailed(NOTHING_KEPT, again=False)


def _in_order(chunk: Chunk, asks: Sequence[Ask], settled: Settled) -> list[Ask]:
    """The asks that may be made at once; one that is compared follows the old arm's."""
    olds = {(ask.case.id, ask.repeat): ask for ask in asks if ask.arm == Arm.BASELINE}
    first = []
    for ask in asks:
        old = olds.get((ask.case.id, ask.repeat))
        if ask.arm == Arm.BASELINE or ask.context is None or not _compares(ask.case):
            first.append(ask)
        elif old is not None:
            old.then = ask
        else:
            fresh = chunk.item.payload["fresh"]
            answered = settled.get((ask.run, fresh, Arm.BASELINE, ask.case.id, ask.repeat))
            ask.context = replace(ask.context, other=answered)
            first.append(ask)
    return first


def _compares(case: Case) -> bool:
    return any(one.get("scorer") == COMPARING for one in case.expectations)


def _is_plain(ask: Ask) -> bool:
    """Whether an ask is settled here: nobody is asked for an answer, nor for a grade."""
    if ask.known is None or ask.then is not None:
        return False
    return ask.context is None or isinstance(ask.known, CallFailed)
