"""Variants of a folder: their thresholds, their revisions, and what serves."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from fleet.folder import paths
from fleet.folder.disk import UnusableFolder
from fleet.folder.load_layers import revoke_as_told, scope_of, tenant_of
from fleet.folder.reading import record
from fleet.folder.rows import Import, bring, moment_of, text_of
from fleet.release.actions import adopt
from fleet.release.models import Release, Stage
from fleet.release.serve import withdraw_served
from registry import events
from registry.actions import compose_pins
from registry.compose import sha256_of
from registry.models import (
    BaseVersion,
    ModelTarget,
    OverlayVersion,
    PolicyVersion,
    Prompt,
    Revision,
    Variant,
    VariantStage,
)
from registry.transitions import move

REASON = "Read from a fleet folder."


def load_variants(task: Import) -> None:
    """Every variant of the folder."""
    for name in sorted(task.files):
        parts = name.split("/")
        if len(parts) == 5 and parts[2] == "variants" and name.endswith(".json"):
            _load(task, name, parts)


def _load(task: Import, name: str, parts: list[str]) -> None:
    row = record(task.files, name)
    prompt = Prompt.objects.filter(slug=paths.unsafe(parts[1])).first()
    if prompt is None:
        raise UnusableFolder(f"{name} belongs to a prompt that has no prompt.json.")
    scope = scope_of(parts[4].removesuffix(".json"), name)
    tenant = None if parts[3] == paths.DEFAULT else tenant_of(parts[3], name)
    key = {"prompt": prompt, "tenant": tenant, "locale": scope[0], "lane": scope[1]}
    values = {"min_pass_rate": row.get("min_pass_rate"), "margin": row.get("margin")}
    variant = bring(Variant, key, values, "variants", task, name)
    known = {revision.number: revision for revision in variant.revisions.all()}
    told = [one for one in row.get("revisions", []) if isinstance(one, dict)]
    added = [
        _load_revision(task, variant, one, known, name)
        for one in sorted(told, key=lambda one: _number(one, name))
        if not _is_here(one, known, name)
    ]
    if added:
        events.record("variant.imported", variant, task.by, REASON, revisions=len(added))
    _serve(task, variant, row, known, name)
    for one in told:
        revoke_as_told(task, known[_number(one, name)], one, name)


def _number(row: Mapping[str, Any], name: str) -> int:
    number = row.get("number")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise UnusableFolder(f"{name}: a revision's “number” must be a whole number.")
    return number


def _is_here(row: Mapping[str, Any], known: Mapping[int, Revision], name: str) -> bool:
    here = known.get(_number(row, name))
    if here is None:
        return False
    if (str(here.pk), here.sha256) != (row.get("id"), row.get("sha256")):
        raise UnusableFolder(
            f"{name}: revision {here.number} is here with another id or text. "
            "The folder belongs to another fleet."
        )
    return True


def _load_revision(
    task: Import, variant: Variant, row: Mapping[str, Any], known: dict[int, Revision], name: str
) -> Revision:
    policy, base, overlay = _pins(variant, row, name)
    text, segments = _text(task, (policy, base, overlay), row, name)
    provider, snapshot = _pair(row, "model", name)
    target = ModelTarget.objects.filter(provider=provider, snapshot=snapshot).first()
    if target is None:
        raise UnusableFolder(f"{name} names the model {snapshot}, which is not in models/.")
    known[row["number"]] = Revision.objects.create(
        id=_uuid(row, name), variant=variant, number=row["number"], policy_version=policy,
        base_version=base, overlay_version=overlay, model_target=target, text=text,
        sha256=row["sha256"], segments=segments, parent=known.get(row.get("parent") or 0),
        note=row.get("note", ""), author=task.person(row.get("author"), name),
        created_at=moment_of(row, "created_at", name),
    )  # fmt: skip
    task.report.added["revisions"] += 1
    return known[row["number"]]


def _pins(
    variant: Variant, row: Mapping[str, Any], name: str
) -> tuple[PolicyVersion, BaseVersion, OverlayVersion | None]:
    scope, number = _pair(row, "policy", name)
    owner = variant.prompt if scope == "prompt" else None
    policy = PolicyVersion.objects.filter(policy__prompt=owner, number=number).first()
    scope, number = _pair(row, "base", name)
    locale, family = scope_of(str(scope), name)
    base = BaseVersion.objects.filter(
        base__prompt=variant.prompt, base__locale=locale, base__model_family=family, number=number
    ).first()
    overlay = _overlay(variant, row, name) if row.get("overlay") else None
    if policy is None or base is None or (row.get("overlay") and overlay is None):
        raise UnusableFolder(
            f"{name}: revision {row.get('number')} pins a version that is not in the folder."
        )
    return policy, base, overlay


def _overlay(variant: Variant, row: Mapping[str, Any], name: str) -> OverlayVersion | None:
    scope, number = _pair(row, "overlay", name)
    locale, lane = scope_of(str(scope), name)
    return OverlayVersion.objects.filter(
        overlay__prompt=variant.prompt, overlay__tenant=variant.tenant, overlay__locale=locale,
        overlay__lane=lane, number=number,
    ).first()  # fmt: skip


def _text(
    task: Import,
    pins: tuple[PolicyVersion, BaseVersion, OverlayVersion | None],
    row: Mapping[str, Any],
    name: str,
) -> tuple[str, list[dict[str, Any]]]:
    """The revision's text: what its pins compose to, else what the folder says it was."""
    composed = compose_pins(*pins)
    if composed.sha256 == row.get("sha256"):
        parts = [{"layer": s.layer, "slot": s.slot, "text": s.text} for s in composed.segments]
        return composed.text, parts
    place = name.removesuffix(".json")
    for kept in (f"{place}.{row['number']:04}.md", f"{place}.md"):
        text = task.files.get(kept, "").removesuffix("\n")
        if sha256_of(text) == row.get("sha256"):
            return text, [{"layer": "base", "slot": None, "text": text}]
    raise UnusableFolder(
        f"{name}: revision {row['number']} does not compose to the text it was frozen with, and "
        "no file holds that text."
    )


