"""The scale fleet for benchmarks, written in bulk: 500 tenants x 12 locales x 3 lanes.

`seed_demo --tenants 500 --locales 12 --lanes 3` makes the same through the actions; this
takes seconds, but goes around the product's own verbs and is for throwaway databases only.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import product

from fleet.demo import files
from fleet.demo.load import LOCALES, Cast, load_prompt, load_targets
from fleet.demo.people import load_people
from fleet.release.models import Release, ReleaseKind, Stage
from registry.actions import compose_pins, fingerprint, publish_policy
from registry.lines import base_head, policy_head
from registry.models import (
    Adoption,
    Lane,
    Overlay,
    OverlayVersion,
    Prompt,
    Revision,
    Tenant,
    User,
    Variant,
)

SLUG = "support-triage"


def build(tenants: int, locales: int, lanes: int, *, distinct: bool = True) -> Prompt:
    """Demo policy, base and suites, and so many live variants.

    The demo's written overlays are given out in turn; `distinct` names the tenant in each,
    so that no two tenants share a text.
    """
    cast = Cast(load_people())
    targets = load_targets(cast)
    publish_policy(
        text=files.text("policy", "text.md"), rules=files.document("policy", "rules.json"),
        by=cast.policy_owner, note="Benchmark",
    )  # fmt: skip
    prompt = load_prompt(SLUG, cast, targets["current"])
    overlays = _overlays(prompt, tenants, cast.engineer, distinct)
    _variants(prompt, overlays, LOCALES[:locales], Lane.values[:lanes], cast.engineer)
    return prompt


def _overlays(prompt: Prompt, count: int, by: User, distinct: bool) -> list[OverlayVersion]:
    written = [
        files.toml("overlays", SLUG, f"{name}.toml") for name in files.stems("overlays", SLUG)
    ]
    rows = files.toml("tenants.toml")["tenants"]
    tenants = Tenant.objects.bulk_create(
        Tenant(
            slug=f"scale-{n}", name=f"Scale {n}", segment=rows[n % len(rows)]["segment"],
            annual_revenue=Decimal(10_000 + 997 * n % 500_000),
        )
        for n in range(count)
    )  # fmt: skip
    lines = Overlay.objects.bulk_create(Overlay(tenant=one, prompt=prompt) for one in tenants)
    versions = []
    for n, line in enumerate(lines):
        values = dict(written[n % len(written)]["values"])
        if distinct:
            first = next(iter(values))
            values[first] += f"\nYou speak for Scale {n}."
        versions.append(
            OverlayVersion(
                overlay=line, number=1, values=values, sha256=fingerprint(values), author=by
            )
        )
    return OverlayVersion.objects.bulk_create(versions)


def _variants(
    prompt: Prompt,
    overlays: list[OverlayVersion],
    locales: tuple[str, ...],
    lanes: list[str],
    by: User,
) -> None:
    default = Variant.objects.get(prompt=prompt, tenant=None)
    target = default.revisions.get().model_target
    policy, base = policy_head(prompt), base_head(default, target)
    for overlay in overlays:
        composed = compose_pins(policy, base, overlay)
        segments = [{"layer": s.layer, "slot": s.slot, "text": s.text} for s in composed.segments]
        variants = Variant.objects.bulk_create(
            Variant(prompt=prompt, tenant=overlay.overlay.tenant, locale=locale, lane=lane)
            for locale, lane in product(locales, lanes)
        )
        revisions = Revision.objects.bulk_create(
            Revision(
                variant=variant, number=1, policy_version=policy, base_version=base,
                overlay_version=overlay, model_target=target, text=composed.text,
                sha256=composed.sha256, segments=segments, author=by,
            )
            for variant in variants
        )  # fmt: skip
        Adoption.objects.bulk_create(
            Adoption(revision=revision, reason="Benchmark", by=by) for revision in revisions
        )
        Release.objects.bulk_create(
            Release(
                variant=revision.variant, revision=revision, stage=Stage.LIVE,
                kind=ReleaseKind.ADOPTED, released_by=by,
            )
            for revision in revisions
        )  # fmt: skip
