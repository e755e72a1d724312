"""Write the one row a variant is served from."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from fleet.release.models import Release, Served
from registry.models import Revision, Variant

TTL_SECONDS = 30
"""How long an SDK may answer from memory: a rollback must reach every caller in a minute."""


def answer(release: Release) -> dict[str, Any]:
    """The JSON answer of `GET /api/v1/prompts/{slug}` for a live release (contract.md)."""
    revision: Revision = release.revision
    variant = release.variant
    overlay = revision.overlay_version
    return {
        "prompt": variant.prompt.slug,
        "tenant": variant.tenant.slug if variant.tenant else None,
        "locale": variant.locale,
        "lane": variant.lane,
        "prompt_id": str(revision.pk),
        "revision": revision.number,
        "version": revision.base_version.semver,
        "release_id": str(release.pk),
        "stage": release.stage,
        "model": {
            "provider": revision.model_target.provider,
            "snapshot": revision.model_target.snapshot,
        },
        "text": revision.text,
        "sha256": revision.sha256,
        "variables": [
            {name: variable[name] for name in ("name", "required", "pii", "description")}
            for variable in revision.base_version.variables
        ],
        "layers": {
            "policy": revision.policy_version.number,
            "base": revision.base_version.semver,
            "overlay": overlay.number if overlay else None,
        },
        "arms": [{"release_id": str(release.pk), "share": 1.0}],
        "shadow": None,
        "fallbacks": [],
        "ttl": TTL_SECONDS,
    }


def encode(document: dict[str, Any]) -> str:
    """The JSON text of an answer, stable byte for byte."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def etag_of(body: str) -> str:
    """A strong entity tag over the whole answer, without its quotes."""
    return hashlib.sha256(body.encode()).hexdigest()[:32]


def serve(release: Release) -> Served:
    """Make `release` what callers get; runs inside the transaction that switches."""
    body = encode(answer(release))
    variant = release.variant
    served, _ = Served.objects.update_or_create(
        variant=variant,
        defaults={
            "release": release,
            "prompt_slug": variant.prompt.slug,
            "tenant_slug": variant.tenant.slug if variant.tenant else "",
            "locale": variant.locale,
            "lane": variant.lane,
            "body": body,
            "etag": etag_of(body),
            "sha256": release.revision.sha256,
            "gone": False,
        },
    )
    return served


def withdraw_served(variant: Variant) -> None:
    """Answer 410 from now on."""
    Served.objects.filter(variant=variant).update(gone=True)
