"""What a dry run adds up to: counts, revenue, segments, rules, and what to measure. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from fleet.blast.effects import Effect

KINDS = ("text", "breaks", "warns", "heals", "redundant", "problem")
"""What can happen to a variant, in the order the page tells it."""

TOP = 20
"""Tier 2 measures so many of the largest accounts that change, besides those in trouble."""


def kinds_of(effect: Effect) -> list[str]:
    """Which of KINDS happen to a variant."""
    told = (
        effect.changes_text, effect.breaks, effect.warns, effect.heals, effect.redundant,
        effect.problem,
    )  # fmt: skip
    return [kind for kind, is_so in zip(KINDS, told, strict=True) if is_so]


@dataclass(frozen=True)
class Account:
    """Whose variant it is. `tenant` None is the platform default; revenue in EUR a year."""

    variant: int
    prompt: int
    tenant: int | None
    segment: str | None
    revenue: Decimal | None


@dataclass
class Tally:
    """Adds up effects, one variant after another. A tenant's revenue counts once."""

    variants: int = 0
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    untouched: int = 0
    _tenants: dict[str, dict[int, Decimal]] = field(default_factory=lambda: defaultdict(dict))
    _segments: dict[str, dict[str, int]] = field(
        default_factory=lambda: defaultdict(lambda: dict.fromkeys(("variants", *KINDS), 0))
    )
    _rules: dict[str, dict[str, int]] = field(
        default_factory=lambda: defaultdict(lambda: dict.fromkeys(("breaks", "warns", "heals"), 0))
    )
    _slots: dict[str, dict[str, Any]] = field(default_factory=dict)
    _changed: list[Account] = field(default_factory=list)
    _in_trouble: list[Account] = field(default_factory=list)

    def add(self, account: Account, effect: Effect) -> None:
        """Count one variant."""
        self.variants += 1
        segment = self._segments[account.segment or ""]
        segment["variants"] += 1
        kinds = kinds_of(effect)
        if not kinds:
            self.untouched += 1
            return
        for kind in (*kinds, "any"):
            if kind != "any":
                self.counts[kind] += 1
                segment[kind] += 1
            if account.tenant is not None and account.revenue is not None:
                self._tenants[kind][account.tenant] = account.revenue
        self._count_findings(effect)
        if effect.changes_text:
            self._changed.append(account)
            if effect.breaks or effect.warns:
                self._in_trouble.append(account)

    def _count_findings(self, effect: Effect) -> None:
        for kind in ("breaks", "warns", "heals"):
            for rule in {finding["rule"] for finding in getattr(effect, kind)}:
                self._rules[rule][kind] += 1
        for slot in effect.redundant:
            row = self._slots.setdefault(slot["slot"], {**slot, "variants": 0})
            row["variants"] += 1

    def to_measure(self) -> list[Account]:
        """Tier 2: the largest accounts whose text changes, and those the dry run names."""
        largest: dict[int | None, Account] = {}
        for account in sorted(self._changed, key=_by_revenue):
            largest.setdefault(account.tenant, account)
        chosen = [*list(largest.values())[:TOP], *self._in_trouble]
        return list({account.variant: account for account in chosen}.values())

    def summary(self) -> dict[str, Any]:
        """Everything as plain JSON values."""
        return {
            "variants": self.variants,
            "untouched": self.untouched,
            "counts": self.counts,
            "tenants": {kind: len(found) for kind, found in self._tenants.items()},
            "revenue": {kind: float(sum(found.values())) for kind, found in self._tenants.items()},
            "segments": [{"segment": name, **row} for name, row in sorted(self._segments.items())],
            "rules": [{"rule": name, **row} for name, row in sorted(self._rules.items())],
            "slots": list(self._slots.values()),
        }


def _by_revenue(account: Account) -> tuple[Decimal, int]:
    return -(account.revenue or Decimal(0)), account.variant
