"""Write the one row a variant is served from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from fleet.release.models import Release, Served, Stage
from fleet.release.traffic import Arm, as_json
from fleet.stream.bell import ring_after_commit
from registry.models import Revision, Variant

TTL_SECONDS = 30
"""How long an SDK may answer from memory: a rollback must reach every caller in a minute."""

TAIL = f',"fallbacks":[],"ttl":{TTL_SECONDS}}}'
"""How every stored body ends: the fetch puts the fallback lanes' own rows in between."""


def serve(variant: Variant) -> Served:
    """Make the variant's live release what callers get, with its canary and shadow beside it.

    Runs inside the transaction that switches. Release.DoesNotExist when nothing is live.
    """
    taking = {
        release.stage: release
        for release in Release.objects.filter(
            variant=variant, stage__in=[Stage.LIVE, Stage.CANARY, Stage.SHADOW]
        ).select_related(
            *("revision__model_target", "revision__base_version"),
            *("revision__policy_version", "revision__overlay_version", "experiment"),
        )
    }
    if Stage.LIVE not in taking:
        raise Release.DoesNotExist(f"Nothing is live for {variant}.")
    live, canary, shadow = taking[Stage.LIVE], taking.get(Stage.CANARY), taking.get(Stage.SHADOW)
    arms = arms_of(live, canary)
    body = encode(answer(live, arms, shadow))
    canary_body = encode(answer(canary, arms, shadow)) if canary else ""
    served, _ = Served.objects.update_or_create(
        variant=variant,
        defaults={
            "release": live,
            "prompt_slug": variant.prompt.slug,
            "tenant_slug": variant.tenant.slug if variant.tenant else "",
            "locale": variant.locale,
            "lane": variant.lane,
            "body": body,
            "etag": etag_of(body),
            "sha256": live.revision.sha256,
            "canary_release": canary,
            "canary_share": canary.share if canary else 0.0,
            "canary_body": canary_body,
            "canary_etag": etag_of(canary_body) if canary else "",
            "as_fallback": encode(as_fallback(live)),
            "gone": False,
        },
    )
    ring_after_commit()
    return served


def withdraw_served(variant: Variant) -> None:
    """Answer 410 from now on."""
    Served.objects.filter(variant=variant).update(gone=True)
    ring_after_commit()


def arms_of(live: Release, canary: Release | None) -> list[Arm]:
    """What takes traffic: the live release as control, and the canary where there is one."""
    if canary is None:
        return [Arm(str(live.pk), 1.0, Stage.LIVE)]
    return [
        Arm(str(live.pk), round(1.0 - canary.share, 6), Stage.LIVE),
        Arm(str(canary.pk), canary.share, Stage.CANARY),
    ]


def answer(release: Release, arms: Sequence[Arm], shadow: Release | None) -> dict[str, Any]:
    """The JSON answer of `GET /api/v1/prompts/{slug}` for one release (contract.md).

    `salt` and `arms` let the SDK find a session's arm by itself (`fleet.release.traffic`).
    """
    revision: Revision = release.revision
    variant = release.variant
    overlay = revision.overlay_version
    experiment = release.experiment
    return {
        "prompt": variant.prompt.slug,
        "tenant": variant.tenant.slug if variant.tenant else None,
        "locale": variant.locale,
        "lane": variant.lane,
        "variant_id": variant.pk,
        **_identity(release),
        "stage": release.stage,
        **_content(revision),
        "layers": {
            "policy": revision.policy_version.number,
            "base": revision.base_version.semver,
            "overlay": overlay.number if overlay else None,
        },
        "arms": as_json(arms),
        "salt": salt_of(variant),
        "experiment": {"id": str(experiment.pk), "arm": experiment.arm} if experiment else None,
        "shadow": _shadow(shadow) if shadow else None,
        "fallbacks": [],
        "ttl": TTL_SECONDS,
    }


def salt_of(variant: Variant) -> str:
    """What a session's place is made from: the variant's own name, the same after an import."""
    tenant = variant.tenant.slug if variant.tenant else ""
    return f"{variant.prompt.slug}/{tenant}/{variant.locale}/{variant.lane}"


def as_fallback(release: Release) -> dict[str, Any]:
    """The live release as an entry of another lane's `fallbacks`: with its own prompt."""
    return {"lane": release.variant.lane, **_identity(release), **_content(release.revision)}


def _identity(release: Release) -> dict[str, Any]:
    revision = release.revision
    return {
        "prompt_id": str(revision.pk),
        "revision": revision.number,
        "version": revision.base_version.semver,
        "release_id": str(release.pk),
    }


def _content(revision: Revision) -> dict[str, Any]:
    return {
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
    }


def _shadow(release: Release) -> dict[str, Any]:
    """What the shadow is; its text is fetched with `?stage=shadow`."""
    content = _content(release.revision)
    return _identity(release) | {"model": content["model"], "sha256": content["sha256"]}


def encode(document: dict[str, Any]) -> str:
    """The JSON text of an answer, stable byte for byte."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def etag_of(body: str) -> str:
    """A strong entity tag over the whole answer, without its quotes."""
    return hashlib.sha256(body.encode()).hexdigest()[:32]
