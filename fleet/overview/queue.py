"""What waits for this person, and for nobody else's hand first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.urls import reverse

from fleet.campaign.models import Track, TrackStage
from fleet.overview.track_queue import my_tracks, to_approve, to_cut_over
from fleet.release.revoked import live_and_revoked
from fleet.review.barred import contributors_of
from fleet.review.models import Review, ReviewStage
from registry.models import OverlayDraft, User, Variant

SHOWN = 8
"""Entries a group names one by one; the rest is behind its link."""


@dataclass(frozen=True)
class Entry:
    """One thing to do."""

    title: str
    detail: str
    url: str


@dataclass(frozen=True)
class Group:
    """Things of one kind, as a phrase with their number."""

    state: str
    one: str
    many: str
    entries: list[Entry]
    url: str = ""
    total: int | None = None

    @property
    def count(self) -> int:
        """How many there are; `total` where not all of them were read."""
        return len(self.entries) if self.total is None else self.total

    @property
    def phrase(self) -> str:
        """What stands behind the number."""
        return self.one if self.count == 1 else self.many

    @property
    def more(self) -> int:
        """How many are not named."""
        return self.count - len(self.shown)

    @property
    def shown(self) -> list[Entry]:
        """Those named one by one."""
        return self.entries[:SHOWN]


def my_queue(user: User) -> list[Group]:
    """Groups that hold something, what others wait for first."""
    mine = Variant.objects.visible_to(user)
    tracks = list(my_tracks(user, mine))
    queue = reverse("review-queue")
    groups = [
        _revoked(user),
        Group("open", "to review", "to review", _reviews(_decidable(user, mine)), queue),
        Group(
            "approved", "approved, to publish", "approved, to publish",
            _reviews(_publishable(user, mine)), queue,
        ),
        Group(
            "needs_work", "in migration needs work", "in migration need work",
            _tracks(tracks, TrackStage.NEEDS_WORK),
        ),
        Group(
            "awaiting_sign_off", "waits for sign-off", "wait for sign-off",
            _tracks(tracks, TrackStage.AWAITING_SIGN_OFF),
        ),
        _of_tracks("to approve in a migration", to_approve(user, mine)),
        _of_tracks("ready to cut over", to_cut_over(user, mine)),
        Group("draft", "draft you left", "drafts you left", _drafts(user, mine)),
    ]  # fmt: skip
    return [group for group in groups if group.entries]


def _revoked(user: User) -> Group:
    """Variants that serve what was revoked, for whoever may do something about it."""
    url = reverse("revocation-list")
    found: list[Entry] = []
    total = 0
    if any(user.has_perm(f"registry.{act}") for act in ("roll_back", "revoke", "release")):
        live = live_and_revoked(user).order_by("variant__tenant__name", "variant_id")
        found = [
            Entry(
                str(row.variant), f"revision {row.revision.number}",
                row.variant.get_absolute_url(),
            )
            for row in live[: SHOWN + 1]
        ]  # fmt: skip
        total = live.count() if len(found) > SHOWN else len(found)
    return Group("revoked", "serves what was revoked", "serve what was revoked", found, url, total)


def _decidable(user: User, mine: QuerySet[Variant]) -> list[Review]:
    """Open reviews this person may decide: holds the right and wrote no part of what is new."""
    if not user.has_perm("registry.approve"):
        return []
    open_ones = Review.objects.filter(stage=ReviewStage.OPEN, variant__in=mine)
    waiting = list(
        open_ones.select_related(
            "variant__tenant", "variant__prompt", "opened_by", "revision__overlay_version",
            "revision__base_version", "revision__policy_version",
            "revision__parent__overlay_version", "revision__parent__base_version",
            "revision__parent__policy_version",
        )
        .defer(*_TEXTS)
        .order_by("opened_at")
    )  # fmt: skip
    authors = contributors_of([review.revision for review in waiting])
    return [review for review in waiting if user.pk not in authors[review.revision_id]]


_TEXTS = tuple(
    f"{revision}__{field}"
    for revision in ("revision", "revision__parent")
    for field in ("text", "segments", "base_version__text", "policy_version__rules")
)
"""What a list of reviews has no use for."""


def _publishable(user: User, mine: QuerySet[Variant]) -> Iterable[Review]:
    if not user.has_perm("registry.release"):
        return []
    approved = Review.objects.filter(stage=ReviewStage.APPROVED, variant__in=mine)
    return approved.select_related("variant__tenant", "variant__prompt", "opened_by").order_by(
        "opened_at"
    )


def _reviews(reviews: Iterable[Review]) -> list[Entry]:
    return [
        Entry(
            str(review.variant), f"asked by {review.opened_by.display_name}",
            review.get_absolute_url(),
        )
        for review in reviews
    ]  # fmt: skip


def _of_tracks(words: str, found: QuerySet[Track]) -> Group:
    """The first of them by name, how many there are, and the board of the oldest."""
    first = list(found[: SHOWN + 1])
    total = found.count() if len(first) > SHOWN else len(first)
    entries = [
        Entry(str(track.variant), f"moving to {track.campaign.goal}", track.get_absolute_url())
        for track in first
    ]
    url = f"{first[0].campaign.get_absolute_url()}?need=me" if first else ""
    return Group("signed_off", words, words, entries, url, total)


def _tracks(tracks: list[Track], stage: TrackStage) -> list[Entry]:
    return [
        Entry(str(track.variant), f"moving to {track.campaign.goal}", track.get_absolute_url())
        for track in tracks
        if track.stage == stage
    ]


def _drafts(user: User, mine: QuerySet[Variant]) -> list[Entry]:
    drafts = OverlayDraft.objects.filter(saved_by=user).select_related("overlay")
    lines: dict[tuple[int | None, int], OverlayDraft] = {
        (draft.overlay.tenant_id, draft.overlay.prompt_id): draft for draft in drafts
    }
    tenants = [draft.overlay.tenant_id for draft in lines.values()]
    variants = mine.filter(tenant_id__in=tenants).select_related("tenant", "prompt")
    found: dict[int, Entry] = {}
    for variant in variants:
        draft = lines.get((variant.tenant_id, variant.prompt_id))
        if draft is not None and draft.overlay.locale in ("", variant.locale):
            entry = Entry(str(variant), "not submitted", reverse("overlay-edit", args=[variant.pk]))
            found.setdefault(draft.pk, entry)
    return list(found.values())
