"""What a side of a comparison may become: found by customer, prompt and number."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.http import urlencode

from registry.days import day
from registry.models import Revision, User, Variant
from registry.views.rows import live_of, visible_revisions
from registry.views.sides import Side

VARIANTS = 10
"""Variants one search names."""

REVISIONS = 6
"""Newest revisions named of each."""

KEPT = ("layer", "view", "context", "show")
"""What a new choice keeps of the address."""

WORDS = 6
"""Words of a search that count; further ones would only make it slow."""


@dataclass(frozen=True)
class Choice:
    """One thing to click."""

    words: str
    url: str
    detail: str = ""


@dataclass
class Group:
    """A variant, or a kind of comparison, with what can be chosen of it."""

    name: str
    choices: list[Choice] = field(default_factory=list)


@dataclass(frozen=True)
class Asked:
    """The search: `side` is a or b, `other` the token on the other side ("" for none)."""

    user: User
    side: str
    other: str
    kept: Mapping[str, str]

    def url(self, token: object) -> str:
        """The compare page with this side become `token`."""
        across = "b" if self.side == "a" else "a"
        sides = {self.side: str(token)} | ({across: self.other} if self.other else {})
        return f"{reverse('compare')}?{urlencode(sides | dict(self.kept))}"


def asked_of(user: User, query: Mapping[str, str]) -> Asked:
    """Read the fragment's address."""
    side = "a" if query.get("side") == "a" else "b"
    other = query.get("b" if side == "a" else "a", "")
    return Asked(user, side, other, {key: query[key] for key in KEPT if query.get(key)})


def suggestions(asked: Asked, beside: Side | None) -> list[Group]:
    """What one most often wants beside a Revision, before anything is typed."""
    if beside is None:
        return []
    variant, own = beside.revision.variant, beside.revision
    near = Q(variant=variant) | Q(variant__tenant__isnull=True, variant__prompt=variant.prompt_id)
    live = live_of(visible_revisions(asked.user)).filter(near).exclude(pk=own.pk)
    tenants = set(live.order_by().values_list("variant__tenant_id", flat=True))
    offers = [
        (variant.tenant_id in tenants, "What is live now", "live", str(variant)),
        (own.overlay_version_id, "The base without an overlay", "bare", "same policy and base"),
        (
            variant.tenant_id and None in tenants, "The platform default, live", "default",
            variant.prompt.slug,
        ),
    ]  # fmt: skip
    choices = [Choice(words, asked.url(token), why) for there, words, token, why in offers if there]
    beside_it = [Group("Beside it", choices)] if choices else []
    return [*beside_it, *_groups(asked, [variant])]


def search(asked: Asked, q: str, beside: Side | None) -> list[Group]:
    """Variants that every word of `q` names, or a Revision by its number or id."""
    words = q.split()[:WORDS]
    exact = _by_id(asked, words)
    if exact:
        return exact
    variants = _named(asked.user, words, beside)
    if variants or len(words) < 2 or not _is_number(words[-1]):
        return _groups(asked, variants)
    return _groups(asked, _named(asked.user, words[:-1], beside), int(words[-1]))


def _named(user: User, words: Iterable[str], beside: Side | None) -> list[Variant]:
    found = Variant.objects.visible_to(user).select_related("tenant", "prompt")
    for word in words:
        names = (
            Q(tenant__name__icontains=word) | Q(tenant__slug__icontains=word)
            | Q(prompt__slug__icontains=word) | Q(prompt__name__icontains=word)
            | Q(locale__iexact=word) | Q(lane__iexact=word)
        )  # fmt: skip
        if word.lower() in ("platform", "default"):
            names |= Q(tenant__isnull=True)
        found = found.filter(names)
    prompt = beside.revision.variant.prompt_id if beside else 0
    near = Case(
        When(prompt_id=prompt, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    order = (F("tenant__name").asc(nulls_first=True), "prompt__slug", "locale", "lane")
    return list(found.order_by(near, *order)[:VARIANTS])


def _groups(asked: Asked, variants: list[Variant], number: int | None = None) -> list[Group]:
    """The variants with their live and newest revisions, in two queries."""
    revisions = Revision.objects.filter(variant__in=variants).defer("text", "segments")
    live = {one.pk for one in live_of(revisions)}
    shown = revisions.filter(number=number) if number is not None else _newest(revisions, live)
    groups = {variant.pk: Group(str(variant)) for variant in variants}
    for one in shown.select_related("model_target").order_by("variant_id", "-number"):
        words = f"Revision {one.number}"
        detail = f"{day(one.created_at)}, {one.model_target}"
        choice = Choice(f"{words}, live" if one.pk in live else words, asked.url(one.pk), detail)
        groups[one.variant_id].choices.append(choice)
    return [group for group in groups.values() if group.choices]


def _newest(revisions: QuerySet[Revision], live: set[uuid.UUID]) -> QuerySet[Revision]:
    place = Window(RowNumber(), partition_by=F("variant_id"), order_by=F("number").desc())
    ranked = revisions.annotate(place=place)
    return ranked.filter(Q(place__lte=REVISIONS) | Q(pk__in=live))


def _by_id(asked: Asked, words: list[str]) -> list[Group]:
    try:
        key = uuid.UUID(words[0] if len(words) == 1 else "")
    except ValueError:
        return []
    one = visible_revisions(asked.user).filter(pk=key).first()
    if one is None:
        return []
    return [Group(str(one.variant), [Choice(f"Revision {one.number}", asked.url(one.pk))])]


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 9
