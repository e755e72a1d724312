"""One base or policy against another, over many overlays. Pure.

A fleet of 18,000 variants shares a few hundred overlays, so everything is worked out once
for each thing that can differ and then looked up. Rules that say the same before and after
are not asked again (`registry.guardrails` is what costs time).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fleet.blast.default_clash import DefaultClash
from fleet.blast.effects import Ground, Place
from registry.compose import Slot
from registry.guardrails import Finding, LintContext, Policy, Rule, lint
from registry.slots import findings as slot_findings

LOCALE_FREE = frozenset(
    {
        "reserved_markup", "declared_variables", "size_limit", "forbidden_phrase",
        "required_phrase", "regex", "semantic_similarity",
    }
)  # fmt: skip
"""Rule types that read a text alike in every locale; the others are asked locale by locale."""

WEIGHT = {"block": 3, "review": 2, "warn": 1}


@dataclass(frozen=True)
class Judged:
    """What the rules newly say, no longer say, and would say harder or softer."""

    breaks: tuple[dict[str, Any], ...] = ()
    warns: tuple[dict[str, Any], ...] = ()
    heals: tuple[dict[str, Any], ...] = ()


@dataclass
class Comparison:
    """One ground against another, over many overlays; remembers what it worked out."""

    old: Ground
    new: Ground
    _judged: dict[Any, Judged] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._before, self._after = changed_rules(self.old, self.new)
        asked = (*self._before.rules, *self._after.rules)
        self._rules = {rule.id: rule for rule in asked}
        self._by_segment = any(rule.scope.segment for rule in asked)
        self._by_model = any(rule.scope.model for rule in asked)
        self._by_locale = any(rule.scope.locale or rule.type not in LOCALE_FREE for rule in asked)
        self._defaults = newly_said(self.old.slots, self.new.slots)
        self._slots_before, self._slots_after = redeclared(self.old.slots, self.new.slots)
        self._asks = bool(asked or self._slots_before or self._slots_after)
        self._clash = DefaultClash(
            (self.old.base_text, self.old.slots), (self.new.base_text, self.new.slots)
        )

    def judge(self, key: str, values: Mapping[str, str], place: Place) -> Judged:
        """What changes in the findings on these values; `key` names the values, "" for none."""
        if not key:
            return _NOTHING
        clashes = self._clash.touches(key, values)
        if not (self._asks or clashes):
            return _NOTHING
        what = (
            key,
            place.segment if self._by_segment else None,
            place.locale if self._by_locale or clashes else None,
            place.model if self._by_model else None,
        )
        found = self._judged.get(what)
        if found is None:
            found = self._judged[what] = self._ask(values, place, clashes)
        return found

    def redundant(self, values: Mapping[str, str]) -> tuple[dict[str, Any], ...]:
        """Slots whose own text is what the new base says anyway, and the old one did not."""
        return tuple(
            {"slot": name, "label": slot.label or name, "now": slot.default}
            for name, slot in self._defaults.items()
            if values.get(name, "").strip() == slot.default.strip()
        )

    def _ask(self, values: Mapping[str, str], place: Place, clashes: bool) -> Judged:
        before = _lint(values, self._before, self.old, place)
        after = _lint(values, self._after, self.new, place)
        before += slot_findings(self._slots_before, values)
        after += slot_findings(self._slots_after, values)
        if clashes:
            before += self._clash.before(values, place.locale)
            after += self._clash.after(values, place.locale)
        return difference(before, after, self._rules)


_NOTHING = Judged()


def newly_said(old: Iterable[Slot], new: Iterable[Slot]) -> dict[str, Slot]:
    """Slots of the new base whose default is not empty and not the old one's."""
    said = {slot.name: slot.default for slot in old}
    return {
        slot.name: slot
        for slot in new
        if slot.default.strip() and said.get(slot.name) != slot.default
    }


