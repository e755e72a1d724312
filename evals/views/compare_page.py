"""Two runs beside each other: the same questions, and where their answers passed or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest

from evals.expectations import in_words
from evals.models import Arm, Case, CaseResult, EvalRun, RunStage
from evals.views import rows
from evals.views.cases import Standing, standings
from evals.views.marks import marked
from evals.views.sentence import sentence_of
from registry.diff import Span

SHOWN = 25
"""Cases with their answers on a page."""

OFFERED = 100
"""Runs to choose from; older ones are reached from their own page."""

SHOW = {
    "broken": "Passed in A, fails in B",
    "fixed": "Failed in A, passes in B",
    "failing": "Fail in both",
    "passing": "Pass in both",
    "only_a": "Only in A",
    "only_b": "Only in B",
    "unanswered": "Without an answer",
}
"""What `?show=` may say, in words."""


@dataclass(frozen=True)
class Placed:
    """A case of a run: which suite and key it is known by, and what it asks."""

    pk: int
    label: str
    asks: str
    standing: Standing


@dataclass(frozen=True)
class Pair:
    """The same case in both runs, or in one alone."""

    label: str
    a: Placed | None
    b: Placed | None

    @property
    def change(self) -> str:
        """A key of SHOW."""
        if self.a is None or self.b is None:
            return "only_b" if self.a is None else "only_a"
        before, after = self.a.standing.after, self.b.standing.after
        if before is None or after is None:
            return "unanswered"
        if before != after:
            return "fixed" if after else "broken"
        return "passing" if after else "failing"

    @property
    def reworded(self) -> bool:
        """Whether the question itself differs: then the answers may differ for that."""
        return self.a is not None and self.b is not None and self.a.asks != self.b.asks


@dataclass(frozen=True)
class ShownPair:
    """A pair with one answer of each run."""

    pair: Pair
    case: Case
    a: CaseResult | None
    b: CaseResult | None

    @property
    def answers(self) -> tuple[list[Span], list[Span]]:
        """Both answers, with marks on the words that differ."""
        return marked(self.a.answer if self.a else "", self.b.answer if self.b else "")

    @property
    def expectations(self) -> list[str]:
        """What the case expects, in words."""
        return [in_words(expectation) for expectation in self.case.expectations]


def chosen_runs(request: HttpRequest) -> tuple[list[EvalRun | None], str]:
    """The runs that `a` and `b` name, of those this person may see, and what is wrong with them."""
    wanted = [_uuid(request.GET.get(name, "")) for name in ("a", "b")]
    found = {run.pk: run for run in rows.full_runs_of(request).filter(pk__in=filter(None, wanted))}
    runs = [found.get(pk) if pk else None for pk in wanted]
    asked = [request.GET.get(name, "") for name in ("a", "b")]
    if any(text and run is None for text, run in zip(asked, runs, strict=True)):
        return runs, "There is no such run, or you may not see it. Choose another one."
    if runs[0] is not None and runs[0] == runs[1]:
        return runs, "Both are the same run. Choose another one to compare it with."
    return runs, ""


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def context(request: HttpRequest, a: EvalRun, b: EvalRun) -> dict[str, Any]:
    """Everything the comparison shows; the number of queries does not grow with the cases."""
    pairs = pairs_of(_placed(a), _placed(b))
    counts = {kind: sum(pair.change == kind for pair in pairs) for kind in SHOW}
    usual = next((kind for kind in ("broken", "fixed") if counts[kind]), "passing")
    show = request.GET.get("show", "")
    show = show if show in SHOW else usual
    page = Paginator([pair for pair in pairs if pair.change == show], SHOWN).get_page(
        request.GET.get("page")
    )
    return {
        "a": a,
        "b": b,
        "sides": [_side("A", a), _side("B", b)],
        "words": differences(a, b, pairs),
        "both": sum(pair.a is not None and pair.b is not None for pair in pairs),
        "counts": counts,
        "tabs": [(kind, words, counts[kind]) for kind, words in SHOW.items() if counts[kind]],
        "show": show,
        "page": page,
        "shown": _with_answers(a, b, list(page)),
    }


def _side(name: str, run: EvalRun) -> dict[str, Any]:
    verdict = getattr(run, "verdict", None)
    return {
        "name": name, "run": run, "verdict": verdict,
        "sentence": sentence_of(verdict) if verdict else "It has no verdict.",
        "unfinished": run.stage != RunStage.DONE,
    }  # fmt: skip


def _placed(run: EvalRun) -> dict[str, Placed]:
    cases = Case.objects.filter(suite_version__in=run.suite_versions.all())
    names = {
        pk: (f"{suite}/{key}", asks)
        for pk, suite, key, asks in cases.values_list(
            "pk", "suite_version__suite__name", "key", "content_hash"
        )
    }
    placed = {}
    for standing in standings(run):
        label, asks = names[standing.case_id]
        placed[label] = Placed(standing.case_id, label, asks, standing)
    return placed


def pairs_of(a: Mapping[str, Placed], b: Mapping[str, Placed]) -> list[Pair]:
    """The cases of both runs, matched by what they are called, must-pass ones first."""
    labels = dict.fromkeys([*a, *b])
    pairs = [Pair(label, a.get(label), b.get(label)) for label in labels]
    return sorted(pairs, key=lambda pair: not _must_pass(pair))


def _must_pass(pair: Pair) -> bool:
    return any(one is not None and one.standing.must_pass for one in (pair.a, pair.b))


def differences(a: EvalRun, b: EvalRun, pairs: Sequence[Pair]) -> list[str]:
    """What makes the comparison less than one of like with like, in sentences."""
    said = []
    if a.variant_id != b.variant_id:
        said.append(f"The runs are of different variants: {a.variant} and {b.variant}.")
    alone = {kind: sum(pair.change == kind for pair in pairs) for kind in ("only_a", "only_b")}
    both = len(pairs) - sum(alone.values())
    if not both:
        said.append("The runs have no case in common: their suites have nothing to do together.")
    elif any(alone.values()):
        said.append(
            f"Their suites differ: {both} cases are in both, {alone['only_a']} only in A, "
            f"{alone['only_b']} only in B. Only those in both are compared."
        )
    reworded = sum(pair.reworded for pair in pairs)
    if reworded:
        verb = "asks" if reworded == 1 else "ask"
        said.append(
            f"{reworded} case{'' if reworded == 1 else 's'} of the same name {verb} something "
            "else in B: there the answers may differ because the question does."
        )
    if a.repeats != b.repeats:
        said.append(f"A asked each case {a.repeats} times, B {b.repeats} times.")
    return said


def _with_answers(a: EvalRun, b: EvalRun, pairs: Sequence[Pair]) -> list[ShownPair]:
    """The pairs with an answer of each run; two queries."""
    pks = {one.pk for pair in pairs for one in (pair.a, pair.b) if one is not None}
    cases = Case.objects.select_related("suite_version__suite").in_bulk(pks)
    held: dict[tuple[UUID, int], CaseResult] = {}
    found = CaseResult.objects.filter(run__in=[a, b], case__in=pks, arm=Arm.CANDIDATE)
    for result in found.order_by("repeat", "attempt"):
        kept = held.get((result.run_id, result.case_id))
        if kept is None or (not kept.answer) or (kept.passed and not result.passed):
            held[result.run_id, result.case_id] = result
    return [
        ShownPair(
            pair, cases[(pair.b or pair.a).pk],  # type: ignore[union-attr]
            held.get((a.pk, pair.a.pk)) if pair.a else None,
            held.get((b.pk, pair.b.pk)) if pair.b else None,
        )
        for pair in pairs
    ]  # fmt: skip


def choices(request: HttpRequest, near: EvalRun | None) -> list[EvalRun]:
    """Runs to choose from, newest first; of one variant's where one run is chosen already."""
    found = rows.full_runs_of(request).exclude(stage=RunStage.CANCELLED)
    if near is not None:
        found = found.filter(variant__prompt=near.variant.prompt_id)
    return list(found.defer("revision__text", "baseline__text")[:OFFERED])
