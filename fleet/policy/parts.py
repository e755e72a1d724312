"""The parts of the edit page that are typed: each puts its fields into the draft's content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fleet.policy import documents
from fleet.policy.fields import (
    Bound,
    Field,
    Filled,
    Typed,
    filled,
    shown,
    typed_again,
)
from fleet.policy.json_text import as_json, from_json
from fleet.policy.kinds import FieldProblem
from fleet.policy.rule_types import RULE_TYPES
from registry.actions import PolicyContent
from registry.actions.policy_drafts import check_json
from registry.border import UnusableText
from registry.guardrails import PolicyError, load_policy

PARTS = {"rules": "Rules", "text": "Text", "lists": "Lists and limits", "changes": "Changes"}
"""Key -> label of the edit page's tabs."""

LONGEST_DOCUMENT = 1_000_000
"""Characters of a document as JSON: forty times the reference policy."""

Known = Mapping[str, Sequence[str]]


class RuleGone(Exception):
    """The rule that was being edited is no longer in the draft."""


@dataclass
class Part:
    """One part as it is shown, or as it was typed: `content` is the draft with it put in."""

    key: str
    content: PolicyContent
    fields: list[Bound] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)
    typed: str = ""
    rule: dict[str, Any] | None = None
    rule_was: str = ""

    def problem_at(self, name: str, message: str) -> None:
        """Remember a problem at a field, or above the form where the part has no such field."""
        names = {bound.field.name for bound in self.fields}
        key = name if name in names else ""
        self.problems[key] = message
        self.fields = [
            Bound(bound.field, bound.value, message) if bound.field.name == key else bound
            for bound in self.fields
        ]

    @property
    def problem(self) -> str:
        """The first problem that belongs to no field."""
        return self.problems.get("", "")


def text_part(content: PolicyContent, post: Typed | None = None) -> Part:
    """The policy's text for the model."""
    if post is None:
        return Part("text", content, typed=content.text)
    text = _one(post, "text")
    return Part("text", PolicyContent(text, content.rules), typed=text)


def lists_part(content: PolicyContent, post: Typed | None = None) -> Part:
    """The lists and limits that rules refer to."""
    fields = documents.list_fields(content.rules)
    if post is None:
        return Part("lists", content, shown(fields, content.rules))
    found = filled(fields, content.rules, post)
    return _checked(Part("lists", content), fields, found, content.text, found.document)


def rule_part(
    content: PolicyContent, rule_id: str, kind: str, known: Known, post: Typed | None = None
) -> Part:
    """One rule: the one of this id, or a new one of this type.

    RuleGone where there is no such rule or type; what was typed for a rule that somebody
    removed meanwhile begins a new one.
    """
    rule = documents.find_rule(content.rules, rule_id) if rule_id else None
    if rule is None:
        if (rule_id and post is None) or kind not in RULE_TYPES:
            raise RuleGone(rule_id)
        rule = documents.new_rule(kind, content.rules)
    fields = documents.rule_fields(rule, known)
    if post is None:
        return Part("rule", content, shown(fields, rule), rule=rule, rule_was=rule_id)
    found = filled(fields, rule, post)
    document = documents.with_rule(content.rules, found.document, rule_id)
    part = Part("rule", content, rule=found.document, rule_was=rule_id)
    return _checked(part, fields, found, content.text, document)


def document_part(content: PolicyContent, post: Typed | None = None) -> Part:
    """The whole document as JSON."""
    if post is None:
        return Part("document", content, typed=as_json(content.rules))
    part = Part("document", content, typed=_one(post, "document"))
    try:
        if len(part.typed) > LONGEST_DOCUMENT:
            raise FieldProblem(f"is longer than {LONGEST_DOCUMENT:,} characters.")
        rules = from_json(part.typed)
        check_json(rules)
        load_policy(rules)
        documents.check_values(rules)
        part.content = PolicyContent(content.text, rules)
    except FieldProblem as problem:
        part.problem_at("", f"The document {problem}")
    except (PolicyError, UnusableText) as problem:
        part.problem_at("", str(problem))
    return part


def typed_part(content: PolicyContent, post: Typed, known: Known) -> Part:
    """The part that a posted form is of; the draft unchanged where it is of none."""
    key = _one(post, "part")
    if key == "rule":
        return rule_part(content, _one(post, "rule"), _one(post, "type"), known, post)
    makers = {"text": text_part, "lists": lists_part, "document": document_part}
    return makers[key](content, post) if key in makers else Part(key, content)


def _checked(
    part: Part, fields: Sequence[Field], found: Filled, text: str, document: dict[str, Any]
) -> Part:
    """Show what was typed; where every field holds, let the loader judge the whole."""
    part.fields, part.problems = typed_again(fields, found), found.problems
    if part.problems:
        return part
    try:
        load_policy(document)
        part.content = PolicyContent(text, document)
    except PolicyError as error:
        part.problem_at(documents.blame(error)[1], str(error))
    return part


def _one(post: Typed, name: str) -> str:
    values = post.get(name) or [""]
    return values[-1].replace("\r\n", "\n").replace("\r", "\n")
