"""Write an overlay: open its draft, save it, freeze it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import Max

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
    variant: Variant,
    values: Mapping[str, str],
    *,
    edition: int,
    by: User,
    why: str = "",
    contributors: Iterable[int] = (),
) -> OverlayDraft:
    """Save the slots' texts as the overlay's draft; `why` stands in its history.

    `contributors` are the ids of those besides `by` whose words these are.

    `edition` is what the form was opened with (`edition_of`); what somebody else saved
    since then, or saved and submitted, raises DraftConflict and nothing is stored.
    """
    require(by, "author_overlay", variant.tenant)
    overlay = Overlay.objects.select_for_update(no_key=True).get(pk=overlay_for(variant).pk)
    clean = border.values_from_form(values)
    draft = OverlayDraft.objects.filter(overlay=overlay).select_related("saved_by").first()
    if draft is None:
        _refuse_submitted_since(overlay, clean, edition)
        draft = OverlayDraft(overlay=overlay, edition=edition_of(overlay))
    elif draft.values == clean:
        return draft
    elif draft.edition != edition:
        raise DraftConflict(draft)
    return _write(draft, clean, by, why, contributors)


def _write(
    draft: OverlayDraft, values: dict[str, str], by: User, why: str, contributors: Iterable[int]
) -> OverlayDraft:
    draft.values, draft.saved_by = values, by
    draft.edition += 1
    draft.contributor_ids = sorted({*draft.contributor_ids, by.pk, *contributors})
    draft._change_reason = why[:100]  # type: ignore[attr-defined]  # as long as its history takes
    draft.save()
    return draft


def edition_of(overlay: Overlay) -> int:
    """How often this overlay's drafts were saved so far, closed ones counted; 0: never."""
    return OverlayDraft.history.filter(overlay=overlay).aggregate(last=Max("edition"))["last"] or 0


def _refuse_submitted_since(overlay: Overlay, clean: dict[str, str], edition: int) -> None:
    """DraftConflict where somebody saved past `edition` and had that frozen, draft and all."""
    past = OverlayDraft.history.filter(overlay=overlay, edition__gt=edition)
    first, head = past.order_by("history_id").first(), overlay.versions.first()
    if first is None or head is None or head.created_at < first.history_date:
        return
    if head.values != clean:
        theirs = OverlayDraft(
            overlay=overlay, values=head.values, edition=edition_of(overlay), saved_by=head.author,
            saved_at=head.created_at,
        )  # fmt: skip
        raise DraftConflict(theirs)


@transaction.atomic
def discard_draft(variant: Variant, *, by: User) -> None:
    """Throw the draft away; its history stays."""
    require(by, "author_overlay", variant.tenant)
    overlay = overlay_for(variant)
    OverlayDraft.objects.filter(overlay=overlay).delete()
    events.record("draft.discarded", overlay, by, variant=variant)


@transaction.atomic
def freeze_overlay(
    overlay: Overlay,
    values: Mapping[str, str],
    *,
    by: User,
    note: str,
    contributors: Iterable[int] = (),
) -> OverlayVersion:
    """Append an overlay version with these values, and close the draft.

    The same values as the head give the head back. Everyone who typed in the draft is
    kept as a contributor, and so are `contributors`, whose words were taken over: they may
    not approve what they wrote.
    """
    require(by, "author_overlay", overlay.tenant)
    overlay = Overlay.objects.select_for_update(no_key=True).get(pk=overlay.pk)
    for text in values.values():
        border.check(text)
    head = overlay.versions.first()
    draft = OverlayDraft.objects.filter(overlay=overlay).first()
    written_by = {by.pk, *contributors, *(draft.contributor_ids if draft else [])}
    if draft is not None:
        draft.delete()
    sha = fingerprint(dict(values))
    if head is not None and head.sha256 == sha and not hasattr(head, "revocation"):
        return head
    version = OverlayVersion.objects.create(
        overlay=overlay, number=head.number + 1 if head else 1, values=dict(values), sha256=sha,
        author=by, note=note, contributor_ids=sorted(written_by),
    )  # fmt: skip
    events.record("overlay.frozen", version, by, note, number=version.number)
    return version
