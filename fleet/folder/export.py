"""Write the registry out: (path, text) of every file, in a stable order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fleet.folder import paths
from fleet.folder.suites import suites
from fleet.folder.writing import File, dump, moment, with_heads
from fleet.release.models import Release, Stage
from registry import operators
from registry.actions import compose_pins
from registry.models import (
    BaseVersion,
    ModelTarget,
    Overlay,
    OverlayVersion,
    PolicyVersion,
    Prompt,
    Revision,
    Tenant,
    User,
    Variant,
)


def tree() -> Iterator[File]:
    """Every file of the export."""
    yield paths.MARKER, dump({"format": paths.FORMAT})
    # Line ends belong to the texts: no tool may translate them.
    yield ".gitattributes", "* -text\n"
    people = dict(User.objects.values_list("pk", "username"))
    yield from _people()
    yield from _models()
    yield from _tenants()
    yield from _policies(people)
    yield from _prompts(people)
    yield from suites(people)
    yield from _variants(people)


def _people() -> Iterator[File]:
    # The account that commands act as is every installation's own.
    others = User.objects.exclude(username=operators.USERNAME)
    for user in others.prefetch_related("groups").order_by("username"):
        document = {
            "username": user.username, "first_name": user.first_name,
            "last_name": user.last_name, "email": user.email, "is_active": user.is_active,
            "roles": sorted(group.name for group in user.groups.all()),
        }  # fmt: skip
        yield f"people/{paths.safe(user.username)}.json", dump(document)


def _models() -> Iterator[File]:
    for target in ModelTarget.objects.order_by("provider", "snapshot"):
        document = {
            "provider": target.provider, "snapshot": target.snapshot,
            "context_window": target.context_window,
            "input_price": _plain(target.input_price),
            "output_price": _plain(target.output_price),
            "retires_on": _plain(target.retires_on), "retires_source": target.retires_source,
            "retires_checked_on": _plain(target.retires_checked_on),
            "announced_at": moment(target.announced_at),
        }  # fmt: skip
        yield paths.model(target.provider, target.snapshot), dump(document)


def _tenants() -> Iterator[File]:
    for tenant in Tenant.objects.prefetch_related("owners", "contacts").order_by("slug"):
        contacts = sorted(tenant.active_contacts, key=lambda contact: contact.email)
        document = {
            "slug": tenant.slug, "name": tenant.name, "segment": tenant.segment,
            "locale": tenant.locale, "timezone": tenant.timezone,
            "annual_revenue": _plain(tenant.annual_revenue),
            "owners": sorted(owner.username for owner in tenant.owners.all()),
            "contacts": [{"name": c.name, "email": c.email, "role": c.role} for c in contacts],
            "contract_notes": tenant.contract_notes,
        }  # fmt: skip
        yield f"tenants/{paths.safe(tenant.slug)}.json", dump(document)


def _policies(people: Mapping[int, str]) -> Iterator[File]:
    versions = PolicyVersion.objects.select_related("policy__prompt", "revocation")
    for line, version, head in with_heads(versions.order_by("policy_id", "-number"), "policy_id"):
        prompt = line.policy.prompt
        folder = paths.of_version(
            paths.policy(prompt.slug if prompt else None), version.number, head
        )
        yield f"{folder}/about.json", dump(_about(version, people) | {"name": line.policy.name})
        yield f"{folder}/text.md", f"{version.text}\n"
        yield f"{folder}/rules.json", dump(version.rules)


def _prompts(people: Mapping[int, str]) -> Iterator[File]:
    for prompt in Prompt.objects.order_by("slug"):
        document = {
            "slug": prompt.slug, "name": prompt.name, "kind": prompt.kind,
            "description": prompt.description,
        }  # fmt: skip
        yield f"prompts/{paths.safe(prompt.slug)}/prompt.json", dump(document)
    yield from _bases(people)
    yield from _overlays(people)


def _bases(people: Mapping[int, str]) -> Iterator[File]:
    versions = BaseVersion.objects.select_related("base__prompt", "revocation")
    for line, version, head in with_heads(versions.order_by("base_id", "-number"), "base_id"):
        base = line.base
        folder = paths.of_version(
            paths.base(base.prompt.slug, base.locale, base.model_family), version.number, head
        )
        yield f"{folder}/about.json", dump({"semver": version.semver} | _about(version, people))
        yield f"{folder}/text.md", f"{version.text}\n"
        yield f"{folder}/slots.json", dump(version.slots)
        yield f"{folder}/variables.json", dump(version.variables)


def _overlays(people: Mapping[int, str]) -> Iterator[File]:
    merged = Overlay.objects.filter(merged_into__isnull=False)
    for overlay in merged.select_related("prompt", "tenant", "merged_into").order_by("pk"):
        into = overlay.merged_into
        assert into is not None  # filtered
        folder = overlay_folder(overlay)
        yield f"{folder}/merged.json", dump({"into": paths.scope(into.locale, into.lane)})
    versions = OverlayVersion.objects.select_related(
        "overlay__prompt", "overlay__tenant", "revocation"
    ).order_by("overlay_id", "-number")
    for line, version, head in with_heads(versions, "overlay_id"):
        folder = paths.of_version(overlay_folder(line.overlay), version.number, head)
        yield f"{folder}/about.json", dump(_about(version, people))
        for slot, text in sorted(version.values.items()):
            yield f"{folder}/{paths.safe(slot)}.md", f"{text}\n"


def overlay_folder(overlay: Overlay) -> str:
    """Where an overlay line stands."""
    return paths.overlay(overlay.prompt.slug, overlay.tenant.slug, overlay.locale, overlay.lane)


def _variants(people: Mapping[int, str]) -> Iterator[File]:
    live = dict(
        Release.objects.filter(stage=Stage.LIVE).values_list("variant_id", "revision__number")
    )
    variants = Variant.objects.select_related("prompt", "tenant").order_by("pk")
    for variant in variants.iterator(chunk_size=500):
        tenant = variant.tenant.slug if variant.tenant else None
        place = paths.variant(variant.prompt.slug, tenant, variant.locale, variant.lane)
        revisions = list(
            variant.revisions.select_related(
                "policy_version__policy", "base_version__base", "overlay_version__overlay",
                "model_target", "parent", "revocation",
            ).order_by("number")
        )  # fmt: skip
        document = {
            "stage": variant.stage, "min_pass_rate": variant.min_pass_rate,
            "margin": variant.margin, "live": live.get(variant.pk),
            "revisions": [_revision(revision, people) for revision in revisions],
        }  # fmt: skip
        yield f"{place}.json", dump(document)
        yield from _texts(place, revisions, live.get(variant.pk))


def _revision(revision: Revision, people: Mapping[int, str]) -> dict[str, Any]:
    policy, base, overlay = (
        revision.policy_version, revision.base_version, revision.overlay_version,
    )  # fmt: skip
    row = {
        "number": revision.number, "id": str(revision.pk),
        "policy": ["prompt" if policy.policy.prompt_id else "global", policy.number],
        "base": [paths.scope(base.base.locale, base.base.model_family), base.number],
        "overlay": overlay
        and [paths.scope(overlay.overlay.locale, overlay.overlay.lane), overlay.number],
        "model": [revision.model_target.provider, revision.model_target.snapshot],
        "parent": revision.parent.number if revision.parent else None,
        "sha256": revision.sha256, "note": revision.note, "author": people[revision.author_id],
        "created_at": moment(revision.created_at),
    }  # fmt: skip
    return row | _revoked(revision, people)


def _texts(place: str, revisions: Iterable[Revision], live: int | None) -> Iterator[File]:
    """What the live revision says, to read; and what composing its pins no longer gives."""
    for revision in revisions:
        pins = (revision.policy_version, revision.base_version, revision.overlay_version)
        if revision.number == live:
            yield f"{place}.md", f"{revision.text}\n"
        elif compose_pins(*pins).sha256 != revision.sha256:
            yield f"{place}.{revision.number:04}.md", f"{revision.text}\n"


def _about(version: Any, people: Mapping[int, str]) -> dict[str, Any]:
    typed = sorted(people[pk] for pk in version.contributor_ids if pk in people)
    row = {
        "number": version.number, "sha256": version.sha256, "author": people[version.author_id],
        "contributors": typed, "note": version.note, "created_at": moment(version.created_at),
    }  # fmt: skip
    return row | _revoked(version, people)


def _revoked(row: Any, people: Mapping[int, str]) -> dict[str, Any]:
    revocation = getattr(row, "revocation", None)
    if revocation is None:
        return {}
    return {"revoked": {"reason": revocation.reason, "by": people[revocation.by_id]}}


def _plain(value: Any) -> str | None:
    return None if value is None else str(value)
