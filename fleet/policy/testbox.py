"""The test box: what each rule of a draft says about one text, and why another does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fleet.policy.marks import LONGEST_SHOWN, Piece, pieces
from fleet.policy.words import RuleWords
from registry.actions import PolicyContent
from registry.guardrails import (
    Decision,
    Finding,
    LintContext,
    Rule,
    Scope,
    decision,
    lint,
    load_policy,
)
from registry.guardrails.semantics import suspicion

State = Literal["says", "silent", "away", "off"]


@dataclass(frozen=True)
class Place:
    """Where the text is to be thought of; "" leaves it open."""

    segment: str = ""
    locale: str = ""
    model: str = ""
    slot: str = ""

    @property
    def context(self) -> LintContext:
        """For the guardrails."""
        return LintContext(
            segment=self.segment or None, locale=self.locale or None, model=self.model or None,
            slot=self.slot or None, suspicion=suspicion(),
        )  # fmt: skip


@dataclass(frozen=True)
class Said:
    """What one rule says: findings, nothing, or why it was not asked."""

    words: RuleWords
    state: State
    findings: tuple[Finding, ...] = ()
    why: str = ""


@dataclass(frozen=True)
class Outcome:
    """A text under a whole policy."""

    text: str
    decision: Decision
    rules: tuple[Said, ...]
    pieces: tuple[Piece, ...] = ()

    @property
    def cut(self) -> int:
        """Characters of the text that are too many to be shown again."""
        return max(0, len(self.text) - LONGEST_SHOWN)

    def of(self, rule_id: str) -> Said | None:
        """What the rule of this id says."""
        return next((said for said in self.rules if said.words.id == rule_id), None)

    @property
    def speaking(self) -> list[Said]:
        """Rules that found something."""
        return [said for said in self.rules if said.state == "says"]

    @property
    def silent(self) -> list[Said]:
        """Rules that were asked and found nothing."""
        return [said for said in self.rules if said.state == "silent"]

    @property
    def away(self) -> list[Said]:
        """Rules that do not apply here, or cannot run."""
        return [said for said in self.rules if said.state in ("away", "off")]


def hold_against(content: PolicyContent, text: str, place: Place) -> Outcome:
    """Hold the text against every rule. The rules have to load."""
    policy = load_policy(content.rules)
    context = place.context
    findings = lint({place.slot: text} if place.slot else text, policy, context)
    said = tuple(
        _said(RuleWords(raw, number), rule, findings, context)
        for number, (raw, rule) in enumerate(
            zip(content.rules["rules"], policy.rules, strict=True), 1
        )
    )
    return Outcome(text, decision(findings), said, tuple(pieces(text[:LONGEST_SHOWN], findings)))


def _said(words: RuleWords, rule: Rule, findings: Sequence[Finding], context: LintContext) -> Said:
    mine = tuple(finding for finding in findings if finding.rule == rule.id)
    if mine:
        return Said(words, "says", mine)
    why = why_not(rule.scope, context)
    if why:
        return Said(words, "away", why=why)
    if rule.type == "semantic_similarity" and context.suspicion is None:
        return Said(words, "off", why="Its optional package is not installed, so it is off.")
    return Said(words, "silent")


def why_not(scope: Scope, context: LintContext) -> str:
    """Why a rule of this scope does not apply there; "" where it does."""
    for key, wanted, given in (
        ("segment", scope.segment, context.segment), ("locale", scope.locale, context.locale),
        ("model", scope.model, context.model), ("slot", scope.slot, context.slot),
    ):  # fmt: skip
        if wanted and not Scope(**{key: wanted}).covers(context):
            return (
                f"Does not apply here: only for {key} {' or '.join(wanted)}, and this is {given}."
            )
    return ""
