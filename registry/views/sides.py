"""What can stand on a side of a comparison, and how the address names it.

A side is a Revision by its id, `live-ID` (what is live of a variant), or a word that only
means something beside a Revision: `live` (of the same variant), `default` (the platform
default of the same prompt, live), `bare` (the same policy and base without an overlay),
`without-SLOT` (the default in place of the customer's words), `omit-SLOT` (the slot empty).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import cached_property

from django.db.models import QuerySet
from django.http import Http404

from registry.compose import Composed, Segment, Slot
from registry.leaving_out import Layers, without_slot, without_words
from registry.models import Revision, User, Variant
from registry.views.rows import live_of, visible_revisions


@dataclass(frozen=True)
class Side:
    """One side: a Revision as it is, or what `reduced` leaves of it."""

    token: str
    revision: Revision
    words: str = ""
    reduced: Composed | None = None
    is_live: bool = False

    @property
    def text(self) -> str:
        """The composed text."""
        return self.reduced.text if self.reduced else self.revision.text

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The composed text with the layer of each stretch."""
        return self.reduced.segments if self.reduced else tuple(self.revision.segment_list)

    @cached_property
    def slots(self) -> list[Slot]:
        """The slots of its base."""
        return self.revision.base_version.slot_list

    @property
    def short(self) -> str:
        """What it is called beside another of the same variant."""
        return self.words or f"Revision {self.revision.number}"

    @property
    def full(self) -> str:
        """What it is called beside one of another variant."""
        return f"{self.revision.variant}, {self.short[:1].lower()}{self.short[1:]}"


def layers_of(revision: Revision) -> Layers:
    """The texts a Revision pins."""
    overlay = revision.overlay_version
    return Layers(
        revision.policy_version.text, revision.base_version.text,
        revision.base_version.slot_list, overlay.values if overlay else {},
    )  # fmt: skip


def find_sides(user: User, a: str, b: str) -> tuple[Side, Side] | None:
    """Both sides; None where the address names no second one, Http404 for what is not there.

    Without a first one the older neighbour of the second stands in.
    """
    if not b:
        return None
    new, old = absolute_side(user, b), absolute_side(user, a)
    if new is None and old is None:
        raise Http404("Name a revision on one side at least.")
    if new is None:
        assert old is not None
        return old, _relative(user, b, old.revision)
    if old is None:
        return (_relative(user, a, new.revision) if a else _before(user, new)), new
    return old, new


def absolute_side(user: User, token: str) -> Side | None:
    """The Revision a token names by itself; None for a word that needs another side."""
    if token.startswith("live-"):
        variants = Variant.objects.filter(pk=_number(token.removeprefix("live-")))
        return _live(user, variants)
    try:
        key = uuid.UUID(token)
    except ValueError:
        return None
    return Side(token, _found(visible_revisions(user).filter(pk=key).first()))


def _live(user: User, variants: QuerySet[Variant]) -> Side:
    found = live_of(visible_revisions(user)).filter(variant__in=variants).first()
    revision = _found(found)
    return Side(str(revision.pk), revision, is_live=True)


def _relative(user: User, token: str, other: Revision) -> Side:
    """What a word means beside this Revision."""
    word, _, slot = token.partition("-")
    if token == "live":  # noqa: S105 (not a password)
        return _live(user, Variant.objects.filter(pk=other.variant_id))
    if token == "default":  # noqa: S105
        return _default(user, other.variant)
    layers = layers_of(other)
    if token == "bare":  # noqa: S105
        return Side(token, other, "The base without an overlay", layers.composed({}))
    known = {one.name: one.label or one.name for one in layers.slots}
    if word not in ("without", "omit") or slot not in known:
        raise Http404("There is nothing of this name to compare with.")
    if word == "omit":
        return Side(token, other, f"Without the slot “{known[slot]}”", without_slot(layers, slot))
    words = f"Without the customer's words in “{known[slot]}”"
    return Side(token, other, words, without_words(layers, slot))


def _default(user: User, variant: Variant) -> Side:
    """The platform default's live Revision: of the same locale and lane, if there is one."""
    found = live_of(visible_revisions(user)).filter(
        variant__tenant__isnull=True, variant__prompt_id=variant.prompt_id
    )
    same = (variant.lane, variant.locale)
    best = max(
        found.order_by("variant_id"),
        key=lambda one: [one.variant.lane == same[0], one.variant.locale == same[1]],
        default=None,
    )
    revision = _found(best)
    return Side(str(revision.pk), revision, is_live=True)


def _before(user: User, new: Side) -> Side:
    revision = new.revision
    older = visible_revisions(user).filter(
        variant=revision.variant_id, number__lt=revision.number
    )  # fmt: skip
    before = older.order_by("-number").first() or revision
    return Side(str(before.pk), before)


def _found(revision: Revision | None) -> Revision:
    if revision is None:
        raise Http404("There is no such revision.")
    return revision


def _number(text: str) -> int:
    """A row's id; 0, which no row has, for what cannot be one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
