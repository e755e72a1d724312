"""Lint what a program sends: a free text, or the slots of one tenant's overlay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fleet.delivery.models import ApiKey
from fleet.delivery.problems import Problem
from fleet.review.actions import live_revision
from registry import border, checks, lines
from registry.guardrails import Finding, LintContext, decision, lint
from registry.guardrails.semantics import suspicion
from registry.models import ModelTarget, Prompt, Tenant, Variant

MOST_SLOTS = 200
"""Slots of one request. The form of a base holds 60; a finding for each of 100,000 unknown
names would take 14 s and 20 MB."""


@dataclass(frozen=True)
class Asked:
    """The body of `POST /api/v1/lint`, as it came."""

    text: Any = None
    slots: Any = None
    prompt: str | None = None
    tenant: str | None = None
    locale: str | None = None
    segment: str | None = None


def lint_request(asked: Asked, key: ApiKey) -> dict[str, Any]:
    """Decision and findings; a Problem says what the body lacks or what is unknown."""
    tenant = _tenant(asked.tenant, key)
    prompt = _prompt(asked.prompt)
    try:
        if asked.slots is not None:
            found = _lint_slots(_texts(asked), prompt, tenant, asked.locale)
        else:
            found = _lint_text(_text(asked), prompt, tenant, asked)
    except lines.MissingLayer as missing:
        raise Problem(HTTPStatus.NOT_FOUND, str(missing)) from None
    return {"decision": decision(found), "findings": [finding.as_dict() for finding in found]}


def _lint_text(
    text: str, prompt: Prompt | None, tenant: Tenant | None, asked: Asked
) -> list[Finding]:
    context = LintContext(
        segment=tenant.segment if tenant else asked.segment,
        locale=asked.locale or (tenant.locale if tenant else None),
        suspicion=suspicion(),
    )
    policy = lines.policy_head(prompt) if prompt else lines.global_policy_head()
    return lint(text, checks.policy_of(policy), context)


def _lint_slots(
    slots: Mapping[str, str], prompt: Prompt | None, tenant: Tenant | None, locale: str | None
) -> list[Finding]:
    if prompt is None:
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "Name the prompt whose slots these are.")
    variant, target = _variant(prompt, tenant, locale)
    base = lines.base_head(variant, target)
    known = {slot.name for slot in base.slot_list}
    unknown = [_unknown_slot(name, known) for name in slots if name not in known]
    values = {name: text for name, text in slots.items() if name in known}
    return [*unknown, *checks.lint_values(variant, values, base=base, target=target)]


def _variant(
    prompt: Prompt, tenant: Tenant | None, locale: str | None
) -> tuple[Variant, ModelTarget]:
    """The variant the overlay is for, or would be for, and the model it runs on."""
    kept = Variant.objects.filter(prompt=prompt).select_related("tenant", "prompt")
    own = list(kept.filter(tenant=tenant))
    default = kept.filter(tenant=None).first()
    variant = next((v for v in own if v.locale == locale), own[0] if own else None)
    home = locale or (tenant.locale if tenant else "en")
    for running in (variant, default):
        live = live_revision(running) if running else None
        if live is not None:
            return variant or Variant(prompt=prompt, tenant=tenant, locale=home), live.model_target
    raise Problem(HTTPStatus.NOT_FOUND, f"Nothing is live for {prompt.slug} yet.")


def _unknown_slot(name: str, known: set[str]) -> Finding:
    return Finding(
        rule="unknown_slot", severity="block", span=None, quote="", slot=name,
        message=f"The base prompt has no slot called {name}.",
        hint=f"Its slots are {', '.join(sorted(known))}.",
    )  # fmt: skip


def _text(asked: Asked) -> str:
    if not isinstance(asked.text, str):
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, "Send “text” (a text), or “prompt” with “slots”."
        )
    return asked.text


def _texts(asked: Asked) -> dict[str, str]:
    if not isinstance(asked.slots, dict):
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "“slots” must be an object of texts.")
    if len(asked.slots) > MOST_SLOTS:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"At most {MOST_SLOTS} slots are checked at once."
        )
    wrong = sorted(name for name, text in asked.slots.items() if not isinstance(text, str))
    if wrong:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"Slot “{wrong[0]}” must hold a text.", slots=wrong
        )
    return asked.slots


def _tenant(slug: str | None, key: ApiKey) -> Tenant | None:
    if key.tenant is not None:
        if slug not in (None, key.tenant.slug):
            raise Problem(
                HTTPStatus.FORBIDDEN, f"This API key lints only for tenant={key.tenant.slug}."
            )
        return key.tenant
    if not slug:
        return None
    tenant = Tenant.objects.filter(slug=_storable(slug)).first()
    if tenant is None:
        raise Problem(HTTPStatus.NOT_FOUND, f"There is no tenant called {slug!r}.")
    return tenant


def _prompt(slug: str | None) -> Prompt | None:
    if not slug:
        return None
    prompt = Prompt.objects.filter(slug=_storable(slug)).first()
    if prompt is None:
        raise Problem(HTTPStatus.NOT_FOUND, f"There is no prompt called {slug!r}.")
    return prompt


def _storable(slug: str) -> str:
    """A name PostgreSQL can be asked for; one that no text column can hold matches nothing."""
    try:
        border.check(slug)
    except border.UnusableText:
        return ""
    return slug
