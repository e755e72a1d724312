"""The terms of judging: who judges, on what, and what comes of it. Values only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal["scored", "tie", "unstable", "unparsed", "failed", "missing"]
"""What became of a judgement.

- ``scored``: a clear verdict.
- ``tie``: of two answers none is better, whichever comes first; the value is 0.5.
- ``unstable``: no majority, or a preference that follows the order of the two answers.
- ``unparsed``: the judge answered, but not with a verdict alone.
- ``failed``: the judge (or the moderation service) could not be reached.
- ``missing``: there is no such judge, no moderation service, or no old answer to compare with.
"""

WITHOUT_VALUE: frozenset[Outcome] = frozenset({"unstable", "unparsed", "failed", "missing"})


class JudgeFailed(Exception):
    """A judge or a service gave no answer; the message is fit for a page."""


@dataclass(frozen=True)
class Judge:
    """One judge's Revision as a run pinned it. `calibrated`: its scores may gate."""

    slug: str
    revision: str
    text: str
    provider: str
    snapshot: str
    calibrated: bool


Ask = Callable[[Judge, Sequence[Mapping[str, Any]], int], Awaitable[str]]
"""Ask a judge's model: the messages and a seed; gives its text or raises JudgeFailed."""

Moderate = Callable[[str], Awaitable[Mapping[str, Any]]]
"""Ask the moderation service about a text; gives one ``results`` row or raises JudgeFailed."""


@dataclass(frozen=True)
class Context:
    """What surrounds an answer that is graded.

    `question` is the last user message, `other` the old model's answer to the same case and
    repeat: None where there is none yet or ever. In the old arm itself `baseline` is true and
    a preference is a tie without asking. `seed` tells the repeats apart.
    """

    question: str
    judges: Mapping[str, Judge] = field(default_factory=dict)
    ask: Ask | None = None
    moderate: Moderate | None = None
    other: str | None = None
    baseline: bool = False
    seed: int = 0


@dataclass(frozen=True)
class Grade:
    """What an asking scorer found: value 0..1 or None, the outcome, and why, in words.

    `counts` is false where the judge is not calibrated: then it is reported, and enters no
    score. `votes` are the single verdicts, in the order they were asked.
    """

    value: float | None
    detail: str
    outcome: Outcome = "scored"
    counts: bool = True
    votes: tuple[str, ...] = ()
