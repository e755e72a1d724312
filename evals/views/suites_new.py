"""The form that begins a suite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Q

from evals.models import SuiteScope
from evals.suites import UnusableSuite, require_writing
from registry.models import Policy, Prompt, PromptKind, Tenant, User
from registry.roles import NotAllowed

MOST_OFFERED = 200
"""Tenants in the list of suggestions; others are found by typing their name."""

EXPLAINED = {
    SuiteScope.SLICE: ("One customer", "Asked of this customer's variants, beside the core."),
    SuiteScope.CORE: ("Every variant of a prompt", "The core: what must hold for everybody."),
    SuiteScope.SAFETY: ("Every variant under a policy", "Safety: what nobody may get out of it."),
    SuiteScope.LABELS: ("A judge", "People's labels that a judge has to agree with."),
}
"""What each scope is for, in the order of the choice."""


@dataclass(frozen=True)
class NewSuite:
    """What was chosen so far."""

    user: User
    asked: Mapping[str, str]

    @cached_property
    def scopes(self) -> list[tuple[str, str, str]]:
        """(scope, label, help) of those the person may write."""
        return [(str(scope), *told) for scope, told in EXPLAINED.items() if self._may(scope)]

    @property
    def scope(self) -> str:
        """The scope that is chosen; the first that is possible where none is."""
        known = [scope for scope, _, _ in self.scopes]
        asked = self.asked.get("scope", "")
        return asked if asked in known else next(iter(known), "")

    @cached_property
    def prompts(self) -> list[Prompt]:
        """The prompts to choose from."""
        return list(Prompt.objects.order_by("-kind", "slug")[:MOST_OFFERED])

    @cached_property
    def policies(self) -> list[Policy]:
        """The policies to choose from, the global one first."""
        found = Policy.objects.select_related("prompt")[:MOST_OFFERED]
        return sorted(found, key=lambda policy: policy.prompt_id is not None)

    @cached_property
    def tenants(self) -> list[Tenant]:
        """Tenants to suggest: the person's own, or the first by name."""
        return list(self._tenants().order_by("name")[:MOST_OFFERED])

    @property
    def has_judge(self) -> bool:
        """Whether there is a judge that labels could belong to."""
        return any(prompt.kind == PromptKind.JUDGE for prompt in self.prompts)

    def wanted(self) -> dict[str, Any]:
        """What `find_suite` takes. Raises UnusableSuite for what there is not."""
        scope = self.asked.get("scope", "")
        wanted: dict[str, Any] = {"scope": scope, "name": self.asked.get("name", "")}
        if scope == SuiteScope.SAFETY:
            return wanted | {"policy": self._policy()}
        wanted["prompt"] = self._prompt()
        return wanted | ({"tenant": self._tenant()} if scope == SuiteScope.SLICE else {})

    def _prompt(self) -> Prompt:
        found = Prompt.objects.filter(slug=self._text("prompt")).first()
        if found is None:
            raise UnusableSuite("Choose the prompt whose answers are measured.")
        return found

    def _policy(self) -> Policy:
        pk = self._text("policy")
        found = Policy.objects.filter(pk=int(pk)).first() if _is_key(pk) else None
        if found is None:
            raise UnusableSuite("Choose the policy that this set checks.")
        return found

    def _tenant(self) -> Tenant:
        asked = self._text("tenant")
        named = self._tenants().filter(Q(slug=asked) | Q(name__iexact=asked))
        found = list(named[:2])
        if not asked or len(found) != 1:
            raise UnusableSuite(
                "Say which customer: their name, or their short name where several are called so."
            )
        return found[0]

    def _tenants(self) -> Any:
        if self.user.sees_own_tenants_only:
            return Tenant.objects.filter(pk__in=self.user.own_tenant_ids)
        return Tenant.objects.all()

    def _text(self, name: str) -> str:
        return self.asked.get(name, "").replace("\x00", "").strip()[:200]

    def _may(self, scope: SuiteScope) -> bool:
        if scope == SuiteScope.LABELS and not self.has_judge:
            return False
        if scope == SuiteScope.SLICE and self.user.sees_own_tenants_only:
            return self.user.has_perm("registry.run_evals")
        try:
            require_writing(self.user, scope)
        except NotAllowed:
            return scope == SuiteScope.SLICE and self.user.has_perm("registry.run_evals")
        return True


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19
