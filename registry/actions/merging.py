"""Bring overlays together: lines that say the same become one, others are offered as drafts.

Nothing here changes what is served. A line that is merged applies no more to what is written
next; every Revision keeps the overlay version it is pinned to.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.db import transaction

from registry import events, lines
from registry.actions.base_drafts import open_base, save_base_draft
from registry.actions.drafts import edition_of, freeze_overlay
from registry.models import Base, BaseDraft, Overlay, OverlayDraft, OverlayVersion, User
from registry.roles import require


class CannotMerge(ValueError):
    """These overlays cannot be brought together; the message says why and what to do."""


@dataclass(frozen=True)
class Merged:
    """What merging did: the shared line, and the lines that it stands for from now on."""

    into: Overlay
    lines: tuple[Overlay, ...]


@transaction.atomic
def merge_overlays(overlays: Sequence[Overlay], *, by: User, why: str) -> Merged:
    """Let lines of one tenant that say the same to the character go on as its shared line.

    The shared line (any locale, any lane) is made when there is none. CannotMerge where they
    belong to several tenants or prompts, differ, or one is being written.
    """
    locked = _locked(overlays)
    first = _one_owner(locked)
    require(by, "author_overlay", first.tenant)
    shared = Overlay.objects.select_for_update(no_key=True).get_or_create(
        tenant=first.tenant, prompt=first.prompt, locale="", lane=""
    )[0]
    _refuse_written([*locked, shared])
    specific = tuple(line for line in locked if line.pk != shared.pk)
    heads = [head for head in map(lines.overlay_head, {*locked, shared}) if head is not None]
    if not specific or len({head.sha256 for head in heads}) != 1:
        raise CannotMerge(
            "These overlays no longer say the same to the character. Reload the page: what is "
            "only nearly the same gets drafts first."
        )
    if lines.overlay_head(shared) is None:
        freeze_overlay(
            shared, heads[0].values, by=by, note=why or "Merged", contributors=_writers(locked)
        )
    for line in specific:
        line.merged_into = shared
        line.save(update_fields=["merged_into"])
        events.record("overlay.merged", line, by, why, into=shared.pk, place=place_of(line))
    return Merged(shared, specific)


@transaction.atomic
def part_overlay(overlay: Overlay, *, by: User, why: str) -> Overlay:
    """Take a merge back: the line applies again, as long as both still say the same."""
    (line,) = _locked([overlay])
    require(by, "author_overlay", line.tenant)
    if line.merged_into is None:
        raise CannotMerge("This overlay is not merged. Reload the page.")
    ours, theirs = lines.overlay_head(line), lines.overlay_head(line.merged_into)
    if ours is None or theirs is None or ours.sha256 != theirs.sha256:
        raise CannotMerge(
            "The shared overlay was edited since, so taking the merge back would bring an old "
            "text up again. Edit the variant instead."
        )
    line.merged_into = None
    line.save(update_fields=["merged_into"])
    events.record("overlay.parted", line, by, why, place=place_of(line))
    return line


@transaction.atomic
def draft_same(
    overlays: Sequence[Overlay], like: OverlayVersion, *, by: User
) -> tuple[Overlay, ...]:
    """Open a draft with `like`'s texts on every line of its tenant that says something else.

    Each variant then gets its own review; once all say the same they can be merged. Lines
    that are being written are left alone: CannotMerge names them.
    """
    locked = _locked(overlays)
    first = _one_owner([*locked, like.overlay])
    require(by, "author_overlay", first.tenant)
    others = [line for line in locked if _says_else(line, like)]
    _refuse_written(others)
    for line in others:
        _open_draft(line, like.values, by, _writers([like.overlay]))
        events.record("overlay.draft_opened", line, by, like=like.pk)
    return tuple(others)


@transaction.atomic
def draft_without(overlay: Overlay, slots: Iterable[str], *, by: User) -> OverlayDraft:
    """Open a draft of a line that leaves these slots to the base's default."""
    (line,) = _locked([overlay])
    require(by, "author_overlay", line.tenant)
    _refuse_written([line])
    head = lines.overlay_head(line)
    if head is None:
        raise CannotMerge("This overlay says nothing yet.")
    cleared = set(slots)
    kept = {slot: text for slot, text in head.values.items() if slot not in cleared}
    draft = _open_draft(line, kept, by, _writers([line]))
    events.record("overlay.draft_opened", line, by, cleared=sorted(cleared))
    return draft


