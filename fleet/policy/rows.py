"""Rows of the policy pages, and what the forms' choices are filled from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Count, OuterRef, Prefetch, Q, Subquery

from fleet.policy.changes import Changes
from fleet.policy.words import RuleWords, list_words, rules_in_words
from fleet.release.models import Release, Stage
from registry.actions import PolicyContent
from registry.models import (
    Policy,
    PolicyDraft,
    PolicyVersion,
    Revision,
    User,
    Variant,
)

VERSIONS_SHOWN = 50
"""Versions listed beside one; older ones are reached step by step."""


@dataclass(frozen=True)
class Line:
    """One line of policies in the list."""

    policy: Policy
    head: PolicyVersion | None
    draft: PolicyDraft | None
    live: int

    @property
    def scope(self) -> str:
        """What it holds for."""
        return f"Prompt {self.policy.prompt.slug}" if self.policy.prompt else "Every prompt"

    @property
    def rules(self) -> int:
        """How many rules the current version has."""
        return len(self.head.rules.get("rules", [])) if self.head else 0


def lines_for(user: User, q: str = "") -> list[Line]:
    """Every line, the global one first, with its current version, draft and live variants."""
    newest = PolicyVersion.objects.filter(policy=OuterRef("pk"), revocation__isnull=True)
    drafts = PolicyDraft.objects.select_related("saved_by").defer("text", "rules")
    found = (
        Policy.objects.select_related("prompt")
        .annotate(head_pk=Subquery(newest.order_by("-number").values("pk")[:1]))
        .prefetch_related(Prefetch("draft", drafts))
        .order_by("prompt__slug")
    )
    if q:
        found = found.filter(Q(name__icontains=q) | Q(prompt__slug__icontains=q))
    policies = sorted(found, key=lambda policy: policy.prompt_id is not None)
    heads = PolicyVersion.objects.select_related("author").in_bulk(
        [policy.head_pk for policy in policies if policy.head_pk]
    )
    live = live_counts(user)
    return [
        Line(
            policy, heads.get(policy.head_pk), getattr(policy, "draft", None),
            live.get(policy.head_pk, 0),
        )
        for policy in policies
    ]  # fmt: skip


def live_counts(user: User) -> dict[int, int]:
    """Policy version -> variants that are live on it, within the person's reach."""
    live = Release.objects.filter(
        stage=Stage.LIVE, variant__in=Variant.objects.visible_to(user)
    ).values_list("revision__policy_version")
    return dict(live.annotate(count=Count("pk")).order_by())


@dataclass(frozen=True)
class VersionPage:
    """One frozen version, and the one before it."""

    version: PolicyVersion
    user: User

    @cached_property
    def rules(self) -> list[RuleWords]:
        """Every rule in words."""
        return rules_in_words(self.version.rules)

    @cached_property
    def before(self) -> PolicyVersion | None:
        """The version before, revoked or not."""
        return self._beside().filter(number__lt=self.version.number).order_by("-number").first()

    @cached_property
    def after(self) -> PolicyVersion | None:
        """The version after."""
        return self._beside().filter(number__gt=self.version.number).order_by("number").first()

    def _beside(self) -> Any:
        return PolicyVersion.objects.filter(policy=self.version.policy_id)

    @cached_property
    def is_current(self) -> bool:
        """Whether new text is checked under this version."""
        newer = self._beside().filter(number__gt=self.version.number, revocation__isnull=True)
        return not hasattr(self.version, "revocation") and not newer.exists()

    @cached_property
    def changes(self) -> Changes | None:
        """What it changed; None for the first."""
        if self.before is None:
            return None
        return Changes(content_of(self.before), content_of(self.version))

    @cached_property
    def versions(self) -> list[PolicyVersion]:
        """The newest of the line."""
        found = self._beside().select_related("author", "revocation").defer("text", "rules")
        return list(found.order_by("-number")[:VERSIONS_SHOWN])

    @cached_property
    def pinned(self) -> int:
        """Revisions that pin it, within the person's reach."""
        visible = Variant.objects.visible_to(self.user)
        return Revision.objects.filter(policy_version=self.version, variant__in=visible).count()

    @cached_property
    def live(self) -> int:
        """Variants that are live on it, within the person's reach."""
        return self._live.get(self.version.pk, 0)

    @cached_property
    def live_elsewhere(self) -> int:
        """Variants that are live on another version of this line, within the person's reach."""
        others = self._beside().exclude(pk=self.version.pk).values_list("pk", flat=True)
        return sum(self._live.get(pk, 0) for pk in others)

    @cached_property
    def _live(self) -> dict[int, int]:
        return live_counts(self.user)

    @cached_property
    def lists(self) -> list[tuple[str, str]]:
        """(label, value) of the lists and limits, and of what else the document says."""
        return list_words(self.version.rules)


def content_of(version: PolicyVersion) -> PolicyContent:
    """What a frozen version says."""
    return PolicyContent(version.text, version.rules)
