"""A policy owner's browser, the global policy, and documents to write into it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from registry.actions import PolicyContent, open_policy, save_policy_draft
from registry.models import Policy, PolicyDraft, User
from tests.builders import Fleet

ALL_TYPES: list[dict[str, Any]] = [
    {"id": "a", "type": "override_attempt", "severity": "block", "layer": 1},
    {"id": "b", "type": "must_not_contradict", "severity": "review", "params": {"topic": "legal"}},
    {"id": "crisis", "type": "must_not_contradict", "severity": "block", "params": {}},
    {"id": "c", "type": "unicode_hygiene", "severity": "warn", "message": "  Blanks around  "},
    {"id": "d", "type": "encoded_text", "severity": "block", "message": "Two\r\nlines\n"},
    {"id": "e", "type": "reserved_markup", "severity": "block", "message": "\nFirst line empty"},
    {
        "id": "f", "type": "declared_variables", "severity": "block",
        "params": {"variables": ["odd name", "b"]},
    },
    {
        "id": "g", "type": "size_limit", "severity": "warn",
        "params": {"overlay_chars": 10, "max_tokens": 0, "own": {"kept": [1, 2.5, None]}},
    },
    {"id": "h", "type": "secret_pattern", "severity": "block", "fix_hint": "<b>&amp;</b>"},
    {
        "id": "i", "type": "allowed_domains", "severity": "block",
        "params": {"allowed_domains": ["*.a.example", "https://not a name"]},
    },
    {"id": "j", "type": "forbidden_phrase", "severity": "block", "params": {"phrases": "only one"}},
    {
        "id": "k", "type": "required_phrase", "severity": "review",
        "params": {"phrases": ["b", "a", "a", " spaced "]},
    },
    {
        "id": "l/ö ?&", "type": "regex", "severity": "block",
        "params": {"pattern": " a\\d+ \n", "ignore_case": False, "flags": None},
    },
    {
        "id": "m", "type": "semantic_similarity", "severity": "review",
        "params": {"threshold": 0.40, "model": "embedding or judge"},
    },
    {
        "id": "n", "type": "regex", "severity": "warn", "params": {"pattern": "x"},
        "scope": {"segment": "health", "locale": ["de", "zz", "de"], "slot": [], "model": None},
    },
]  # fmt: skip
"""A rule of every type, with what people write by hand: aliases, other keys, odd texts."""

DOCUMENT: dict[str, Any] = {
    "name": "Everything", "version": 7, "note": "Kept as it is.", "declared_variables": ["a b"],
    "allowed_domains": "one.example", "limits": {"overlay_chars": 1600, "of_our_own": 3},
    "slots": ["tone"], "rules": ALL_TYPES,
}  # fmt: skip


@pytest.fixture
def policy(fleet: Fleet) -> Policy:
    """The global line."""
    return Policy.objects.get(prompt=None)


@pytest.fixture
def owner(client: Client, fleet: Fleet) -> Client:
    """A browser signed in as the policy owner."""
    client.force_login(fleet.policy_owner)
    return client


def write(policy: Policy, by: User, *, text: str | None = None, **entries: Any) -> PolicyDraft:
    """Save a draft that differs from what is open by these entries of its document."""
    opened = open_policy(policy)
    content = PolicyContent(
        opened.content.text if text is None else text, {**opened.content.rules, **entries}
    )
    return save_policy_draft(policy, content, edition=opened.edition, by=by)
