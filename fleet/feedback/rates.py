"""Is one count of things more than another, or is it chance? Pure arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass

SURE = 0.05
"""A difference that chance alone brings less often than this is called one."""

WEEK = 7.0


@dataclass(frozen=True)
class Span:
    """What came in `days` days: how many things, how many of them complaints, minutes spent."""

    days: float
    count: int
    complaints: int
    minutes: int

    def per_week(self, amount: float) -> float | None:
        """An amount of the span a week; None for a span that is shorter.

        Ten minutes after a cutover one complaint would be a thousand a week.
        """
        return amount / self.days * WEEK if self.days >= WEEK else None

    @property
    def count_per_week(self) -> float | None:
        """Things a week."""
        return self.per_week(self.count)

    @property
    def complaints_per_week(self) -> float | None:
        """Complaints a week."""
        return self.per_week(self.complaints)

    @property
    def minutes_per_week(self) -> float | None:
        """Minutes a week."""
        return self.per_week(self.minutes)


@dataclass(frozen=True)
class Comparison:
    """Support load before and after a change. `verdict`: more, fewer, same, or unknown."""

    before: Span
    after: Span
    verdict: str
    sentence: str


def compare_spans(before: Span, after: Span) -> Comparison:
    """Whether complaints became more or fewer, told only where chance would rarely do it.

    Given all complaints of both spans, how many fall into the second is binomial with its share
    of the days (the exact conditional test of two Poisson rates; Przyborowski and Wilenski, 1940).
    """
    everything = before.complaints + after.complaints
    if before.days <= 0 or after.days <= 0:
        return Comparison(before, after, "unknown", "Nothing to compare with yet.")
    share = after.days / (before.days + after.days)
    more = at_least(after.complaints, everything, share)
    fewer = at_most(after.complaints, everything, share)
    if more < SURE / 2:
        return Comparison(before, after, "more", _told("More", before, after))
    if fewer < SURE / 2:
        return Comparison(before, after, "fewer", _told("Fewer", before, after))
    if not could_tell(everything, share):
        return Comparison(before, after, "unknown", _too_few(everything))
    return Comparison(before, after, "same", _told("No clear difference in", before, after))


def at_least(count: int, of: int, share: float) -> float:
    """How likely chance puts so many or more of them into a part with this share."""
    return math.fsum(_exactly(k, of, share) for k in range(count, of + 1))


def at_most(count: int, of: int, share: float) -> float:
    """How likely chance puts so many or fewer of them into a part with this share."""
    return math.fsum(_exactly(k, of, share) for k in range(count + 1))


def could_tell(of: int, share: float) -> bool:
    """Whether with so many things a clear change, to either side, could be told from chance."""
    return of > 0 and max(share**of, (1 - share) ** of) < SURE / 2


def _exactly(count: int, of: int, share: float) -> float:
    """By logarithms: a busy account has thousands."""
    ways = math.lgamma(of + 1) - math.lgamma(count + 1) - math.lgamma(of - count + 1)
    return math.exp(ways + count * math.log(share) + (of - count) * math.log1p(-share))


def _too_few(complaints: int) -> str:
    if not complaints:
        return "No complaints before or after: too few to tell a difference."
    said = "1 complaint" if complaints == 1 else f"{complaints} complaints"
    return f"{said} in all: too few to tell a difference from chance."


def _told(word: str, before: Span, after: Span) -> str:
    return f"{word} complaints: {_pace(after)} since the change, {_pace(before)} before."


def _pace(span: Span) -> str:
    """Complaints a week; of a span that is shorter, how many in how many days."""
    weekly = span.complaints_per_week
    if weekly is not None:
        return f"{weekly:.1f} a week"
    return f"{span.complaints} in {span.days:.1f} days"
