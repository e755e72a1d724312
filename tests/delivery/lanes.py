"""Variants in further lanes and locales, routers in force, and canaries, for tests of the fetch."""

from __future__ import annotations

from typing import Any

from django.test import Client

from fleet.delivery.keys import create_api_key
from fleet.release.actions import adopt
from fleet.release.models import Release, ReleaseKind, Stage
from fleet.release.serve import serve
from fleet.review.models import Decision
from fleet.router.models import RouterApproval, RouterRelease, RouterVersion
from registry.actions import freeze, freeze_overlay, overlay_for
from registry.models import Adoption, Prompt, Tenant, Variant
from tests.builders import Fleet

URL = "/api/v1/prompts/support-triage"


def caller(client: Client, *scopes: str, tenant: Tenant | None = None) -> Any:
    """GET with a key that holds these scopes, `prompts:read` where none is named."""
    _, secret = create_api_key(name="t", scopes=scopes or ["prompts:read"], tenant=tenant)
    return lambda url=URL, **headers: client.get(
        url, headers={"Authorization": f"Bearer {secret.bearer}", **headers}
    )


def make_live(
    fleet: Fleet, tenant: str, *, locale: str = "en", lane: str = "primary", tone: str = ""
) -> Variant:
    """A live variant with its own words; `tenant` empty is the platform default."""
    whose = Tenant.objects.get(slug=tenant) if tenant else None
    variant = Variant.objects.create(prompt=fleet.prompt, tenant=whose, locale=locale, lane=lane)
    overlay = None
    if whose is not None:
        words = {"tone": tone or f"Say it in {locale} on {lane}."}
        overlay = freeze_overlay(overlay_for(variant), words, by=fleet.engineer, note="x")
    revision = freeze(variant, by=fleet.engineer, note="x", target=fleet.old, overlay=overlay)
    adopt(revision, by=fleet.engineer, reason="It served before.")
    return variant


def route(
    fleet: Fleet,
    rules: list[dict[str, Any]],
    fallbacks: dict[str, list[str]],
    prompt: Prompt | None = None,
) -> None:
    """Put rules in force, past their review."""
    number = RouterVersion.objects.filter(prompt=prompt).count() + 1
    version = RouterVersion.objects.create(
        prompt=prompt, number=number, rules=rules, fallbacks=fallbacks, sha256="0" * 64, note="x",
        author=fleet.engineer,
    )  # fmt: skip
    RouterApproval.objects.create(
        version=version, decision=Decision.APPROVE, sha256="0" * 64, by=fleet.operator
    )
    RouterRelease.objects.create(prompt=prompt, version=version, released_by=fleet.operator)


def start(
    fleet: Fleet, variant: Variant, stage: Stage, share: float = 1.0, tone: str = "Be new."
) -> Release:
    """A second text on that stage, past its review."""
    overlay = freeze_overlay(overlay_for(variant), {"tone": tone}, by=fleet.engineer, note="x")
    revision = freeze(variant, by=fleet.engineer, note="x", target=fleet.old, overlay=overlay)
    Adoption.objects.create(revision=revision, reason="Test", by=fleet.engineer)
    release = Release.objects.create(
        variant=variant, revision=revision, stage=stage, kind=ReleaseKind.PROMOTED, share=share,
        released_by=fleet.operator,
    )  # fmt: skip
    serve(variant)
    return release
