"""What waits for this person, and for nobody else's hand first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from fleet.campaign.models import Campaign, TrackStage
from fleet.overview.track_queue import (
    Found,
    Waiting,
    my_tracks,
    names_of,
    to_approve,
    to_cut_over,
    within_reach,
)
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
    queue = reverse("review-queue")
    stages = _stages_of_reviews(user)
    of_tracks = _of_tracks(user)
    groups = [
        _revoked(user),
        Group(
            "open", "to review", "to review",
            _reviews(_decidable(user)) if ReviewStage.OPEN in stages else [], queue,
        ),
        Group(
            "approved", "approved, to publish", "approved, to publish",
            _reviews(_publishable(user)) if ReviewStage.APPROVED in stages else [], queue,
        ),
        *of_tracks,
        Group("draft", "draft you left", "drafts you left", _drafts(user)),
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


def _stages_of_reviews(user: User) -> set[str]:
    """In which of the stages that wait for somebody there is a review: mostly in none."""
    waiting = Review.objects.filter(
        within_reach(user), stage__in=[ReviewStage.OPEN, ReviewStage.APPROVED]
    )
    return set(waiting.order_by().values_list("stage", flat=True).distinct())


def _decidable(user: User) -> list[Review]:
    """Open reviews this person may decide: holds the right and wrote no part of what is new."""
    if not user.has_perm("registry.approve"):
        return []
    open_ones = Review.objects.filter(within_reach(user), stage=ReviewStage.OPEN)
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


def _publishable(user: User) -> Iterable[Review]:
    if not user.has_perm("registry.release"):
        return []
    approved = Review.objects.filter(within_reach(user), stage=ReviewStage.APPROVED)
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


def _of_tracks(user: User) -> list[Group]:
    """What waits in migrations: which tracks, then the names of those that are shown."""
    mine = [Waiting(*row) for row in my_tracks(user)]
    groups = [
        ("needs_work", "needs work", "need work",
         *_first(mine, TrackStage.NEEDS_WORK)),
        ("awaiting_sign_off", "waits for sign-off", "wait for sign-off",
         *_first(mine, TrackStage.AWAITING_SIGN_OFF)),
        ("signed_off", *2 * ("to approve in a migration",), *_asked(to_approve(user))),
        ("signed_off", *2 * ("ready to cut over",), *_asked(to_cut_over(user))),
    ]  # fmt: skip
    variants, campaigns = names_of([one for *_, some, _ in groups for one in some])
    return [
        Group(
            state, one, many, [_entry(track, variants, campaigns) for track in some],
            _board(some, campaigns) if state == "signed_off" else "", total,
        )
        for state, one, many, some, total in groups
    ]  # fmt: skip


def _first(tracks: list[Waiting], stage: TrackStage) -> tuple[list[Waiting], int]:
    """Those of a stage that are named, and how many there are."""
    found = [track for track in tracks if track.stage == stage]
    return found[:SHOWN], len(found)


def _asked(found: Found) -> tuple[list[Waiting], int]:
    """As `_first`, of which only so many are read."""
    some = [Waiting(*row) for row in found[: SHOWN + 1]]
    return some[:SHOWN], found.count() if len(some) > SHOWN else len(some)


def _entry(track: Waiting, variants: dict[int, str], campaigns: dict[UUID, Campaign]) -> Entry:
    goal, url = campaigns[track.campaign].goal, reverse("track-detail", args=[track.track])
    return Entry(variants[track.variant], f"moving to {goal}", url)


def _board(tracks: list[Waiting], campaigns: dict[UUID, Campaign]) -> str:
    """The board of the one that stands longest, with what needs this person."""
    return f"{campaigns[tracks[0].campaign].get_absolute_url()}?need=me" if tracks else ""


def _drafts(user: User) -> list[Entry]:
    drafts = OverlayDraft.objects.filter(saved_by=user).select_related("overlay")
    lines: dict[tuple[int | None, int], OverlayDraft] = {
        (draft.overlay.tenant_id, draft.overlay.prompt_id): draft for draft in drafts
    }
    tenants = [draft.overlay.tenant_id for draft in lines.values()]
    mine = Variant.objects.visible_to(user)
    variants = mine.filter(tenant_id__in=tenants).select_related("tenant", "prompt")
    found: dict[int, Entry] = {}
    for variant in variants:
        draft = lines.get((variant.tenant_id, variant.prompt_id))
        if draft is not None and draft.overlay.locale in ("", variant.locale):
            entry = Entry(str(variant), "not submitted", reverse("overlay-edit", args=[variant.pk]))
            found.setdefault(draft.pk, entry)
    return list(found.values())
