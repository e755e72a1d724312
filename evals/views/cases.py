"""The cases of one run: where each stands in both arms, and what was answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from evals.expectations import in_words
from evals.models import Arm, Case, CaseResult, EvalRun, Outcome
from evals.views.marks import marked
from registry.diff import Span

PASS_FROM = 0.5
"""A score from here passes, and a case passes with so large a share of its repeats (the gate's)."""

MUST_PASS = "must pass"  # noqa: S105 - the slice that must-pass cases make of themselves


@dataclass
class Standing:
    """One case in both arms: the scores of its repeats, and how many calls failed."""

    case_id: int
    key: str
    tags: list[str]
    must_pass: bool
    old: list[float] = field(default_factory=list)
    new: list[float] = field(default_factory=list)
    errors: int = 0

    @property
    def before(self) -> bool | None:
        """Whether it passed before; None without an answer."""
        return _passes(self.old)

    @property
    def after(self) -> bool | None:
        """Whether it passes now; None without an answer."""
        return _passes(self.new)

    @property
    def change(self) -> str:
        """broken, fixed, failing, passing, or unanswered."""
        if self.after is None:
            return "unanswered"
        if self.before is not None and self.before != self.after:
            return "fixed" if self.after else "broken"
        return "passing" if self.after else "failing"

    @property
    def badness(self) -> tuple[bool, float, str]:
        """Sort key, worst first: contract cases, then the larger fall."""
        return (not self.must_pass, _mean(self.new) - _mean(self.old), self.key)


@dataclass(frozen=True)
class Shown:
    """A case with its answers, ready for a page."""

    standing: Standing
    case: Case
    old: CaseResult | None
    new: CaseResult | None

    @property
    def answers(self) -> tuple[list[Span], list[Span]]:
        """Both answers, with marks on the words that differ."""
        return marked(self.old.answer if self.old else "", self.new.answer if self.new else "")

    @property
    def checks(self) -> list[dict[str, Any]]:
        """Each expectation in words, with what the scorer said of the old and new answer."""
        olds, news = _details(self.old), _details(self.new)
        wanted = list(self.case.expectations)
        # What a run adds by itself stands last: a moderation service's word on a safety set.
        added = [{"scorer": row.get("scorer", "")} for row in (news or olds)[len(wanted) :]]
        return [
            {"words": in_words(expectation), "old": _at(olds, n), "new": _at(news, n)}
            for n, expectation in enumerate([*wanted, *added])
        ]


def standings(run: EvalRun) -> list[Standing]:
    """Every case of the run in the suites' order; two queries, whatever its size."""
    cases = Case.objects.filter(suite_version__in=run.suite_versions.all())
    if run.only:  # a run of some cases says nothing of the others
        cases = cases.filter(pk__in=run.only)
    found = {
        row[0]: Standing(*row)
        for row in cases.order_by("suite_version__suite_id", "position").values_list(
            "pk", "key", "tags", "must_pass"
        )
    }
    for case, arm, outcome, score in run.results.order_by("repeat", "attempt").values_list(
        "case_id", "arm", "outcome", "score"
    ):
        _note(found[case], arm, outcome, score)
    return list(found.values())


def _note(standing: Standing, arm: str, outcome: str, score: float | None) -> None:
    if outcome == Outcome.ERROR or score is None:
        standing.errors += 1
        return
    (standing.new if arm == Arm.CANDIDATE else standing.old).append(score)


def about(found: Iterable[Standing], tag: str) -> list[Standing]:
    """Those that belong to a slice: of that tag, or the must-pass ones."""
    return [s for s in found if tag in s.tags or (tag == MUST_PASS and s.must_pass)]


def of(found: Iterable[Standing], change: str) -> list[Standing]:
    """Those of one kind of change, worst first."""
    return sorted((s for s in found if s.change == change), key=lambda s: s.badness)


def with_answers(run: EvalRun, wanted: Sequence[Standing]) -> list[Shown]:
    """The wanted cases with one answer an arm; two queries, whatever their number."""
    pks = [standing.case_id for standing in wanted]
    cases = Case.objects.in_bulk(pks)
    answers: dict[tuple[int, str], CaseResult] = {}
    for result in run.results.filter(case_id__in=pks).order_by("repeat", "attempt"):
        held = answers.get((result.case_id, result.arm))
        if held is None or _says_more(result, held):
            answers[result.case_id, result.arm] = result
    return [
        Shown(
            standing, cases[standing.case_id],
            answers.get((standing.case_id, Arm.BASELINE)),
            answers.get((standing.case_id, Arm.CANDIDATE)),
        )
        for standing in wanted
    ]  # fmt: skip


def _says_more(result: CaseResult, held: CaseResult) -> bool:
    """Of several repeats the failing answer is shown; any answer before an error."""
    if held.outcome == Outcome.ERROR:
        return True
    return held.passed and result.outcome == Outcome.ANSWERED and not result.passed


@dataclass(frozen=True)
class Slice:
    """One tag of the suites: pass rates (0..1, None without answers) and counts."""

    tag: str
    cases: int
    old: float | None
    new: float | None
    broken: int
    fixed: int

    @property
    def heat(self) -> str:
        """CSS class of the new rate: how far it moved (a slice of few cases moves easily)."""
        if self.old is None or self.new is None or self.new == self.old:
            return ""
        size = "much-" if abs(self.new - self.old) >= 0.15 else ""
        return f"heat-{size}{'better' if self.new > self.old else 'worse'}"

    @property
    def moved(self) -> str:
        """The move in points, with its sign."""
        if self.old is None or self.new is None:
            return "–"
        return f"{(self.new - self.old) * 100:+.0f}".replace("-", "−").replace("+0", "0")


def slices(found: Sequence[Standing]) -> list[Slice]:
    """Rates by tag, most broken first; `must-pass` cases make a slice of their own."""
    groups: dict[str, list[Standing]] = defaultdict(list)
    for standing in found:
        for tag in standing.tags:
            groups[tag].append(standing)
        if standing.must_pass:
            groups[MUST_PASS].append(standing)
    rows = [
        Slice(
            tag, len(group), _rate([s.before for s in group]), _rate([s.after for s in group]),
            sum(s.change == "broken" for s in group), sum(s.change == "fixed" for s in group),
        )
        for tag, group in groups.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row.broken, row.tag))


def _details(result: CaseResult | None) -> list[dict[str, Any]]:
    return result.details if result is not None else []


def _at(details: list[dict[str, Any]], n: int) -> dict[str, Any] | None:
    if n >= len(details):
        return None
    value = details[n]["value"]
    return {
        **details[n], "passed": value is not None and value >= PASS_FROM,
        "unscored": value is None, "reported": details[n].get("counts") is False,
    }  # fmt: skip


def _passes(scores: list[float]) -> bool | None:
    if not scores:
        return None
    return sum(score >= PASS_FROM for score in scores) / len(scores) >= PASS_FROM


def _mean(scores: list[float]) -> float:
    return sum(scores) / len(scores) if scores else 0.0


def _rate(passes: Iterable[bool | None]) -> float | None:
    known = [passed for passed in passes if passed is not None]
    return sum(known) / len(known) if known else None
