"""Policies, bases and overlays of a folder: their versions, one line at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models

from fleet.folder import paths
from fleet.folder.disk import UnusableFolder
from fleet.folder.reading import VersionFiles, lines, parse, slot_texts
from fleet.folder.rows import Import, moment_of, text_of
from registry import events
from registry.actions.layers import fingerprint
from registry.compose import ComposeError, Slot, compose
from registry.guardrails import PolicyError, load_policy
from registry.models import (
    Base,
    BaseDraft,
    BaseVersion,
    Overlay,
    OverlayDraft,
    OverlayVersion,
    Policy,
    PolicyDraft,
    PolicyVersion,
    Prompt,
    Revocation,
    Tenant,
)


def load_layers(task: Import) -> None:
    """Every line of the folder."""
    _load_policies(task)
    _load_bases(task)
    _load_overlays(task)


def _load_policies(task: Import) -> None:
    found = lines(task.files, ("policies", "global"), 2)
    found |= lines(task.files, ("policies", "of-prompts"), 3)
    for folder, versions in found.items():
        name = text_of(versions[-1].about, "name", f"{versions[-1].folder}/about.json")
        slug = None if folder == "policies/global" else paths.unsafe(folder.split("/")[2])
        prompt = prompt_of(slug, folder) if slug else None
        line, _ = Policy.objects.get_or_create(prompt=prompt, defaults={"name": name})
        for version in versions:
            content = {"text": version.text("text.md"), "rules": version.document("rules.json")}
            _check_rules(content["rules"], version)
            sha = fingerprint([content["text"], content["rules"]])
            _bring(task, version, versions, PolicyVersion, {"policy": line}, content, sha)


def _check_rules(rules: Any, version: VersionFiles) -> None:
    try:
        load_policy(rules)
    except PolicyError as error:
        raise UnusableFolder(f"{version.folder}/rules.json: {error}") from None


def _load_bases(task: Import) -> None:
    for folder, versions in lines(task.files, ("prompts", "", "bases"), 4).items():
        _, slug, _, scope = folder.split("/")
        locale, family = scope_of(scope, folder)
        line, _ = Base.objects.get_or_create(
            prompt=prompt_of(paths.unsafe(slug), folder), locale=locale, model_family=family
        )
        for version in versions:
            content = {
                "text": version.text("text.md"), "slots": version.document("slots.json"),
                "variables": version.document("variables.json"),
            }  # fmt: skip
            _check_base(content, version)
            extra = {"semver": text_of(version.about, "semver", f"{version.folder}/about.json")}
            sha = fingerprint(content)
            _bring(task, version, versions, BaseVersion, {"base": line}, content, sha, extra)


def _check_base(content: Mapping[str, Any], version: VersionFiles) -> None:
    try:
        compose("", content["text"], [Slot.from_json(row) for row in content["slots"]], {})
    except ComposeError as error:
        raise UnusableFolder(f"{version.folder}: {error}") from None
    except (TypeError, KeyError, AttributeError):
        raise UnusableFolder(f"{version.folder}/slots.json holds what is no slot.") from None


def _load_overlays(task: Import) -> None:
    for folder, versions in lines(task.files, ("prompts", "", "overlays"), 5).items():
        line = _overlay_line(folder)
        for version in versions:
            values = slot_texts(version)
            content = {"values": values}
            sha = fingerprint(values)
            _bring(task, version, versions, OverlayVersion, {"overlay": line}, content, sha)
    for name in sorted(task.files):
        if name.endswith("/merged.json") and name.count("/") == 5:
            _merge(name.rpartition("/")[0], parse(task.files[name], name))


def _overlay_line(folder: str) -> Overlay:
    _, slug, _, tenant, scope = folder.split("/")
    locale, lane = scope_of(scope, folder)
    return Overlay.objects.get_or_create(
        prompt=prompt_of(paths.unsafe(slug), folder), tenant=tenant_of(tenant, folder),
        locale=locale, lane=lane,
    )[0]  # fmt: skip


def _merge(folder: str, document: Any) -> None:
    line = _overlay_line(folder)
    into = document.get("into") if isinstance(document, dict) else None
    if not isinstance(into, str):
        raise UnusableFolder(f"{folder}/merged.json: “into” must name an overlay.")
    goal = _overlay_line(f"{folder.rpartition('/')[0]}/{into}")
    if line.merged_into_id != goal.pk:
        line.merged_into = goal
        line.save(update_fields=["merged_into"])


def _bring(
    task: Import, files: VersionFiles, siblings: list[VersionFiles], model: type[models.Model],
    line: Mapping[str, Any], content: Mapping[str, Any], sha: str,
    extra: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """One frozen version: there already, added, or, where the newest was edited, a draft."""
    manager: Any = model._default_manager
    there = manager.filter(**line, number=files.number).first()
    if there is not None and there.sha256 == sha:
        _revoke(task, there, files)
        return
    if sha == files.about.get("sha256"):
        if there is not None:
            raise UnusableFolder(
                f"{files.folder}: version {files.number} is here with other words. "
                "A version never changes: export first, then edit that."
            )
        _add(task, files, model, {**line, **content, **(extra or {}), "sha256": sha})
    elif there is not None and files is siblings[-1] and files.about.get("sha256") == there.sha256:
        _draft(task, files, model, line, content)
    else:
        raise UnusableFolder(
            f"{files.folder} was edited, and version {files.number} as it was is not here. "
            "Only the newest version of a line may be edited, and becomes a draft."
        )


def _add(
    task: Import, files: VersionFiles, model: type[models.Model], values: Mapping[str, Any]
) -> None:
    about = f"{files.folder}/about.json"
    manager: Any = model._default_manager
    made = manager.create(
        **values, number=files.number, note=files.about.get("note", ""),
        author=task.person(files.about.get("author"), about),
        contributor_ids=sorted(
            task.person(name, about).pk for name in files.about.get("contributors", [])
        ),
        created_at=moment_of(files.about, "created_at", about),
    )  # fmt: skip
    events.record(f"{model._meta.model_name}.imported", made, task.by, number=files.number)
    task.report.added[str(model._meta.verbose_name_plural)] += 1
    _revoke(task, made, files)


def _revoke(task: Import, version: Any, files: VersionFiles) -> None:
    revoke_as_told(task, version, files.about, f"{files.folder}/about.json")


def revoke_as_told(task: Import, row: Any, about: Mapping[str, Any], name: str) -> None:
    """Revoke a version or revision that the folder says is revoked, and is not yet."""
    told = about.get("revoked")
    if not told or getattr(row, "revocation", None) is not None:
        return
    who = task.person(told.get("by"), name)
    reason = text_of(told, "reason", name)
    field = {
        "policyversion": "policy_version", "baseversion": "base_version",
        "overlayversion": "overlay_version", "revision": "revision",
    }[row._meta.model_name]  # fmt: skip
    Revocation.objects.create(**{field: row}, reason=reason, by=who)
    events.record(f"{row._meta.model_name}.revoked", row, task.by, reason)
    task.report.added["revocations"] += 1


DRAFTS: dict[type[models.Model], type[models.Model]] = {
    PolicyVersion: PolicyDraft,
    BaseVersion: BaseDraft,
    OverlayVersion: OverlayDraft,
}


def _draft(
    task: Import, files: VersionFiles, model: type[models.Model], line: Mapping[str, Any],
    content: Mapping[str, Any],
) -> None:  # fmt: skip
    """Words edited in the folder wait as a draft: nothing goes out without a review."""
    manager: Any = DRAFTS[model]._default_manager
    draft = manager.filter(**line).first()
    if draft is not None and all(getattr(draft, key) == value for key, value in content.items()):
        return
    if draft is not None:
        task.report.notes.append(
            f"{files.folder} was edited, but {draft.saved_by.display_name} has a draft open: "
            "finish or discard that one, then import again."
        )
        return
    manager.create(**line, **content, contributor_ids=[task.by.pk], saved_by=task.by)
    task.report.added["drafts"] += 1
    task.report.notes.append(f"{files.folder} was edited: it waits as a draft.")


def prompt_of(slug: str, folder: str) -> Prompt:
    """The prompt that a part of a path names."""
    prompt = Prompt.objects.filter(slug=slug).first()
    if prompt is None:
        raise UnusableFolder(f"{folder} belongs to the prompt {slug}, which has no prompt.json.")
    return prompt


def tenant_of(part: str, folder: str) -> Tenant:
    """The tenant that a part of a path names."""
    tenant = Tenant.objects.filter(slug=paths.unsafe(part)).first()
    if tenant is None:
        raise UnusableFolder(f"{folder} belongs to {paths.unsafe(part)}, who is not in tenants/.")
    return tenant


def scope_of(part: str, folder: str) -> list[str]:
    """The two names of a line's scope, such as locale and lane."""
    names = paths.unscope(part)
    if len(names) != 2:
        raise UnusableFolder(f"{folder}: the last part must be two names joined by “+”.")
    return names
