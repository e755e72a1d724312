"""Write an overlay: open its draft, save it, freeze it."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from registry import border, events, lines
from registry.actions.layers import fingerprint
from registry.models import Overlay, OverlayDraft, OverlayVersion, User, Variant
from registry.roles import require


class DraftConflict(Exception):
    """Somebody else saved first: holds their draft, so that both texts can be shown."""

    def __init__(self, theirs: OverlayDraft) -> None:
        super().__init__(
            f"{theirs.saved_by.display_name} saved this overlay while you were writing. "
            "Your text is still here; nothing was overwritten."
        )
        self.theirs = theirs


class NothingToFreeze(Exception):
    """The draft says what the newest version says already."""


def overlay_for(variant: Variant) -> Overlay:
    """The variant's overlay line, made when its tenant has none yet."""
    if variant.tenant is None:
        raise NothingToFreeze("The platform default has no overlay; edit the base prompt instead.")
    found = lines.overlay_line(variant)
    if found is not None:
        return found
    return Overlay.objects.get_or_create(
        tenant=variant.tenant, prompt=variant.prompt, locale="", lane=""
    )[0]


@transaction.atomic
def save_draft(
    variant: Variant, values: Mapping[str, str], *, edition: int, by: User
) -> OverlayDraft:
    """Save the slots' texts as the overlay's draft.

    `edition` is what the form was opened with (0: no draft yet); a draft saved by
    somebody else since then raises DraftConflict and nothing is stored.
    """
    require(by, "author_overlay", variant.tenant)
    overlay = Overlay.objects.select_for_update().get(pk=overlay_for(variant).pk)
    clean = border.values_from_form(values)
    draft = OverlayDraft.objects.filter(overlay=overlay).select_related("saved_by").first()
    if draft is None:
        return OverlayDraft.objects.create(
            overlay=overlay, values=clean, contributor_ids=[by.pk], saved_by=by
        )
    if draft.values == clean:
        return draft
    if draft.edition != edition:
        raise DraftConflict(draft)
    draft.values, draft.saved_by = clean, by
    draft.edition += 1
    draft.contributor_ids = sorted({*draft.contributor_ids, by.pk})
    draft.save()
    return draft


@transaction.atomic
def discard_draft(variant: Variant, *, by: User) -> None:
    """Throw the draft away; its history stays."""
    require(by, "author_overlay", variant.tenant)
    overlay = overlay_for(variant)
    OverlayDraft.objects.filter(overlay=overlay).delete()
    events.record("draft.discarded", overlay, by, variant=variant)


@transaction.atomic
def freeze_overlay(
    overlay: Overlay, values: Mapping[str, str], *, by: User, note: str
) -> OverlayVersion:
    """Append an overlay version with these values, and close the draft.

    The same values as the head give the head back. Everyone who typed in the draft is
    kept as a contributor: they may not approve what they wrote.
    """
    require(by, "author_overlay", overlay.tenant)
    overlay = Overlay.objects.select_for_update().get(pk=overlay.pk)
    for text in values.values():
        border.check(text)
    head = overlay.versions.first()
    draft = OverlayDraft.objects.filter(overlay=overlay).first()
    contributors = {by.pk, *(draft.contributor_ids if draft else [])}
    if draft is not None:
        draft.delete()
    sha = fingerprint(dict(values))
    if head is not None and head.sha256 == sha and not hasattr(head, "revocation"):
        return head
    version = OverlayVersion.objects.create(
        overlay=overlay, number=head.number + 1 if head else 1, values=dict(values), sha256=sha,
        author=by, note=note, contributor_ids=sorted(contributors),
    )  # fmt: skip
    events.record("overlay.frozen", version, by, note, number=version.number)
    return version
