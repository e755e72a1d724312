"""The terms of the gate: what it is given and what it answers. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

VerdictName = Literal["go", "no_go", "inconclusive"]

PASS_FROM = 0.5  # a score of this much or more is a pass
STABLE_SHARE = (4, 5)  # a must-pass case holds with four in five of its repeats


class UnusableInput(ValueError):
    """The results cannot be judged; the message says what is wrong."""


@dataclass(frozen=True)
class Thresholds:
    """What a variant tolerates: the floor of its pass rate, and a margin (None: by suite size)."""

    min_pass_rate: float = 0.0
    margin: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.min_pass_rate <= 1:
            raise UnusableInput("min_pass_rate must lie between 0 and 1.")
        if self.margin is not None and not 0 < self.margin <= 1:
            raise UnusableInput("margin must lie above 0 and at most 1, or be null.")

    def margin_for(self, cases: int) -> float:
        """The margin as a proportion: 10 points below 300 cases, 5 from 300, 3 from 700."""
        if self.margin is not None:
            return self.margin
        return 0.10 if cases < 300 else 0.05 if cases < 700 else 0.03


@dataclass(frozen=True)
class CasePair:
    """One case in both arms; the scores of its repeats, each 0..1.

    `before` and `after` are the shares of the baseline's and the candidate's repeats that passed,
    `score_before` and `score_after` their mean scores: taken once, for every check reads them.
    """

    id: str
    slices: tuple[str, ...]
    must_pass: bool
    baseline: tuple[float, ...]
    candidate: tuple[float, ...]
    before: float = field(init=False, repr=False, compare=False)
    after: float = field(init=False, repr=False, compare=False)
    score_before: float = field(init=False, repr=False, compare=False)
    score_after: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for moment, scores in (("before", self.baseline), ("after", self.candidate)):
            if not scores or not all(0 <= score <= 1 for score in scores):
                raise UnusableInput(f"Case {self.id}: each arm needs scores between 0 and 1.")
            passed = sum([score >= PASS_FROM for score in scores])
            object.__setattr__(self, moment, passed / len(scores))
            object.__setattr__(self, f"score_{moment}", sum(scores) / len(scores))

    @property
    def broken(self) -> bool:
        """Passed by majority before, does not now."""
        return self.before >= 0.5 > self.after

    @property
    def fixed(self) -> bool:
        """Did not pass by majority before, does now."""
        return self.after >= 0.5 > self.before

    @property
    def holds_contract(self) -> bool:
        """Whether the candidate passes in ceil(0.8 K) of its K repeats."""
        needed = -(-len(self.candidate) * STABLE_SHARE[0] // STABLE_SHARE[1])  # ceil, exactly
        return sum(score >= PASS_FROM for score in self.candidate) >= needed

    @property
    def breaks_contract(self) -> bool:
        """A must-pass case that passed every repeat before and fails too many now."""
        return self.must_pass and self.before == 1 and not self.holds_contract


@dataclass(frozen=True)
class Reason:
    """Why a verdict is what it is: the check, the slice it concerns, and a sentence for people.

    `verdict` is what this reason alone amounts to; with "go" it is a caution, which holds nobody.
    """

    check: str
    slice: str | None
    detail: str
    verdict: VerdictName


@dataclass(frozen=True)
class Decision:
    """The verdict with everything shown beside it. Rates and effects are proportions, 0..1.

    `reasons` holds what decided, then cautions. `power` says in words what so many cases can
    show; `cases_needed` is how many would show a fall as large as the margin.
    """

    verdict: VerdictName
    headline: str
    reasons: tuple[Reason, ...] = ()
    broken: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    p_values: Mapping[str, float] = field(default_factory=dict)
    smallest_detectable_effect: float = 1.0
    baseline_pass_rate: float = 0.0
    candidate_pass_rate: float = 0.0
    power: str = ""
    cases_needed: int = 0

    @property
    def cautions(self) -> tuple[Reason, ...]:
        """What a person should know although it holds nobody."""
        return tuple(why for why in self.reasons if why.verdict == "go")

    def as_dict(self) -> dict[str, Any]:
        """The output of the contract's ``decide``, with headline, power and pass rates."""
        return {
            "verdict": self.verdict,
            "headline": self.headline,
            "reasons": [
                {
                    "check": why.check, "slice": why.slice, "detail": why.detail,
                    "verdict": why.verdict,
                }
                for why in self.reasons
            ],
            "broken": list(self.broken),
            "fixed": list(self.fixed),
            "p_values": dict(self.p_values),
            "smallest_detectable_effect": self.smallest_detectable_effect,
            "cases_needed": self.cases_needed,
            "power": self.power,
            "baseline_pass_rate": self.baseline_pass_rate,
            "candidate_pass_rate": self.candidate_pass_rate,
        }  # fmt: skip
