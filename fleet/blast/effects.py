"""What an effect is made of: what an overlay is held against, where, and what comes of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from registry.compose import ComposeError, Slot, compose
from registry.guardrails import Policy


@dataclass(frozen=True, eq=False)
class Ground:
    """What an overlay is held against: the rules, and what the base declares.

    `key` names it: two grounds of one key are the same.
    """

    key: str
    policy: Policy
    base_text: str = ""
    slots: tuple[Slot, ...] = ()
    variables: tuple[str, ...] = ()

    @property
    def limits(self) -> tuple[tuple[str, int], ...]:
        """The most characters a slot may hold, for the slots that say so."""
        return tuple((slot.name, slot.max_chars) for slot in self.slots if slot.max_chars)


@dataclass(frozen=True)
class Place:
    """Where a variant runs, as far as a rule's scope can tell places apart."""

    segment: str | None
    locale: str
    model: str


@dataclass(frozen=True)
class Effect:
    """What happens to one variant. Findings are plain JSON values."""

    changes_text: bool = False
    breaks: tuple[dict[str, Any], ...] = ()
    warns: tuple[dict[str, Any], ...] = ()
    heals: tuple[dict[str, Any], ...] = ()
    redundant: tuple[dict[str, Any], ...] = ()
    problem: str = ""

    def __bool__(self) -> bool:
        """Whether anything happens at all."""
        return bool(
            self.changes_text or self.breaks or self.warns or self.heals or self.redundant
            or self.problem
        )  # fmt: skip


class Composer:
    """Composes each pair of layers once; tells whether a text changes by its fingerprint."""

    def __init__(self) -> None:
        self._made: dict[Any, tuple[str, str]] = {}

    def fingerprint(
        self, policy: tuple[str, str], ground: Ground, overlay: tuple[str, Mapping[str, str]]
    ) -> tuple[str, str]:
        """(sha256 of the composed text, "") or ("", why it does not compose).

        `policy` and `overlay` are (name of it, what it holds).
        """
        key = policy[0], ground.key, overlay[0]
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = self._compose(policy[1], ground, overlay[1])
        return found

    @staticmethod
    def _compose(policy: str, ground: Ground, values: Mapping[str, str]) -> tuple[str, str]:
        try:
            return compose(policy, ground.base_text, ground.slots, values).sha256, ""
        except ComposeError as why:
            return "", str(why)
