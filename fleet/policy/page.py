"""The edit page of a policy: one part of its draft, what differs, and what was tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fleet.blast.actions import content_hash
from fleet.blast.models import BlastRadius, BlastStage
from fleet.policy.actions import document_of
from fleet.policy.changes import Changes
from fleet.policy.choices import known_scopes, removed_rules
from fleet.policy.conflict import Conflict
from fleet.policy.fields import Bound
from fleet.policy.parts import (
    PARTS,
    Part,
    document_part,
    lists_part,
    rule_part,
    text_part,
    typed_part,
)
from fleet.policy.rows import content_of
from fleet.policy.rule_types import RULE_TYPES, RuleType
from fleet.policy.words import RuleWords, rules_in_words
from registry.actions import OpenedPolicy, PolicyContent, open_policy
from registry.models import Policy

TEXT_FIELDS = ("segment", "locale", "model", "slot")


@dataclass
class EditPage:
    """One state of the edit page or of a rule's page."""

    policy: Policy
    opened: OpenedPolicy
    tab: str
    part: Part
    edition: int
    known: dict[str, list[str]]
    document: Part
    conflict: Conflict | None = None
    problem: str = ""
    why: str = ""
    publishing: bool = False
    publish_problem: str = ""
    untried: bool = False

    @property
    def tabs(self) -> list[tuple[str, str]]:
        """(key, label) of the tabs."""
        return list(PARTS.items())

    @property
    def content(self) -> PolicyContent:
        """The draft as it is saved."""
        return self.opened.content

    @cached_property
    def rules(self) -> list[RuleWords]:
        """Every rule of the draft, marked where it differs from the current version."""
        head = self.opened.head
        return rules_in_words(self.content.rules, head.rules if head else None)

    @cached_property
    def removed(self) -> list[RuleWords]:
        """Rules that were taken out of the draft and can be put back."""
        gone = removed_rules(self.policy, self.opened.head, self.content.rules)
        return [RuleWords(rule, number) for number, rule in enumerate(gone, 1)]

    @cached_property
    def changes(self) -> Changes:
        """The draft against the current version."""
        head = self.opened.head
        old = content_of(head) if head else PolicyContent("", {"rules": []})
        return Changes(old, self.content)

    @property
    def can_publish(self) -> bool:
        """Whether there is a draft that says something new."""
        return self.opened.draft is not None and self.opened.changed

    @cached_property
    def next_number(self) -> int:
        """What the draft would be published as."""
        newest = self.policy.versions.order_by("-number").values_list("number", flat=True).first()
        return (newest or 0) + 1

    @cached_property
    def dry_run(self) -> BlastRadius | None:
        """The newest dry run of this line, of this content or of an earlier one."""
        runs = BlastRadius.objects.filter(policy=self.policy).defer("document")
        return (
            runs.filter(sha256=self._sha, stage=BlastStage.DONE).first()
            or runs.filter(sha256=self._sha).first()
            or runs.first()
        )  # fmt: skip

    @cached_property
    def _sha(self) -> str:
        return content_hash(document_of(self.content))

    @property
    def is_tried(self) -> bool:
        """Whether a dry run of exactly this draft has finished."""
        return self.dry_run_is_of_this and self.dry_run.stage == BlastStage.DONE  # type: ignore[union-attr]

    @property
    def dry_run_is_of_this(self) -> bool:
        """Whether the newest dry run is of exactly this draft."""
        return self.dry_run is not None and self.dry_run.sha256 == self._sha

    @property
    def newly_blocked(self) -> int:
        """Live variants whose overlay the dry run found newly blocked."""
        counts = self.dry_run.summary.get("counts", {}) if self.dry_run else {}
        return int(counts.get("breaks", 0))

    @property
    def place_fields(self) -> list[tuple[str, str, Sequence[str]]]:
        """(name, label, choices) of where a tested text is to be thought of."""
        return [(key, key.capitalize(), self.known[key]) for key in TEXT_FIELDS]

    @property
    def rule_type(self) -> RuleType | None:
        """The type of the rule that is being edited."""
        return RULE_TYPES.get(self.part.rule["type"]) if self.part.rule else None

    @property
    def tests_what_is_typed(self) -> bool:
        """Whether the test box tries the form beside it, not only what is saved."""
        return self.part.key in ("rule", "lists")

    @property
    def rule_fields(self) -> list[Bound]:
        """The rule's own fields."""
        return [bound for bound in self.part.fields if bound.field.path[0] != "scope"]

    @property
    def scope_fields(self) -> list[Bound]:
        """The fields that say where the rule holds."""
        return [bound for bound in self.part.fields if bound.field.path[0] == "scope"]

    @property
    def kept(self) -> list[tuple[str, Any]]:
        """What the rule's document says besides its fields: kept as it is."""
        rule = self.part.rule or {}
        named = {(*b.field.path[:-1], key) for b in self.part.fields for key in
                 (b.field.path[-1], *b.field.aliases)}  # fmt: skip
        beside = [(key, value) for key, value in rule.items()
                  if key not in ("scope", "params", "type") and (key,) not in named]  # fmt: skip
        params = (rule.get("params") or {}).items()
        return beside + [(key, value) for key, value in params if ("params", key) not in named]


def edit_page(policy: Policy, tab: str = "") -> EditPage:
    """The page as it opens: everything as it is saved."""
    opened = open_policy(policy)
    tab = tab if tab in PARTS else "rules"
    makers = {"text": text_part, "lists": lists_part}
    content = opened.content
    part = makers[tab](content) if tab in makers else Part(tab, content)
    return EditPage(
        policy, opened, tab, part, opened.edition, known_scopes(content.rules),
        document_part(content),
    )  # fmt: skip


def rule_page(policy: Policy, rule_id: str, kind: str) -> EditPage:
    """The page of one rule as it is saved, or of a new one of this type. RuleGone."""
    page = edit_page(policy)
    page.part = rule_part(page.content, rule_id, kind, page.known)
    return page


def typed_page(policy: Policy, post: Mapping[str, Sequence[str]], edition: int) -> EditPage:
    """The page with what was typed, on top of the draft as it is saved now. RuleGone."""
    page = edit_page(policy)
    page.edition = edition
    page.part = typed_part(page.content, post, page.known)
    if page.part.key == "document":
        page.document = page.part
    elif page.part.key in PARTS:
        page.tab = page.part.key
    return page