def _serve(
    task: Import, variant: Variant, row: Mapping[str, Any], known: Mapping[int, Revision], name: str
) -> None:
    """Adopt the folder's live revision where nothing serves yet."""
    release = Release.objects.filter(variant=variant, stage=Stage.LIVE).first()
    number = row.get("live")
    if release is not None:
        if number is not None and release.revision.number != number:
            task.report.notes.append(
                f"{variant} goes on serving revision {release.revision.number}; "
                f"the folder says {number}."
            )
        return
    if number is not None:
        if number not in known:
            raise UnusableFolder(f"{name}: the live revision {number} is not among its revisions.")
        adopt(known[number], by=task.by, reason=REASON, source=name)
        task.report.added["live variants"] += 1
    _stage(task, variant, text_of(row, "stage", name), name)


def _stage(task: Import, variant: Variant, stage: str, name: str) -> None:
    if stage not in VariantStage.values:
        raise UnusableFolder(f"{name}: “stage” must be one of {', '.join(VariantStage.values)}.")
    if stage == VariantStage.ACTIVE or variant.stage != VariantStage.ACTIVE:
        return
    move(variant, stage, by=task.by, why=REASON)
    withdraw_served(variant)


def _pair(row: Mapping[str, Any], key: str, name: str) -> list[Any]:
    value = row.get(key)
    if not isinstance(value, list) or len(value) != 2:
        raise UnusableFolder(f"{name}: “{key}” of a revision must be a pair.")
    return value


def _uuid(row: Mapping[str, Any], name: str) -> uuid.UUID:
    try:
        return uuid.UUID(str(row.get("id")))
    except ValueError:
        raise UnusableFolder(f"{name}: a revision's “id” must be a UUID.") from None