@transaction.atomic
def draft_into_base(base: Base, slot: str, text: str, *, by: User) -> BaseDraft:
    """Put what many tenants say into a slot's default, in the draft of the base.

    Whoever publishes it sees first which variants it changes; their own texts then only
    repeat the base. BaseDraftConflict where somebody saves the base at the same moment.
    """
    require(by, "author_base")
    opened = open_base(base)
    if all(one.name != slot for one in opened.content.slots):
        raise CannotMerge(f"The base has no slot called {slot} any more. Reload the page.")
    slots = tuple(
        replace(one, default=_added(one.default, text, one.mode)) if one.name == slot else one
        for one in opened.content.slots
    )
    content = replace(opened.content, slots=slots)
    draft = save_base_draft(base, content, edition=opened.edition, by=by)
    events.record("base.default_drafted", base, by, slot=slot)
    return draft


def place_of(line: Overlay) -> str:
    """Where a line applies, in words: "de, fallback"; "any locale, any lane" when shared."""
    return ", ".join([line.locale or "any locale", line.lane or "any lane"])


def _added(default: str, text: str, mode: str) -> str:
    """The new default: an appending slot keeps what it says already."""
    return f"{default}\n{text}" if mode == "append" and default else text


def _open_draft(line: Overlay, values: dict[str, str], by: User, writers: set[int]) -> OverlayDraft:
    return OverlayDraft.objects.create(
        overlay=line, values=dict(values), contributor_ids=sorted({by.pk, *writers}), saved_by=by,
        edition=edition_of(line) + 1,
    )  # fmt: skip


def _writers(overlays: Sequence[Overlay]) -> set[int]:
    """Ids of all who wrote in these lines: taken over, their words stay theirs to not approve."""
    versions = OverlayVersion.objects.filter(overlay__in=overlays)
    rows = versions.values_list("author_id", "contributor_ids")
    return {who for author, others in rows for who in (author, *others)}


def _says_else(line: Overlay, like: OverlayVersion) -> bool:
    head = lines.overlay_head(line)
    return head is None or head.sha256 != like.sha256


def _locked(overlays: Sequence[Overlay]) -> list[Overlay]:
    """The lines under lock, in one order so that two merges cannot wait for each other."""
    found = Overlay.objects.select_for_update(no_key=True, of=("self",)).order_by("pk")
    related = found.select_related("tenant", "prompt", "merged_into")
    return list(related.filter(pk__in=[line.pk for line in overlays]))


def _one_owner(overlays: Sequence[Overlay]) -> Overlay:
    if not overlays:
        raise CannotMerge("Choose overlays to bring together.")
    if len({(line.tenant_id, line.prompt_id) for line in overlays}) != 1:
        raise CannotMerge("Only overlays of one tenant and one prompt can be merged.")
    if any(line.merged_into_id for line in overlays):
        raise CannotMerge("One of these is merged already. Reload the page.")
    return overlays[0]


def _refuse_written(overlays: Sequence[Overlay]) -> None:
    """CannotMerge while somebody has a draft open on one of the lines."""
    drafts = OverlayDraft.objects.filter(overlay__in=overlays).select_related("overlay", "saved_by")
    written = [f"{place_of(one.overlay)} (by {one.saved_by.display_name})" for one in drafts]
    if written:
        raise CannotMerge(
            f"Somebody is writing: {'; '.join(written)}. Submit or discard that draft first."
        )