def redeclared(
    old: Sequence[Slot], new: Sequence[Slot]
) -> tuple[tuple[Slot, ...], tuple[Slot, ...]]:
    """The slots that allow something else now than before, as they were and as they are.

    A slot that is gone allows nothing any more: that text does not compose, and says so.
    """
    before, after = ({slot.name: slot for slot in slots} for slots in (old, new))
    moved = [
        name for name, slot in after.items()
        if name not in before or _allows(slot) != _allows(before[name])
    ]  # fmt: skip
    known = tuple(before[name] for name in moved if name in before)
    return known, tuple(after[name] for name in moved)


def _allows(slot: Slot) -> Slot:
    """The slot without what only describes it or stands around its value."""
    return replace(slot, label="", help="", example="", before="", after="", templates=())


def changed_rules(old: Ground, new: Ground) -> tuple[Policy, Policy]:
    """Both policies, left with the rules that may say something else now than before."""
    differing = _differing_types(old, new)
    before = {rule.id: rule for rule in old.policy.rules}
    after = {rule.id: rule for rule in new.policy.rules}
    same = {
        name
        for name, rule in after.items()
        if name in before and _core(rule) == _core(before[name]) and rule.type not in differing
    }
    return _without(old.policy, same), _without(new.policy, same)


def _differing_types(old: Ground, new: Ground) -> set[str]:
    """Rule types that read a list or limit outside the rule which is no longer the same."""
    found = set()
    if {*old.policy.declared_variables, *old.variables} != {
        *new.policy.declared_variables, *new.variables,
    }:  # fmt: skip
        found.add("declared_variables")
    if set(old.policy.allowed_domains) != set(new.policy.allowed_domains):
        found.add("allowed_domains")
    if dict(old.policy.limits) != dict(new.policy.limits) or set(old.limits) != set(new.limits):
        found.add("size_limit")
    return found


def _core(rule: Rule) -> tuple[Any, ...]:
    """What decides where a rule finds something; its words do not."""
    return rule.type, rule.severity, rule.scope, dict(rule.params)


def _without(policy: Policy, same: set[str]) -> Policy:
    return replace(policy, rules=tuple(rule for rule in policy.rules if rule.id not in same))


def _lint(values: Mapping[str, str], policy: Policy, ground: Ground, place: Place) -> list[Finding]:
    if not policy.rules:
        return []
    context = LintContext(
        segment=place.segment, locale=place.locale, model=place.model,
        declared_variables=ground.variables, slot_limits=ground.limits,
    )  # fmt: skip
    return lint(values, policy, context)


def difference(
    before: Iterable[Finding], after: Iterable[Finding], rules: Mapping[str, Rule]
) -> Judged:
    """Findings by what becomes of them; one is known again by rule, slot and place.

    `rules` are those of either side, by id.
    """
    old = {_place(finding, rules): finding for finding in before}
    new = {_place(finding, rules): finding for finding in after}
    breaks: list[dict[str, Any]] = []
    warns: list[dict[str, Any]] = []
    for place, finding in new.items():
        known = old.get(place)
        if known is not None and WEIGHT[known.severity] >= WEIGHT[finding.severity]:
            continue
        (breaks if finding.severity == "block" else warns).append(finding.as_dict())
    heals = [
        finding.as_dict()
        for place, finding in old.items()
        if place not in new or WEIGHT[new[place].severity] < WEIGHT[finding.severity]
    ]
    return Judged(tuple(breaks), tuple(warns), tuple(heals))


def _place(finding: Finding, rules: Mapping[str, Rule]) -> tuple[Any, ...]:
    rule = rules.get(finding.rule)
    if rule is not None and rule.type == "size_limit":
        # Its span and its figures move with the limit: too long stays too long.
        return finding.rule, finding.slot, None, _FIGURES.sub("#", finding.message)
    own_words = finding.span is None and (rule is None or finding.message != rule.message)
    return finding.rule, finding.slot, finding.span, finding.message if own_words else ""


_FIGURES = re.compile(r"\d[\d,.]*")
