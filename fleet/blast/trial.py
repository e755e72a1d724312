"""One draft held against the fleet: for each live variant, what it would do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from django.db.models import Q

from fleet.blast.comparison import Comparison
from fleet.blast.effects import Composer, Effect, Ground, Place
from fleet.blast.models import BlastRadius
from fleet.blast.reach import BaseLines, LiveRow, Overlays, heads_of, live_rows, prompts_under
from registry.checks import policy_of
from registry.compose import Slot
from registry.guardrails import Policy as Rules
from registry.guardrails import load_policy
from registry.models import BaseVersion, Policy, PolicyVersion


class Trial(Protocol):
    """A draft, ready to be held against one variant after another."""

    rows: list[LiveRow]

    def fetch(self, rows: Iterable[LiveRow]) -> None:
        """Read what these rows need; called before `effect_on` of any of them."""

    def effect_on(self, row: LiveRow) -> Effect:
        """What the draft does to this variant."""


def trial_of(radius: BlastRadius) -> Trial:
    """The dry run's draft with everything read that does not grow with the fleet."""
    return BaseTrial(radius) if radius.base_id else PolicyTrial(radius)


class BaseTrial:
    """A draft of a base: new text, slots and variables; every other pin stays as it is."""

    def __init__(self, radius: BlastRadius) -> None:
        assert radius.base is not None
        self._line, prompt = radius.base_id, radius.base.prompt_id
        self._lines = BaseLines(prompt)
        self.rows = [
            row
            for row in live_rows([prompt])
            if (line := self._lines.line_for(row, with_head=self._line)) and line.pk == self._line
        ]
        self._rules = _rules_for(prompt)
        self._draft = _ground("draft", self._rules, radius.document)
        self._policies = _policy_texts(self.rows)
        self._comparisons: dict[int | None, Comparison] = {}
        self._composer, self._overlays = Composer(), Overlays()

    def fetch(self, rows: Iterable[LiveRow]) -> None:
        """Read the overlays of these rows."""
        self._overlays.fetch(rows)

    def effect_on(self, row: LiveRow) -> Effect:
        """What the draft does to this variant."""
        name, values = self._overlays.of(row)
        sha, problem = self._composer.fingerprint(
            (str(row.policy), self._policies[row.policy]), self._draft, (name, values)
        )
        comparison = self._comparison(row)
        judged = comparison.judge(name, values, Place(row.segment, row.locale, row.snapshot))
        return Effect(
            sha != row.sha256 and not problem, judged.breaks, judged.warns, judged.heals,
            comparison.redundant(values), problem,
        )  # fmt: skip

    def _comparison(self, row: LiveRow) -> Comparison:
        line = self._lines.line_for(row)
        head = line.head if line else None
        if head not in self._comparisons:
            self._comparisons[head] = Comparison(self._old(head), self._draft)
        return self._comparisons[head]

    def _old(self, head: int | None) -> Ground:
        """The base as it is now; before there is one, nothing was ever judged or said."""
        if head is None:
            return Ground("none", _NO_RULES)
        version = BaseVersion.objects.values("text", "slots", "variables").get(pk=head)
        return _ground(str(head), self._rules, version)


class PolicyTrial:
    """A draft of a policy: new text and rules over every prompt it applies to."""

    def __init__(self, radius: BlastRadius) -> None:
        assert radius.policy is not None
        self.rows = live_rows(prompts_under(radius.policy))
        self._text = radius.document["text"]
        self._new = load_policy(radius.document["rules"])
        self._line = radius.policy
        self._bases = _bases({row.base for row in self.rows})
        self._olds: dict[int, Rules] = {}
        self._grounds: dict[int, Ground] = {}
        self._comparisons: dict[Any, Comparison] = {}
        self._composer, self._overlays = Composer(), Overlays()

    def fetch(self, rows: Iterable[LiveRow]) -> None:
        """Read the overlays of these rows."""
        self._overlays.fetch(rows)

    def effect_on(self, row: LiveRow) -> Effect:
        """What the draft does to this variant."""
        name, values = self._overlays.of(row)
        ground = self._ground(row.base)
        sha, problem = self._composer.fingerprint(("draft", self._text), ground, (name, values))
        judged = self._comparison(row, ground).judge(
            name, values, Place(row.segment, row.locale, row.snapshot)
        )
        return Effect(
            sha != row.sha256 and not problem, judged.breaks, judged.warns, judged.heals, (),
            problem,
        )  # fmt: skip

    def _ground(self, base: int) -> Ground:
        """The new rules over what the variant's own base declares."""
        if base not in self._grounds:
            self._grounds[base] = _ground(str(base), self._new, self._bases[base])
        return self._grounds[base]

    def _comparison(self, row: LiveRow, new: Ground) -> Comparison:
        """Bases that declare the same are one: the rules see nothing else of a base."""
        what = row.prompt, new.variables, new.limits
        if what not in self._comparisons:
            old = _ground(new.key, self._old(row.prompt), self._bases[row.base])
            self._comparisons[what] = Comparison(old, new)
        return self._comparisons[what]

    def _old(self, prompt: int) -> Rules:
        if prompt not in self._olds:
            self._olds[prompt] = _rules_for(prompt)
        return self._olds[prompt]


_NO_RULES = Rules(name="", rules=())


def _rules_for(prompt: int) -> Rules:
    """The current rules of a prompt, as `registry.lines.policy_head` chooses them."""
    lines = list(Policy.objects.filter(Q(prompt=prompt) | Q(prompt__isnull=True)))
    heads = heads_of(PolicyVersion, "policy_id", Q(policy__in=lines))
    for line in sorted(lines, key=lambda line: line.prompt_id is None):
        if line.pk in heads:
            return policy_of(PolicyVersion(pk=heads[line.pk]))
    return _NO_RULES


def _ground(key: str, rules: Rules, base: Mapping[str, Any]) -> Ground:
    return Ground(
        key, rules, base["text"], tuple(Slot.from_json(row) for row in base["slots"]),
        tuple(row["name"] for row in base["variables"]),
    )  # fmt: skip


def _policy_texts(rows: Iterable[LiveRow]) -> dict[int, str]:
    pins = {row.policy for row in rows}
    return dict(PolicyVersion.objects.filter(pk__in=pins).values_list("pk", "text"))


def _bases(pins: set[int]) -> dict[int, Mapping[str, Any]]:
    found = BaseVersion.objects.filter(pk__in=pins).values("pk", "text", "slots", "variables")
    return {row["pk"]: row for row in found}
