"""Who has to say yes to a Revision, and who of them has: the approval rules and the floor of one.

All rules that cover a Revision count. What is new in it against its parent decides which do,
and so do the tenant's segment and the revenue behind the variant. Where no rule covers it one
person who did not write it is still asked for: no operator can switch the second pair of eyes
off.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from fleet.overview.revenue import load_revenue
from fleet.review.models import Approval, ApprovalRule, Decision, Layer, Review
from registry.among import among
from registry.models import Revision, User, Variant
from registry.roles import ROLES

FLOOR = "Somebody else looks at it"
"""What the floor of one is called where no rule covers a Revision."""

_PINS = {
    Layer.POLICY: "policy_version_id",
    Layer.BASE: "base_version_id",
    Layer.OVERLAY: "overlay_version_id",
    Layer.MODEL: "model_target_id",
}
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class Light(NamedTuple):
    """Of a Revision only what says who decides: lists ask of hundreds."""

    pk: UUID
    parent_id: UUID | None
    variant_id: int
    policy_version_id: int
    base_version_id: int
    overlay_version_id: int | None
    model_target_id: int


@dataclass(frozen=True)
class Requirement:
    """One rule that covers a Revision, and who said yes so far in the review's round.

    `yes` holds only those who count for it: of the named `role`, where there is one.
    """

    name: str
    needed: int
    role: str
    yes: tuple[User, ...]

    @property
    def lacks(self) -> int:
        """How many people are still needed."""
        return max(0, self.needed - len(self.yes))

    @property
    def is_met(self) -> bool:
        """Whether enough people said yes."""
        return self.lacks == 0

    @property
    def missing(self) -> str:
        """Who is still needed, in words; empty when it is met."""
        return _people(self.lacks, self.role)


@dataclass(frozen=True)
class Progress:
    """How far the approvals are: “1 of 2”, and who is still needed, in words."""

    given: int
    needed: int
    missing: str

    @property
    def is_enough(self) -> bool:
        """Whether nobody is needed any more."""
        return not self.missing


def new_layers(revision: Revision | Light, parent: Revision | Pins | None) -> set[Layer]:
    """Which layers are new in a Revision against its parent; without one, all that it has."""
    return {
        layer for layer, pin in _PINS.items()
        if getattr(revision, pin) is not None
        and (parent is None or getattr(parent, pin) != getattr(revision, pin))
    }  # fmt: skip


def requirements(revision: Revision) -> list[Requirement]:
    """What is asked for before this Revision may go out."""
    return requirements_of([revision])[revision.pk]


def requirements_of(revisions: Sequence[Revision | Light]) -> dict[UUID, list[Requirement]]:
    """`requirements` of many Revisions in a number of queries that does not depend on how many."""
    rules = list(ApprovalRule.objects.filter(active=True))
    yes = _yes(revisions)
    parents = _parents(revisions)
    weights = _weights(revisions, rules)
    found = {}
    for revision in revisions:
        layers = new_layers(revision, parents.get(revision.parent_id))
        segment, revenue = weights[revision.variant_id]
        asked = [
            Requirement(rule.name, rule.needed, rule.role, _of_role(yes[revision.pk], rule.role))
            for rule in rules if _covers(rule, layers, segment, revenue)
        ]  # fmt: skip
        found[revision.pk] = asked or [Requirement(FLOOR, 1, "", tuple(yes[revision.pk]))]
    return found


def progress(asked: Sequence[Requirement]) -> Progress:
    """All requirements of one Revision as one count: a person of a role is a person too."""
    roles: dict[str, int] = {}
    for one in asked:
        roles[one.role] = max(roles.get(one.role, 0), one.lacks)
    anyone = max(0, roles.pop("", 0) - sum(roles.values()))
    words = [_people(count, role) for role, count in sorted(roles.items()) if count]
    if anyone:
        words.append(_people(anyone, ""))
    given = len({user.pk for one in asked for user in one.yes})
    lacks = sum(roles.values()) + anyone
    return Progress(given, given + lacks, " and ".join(words))


def progress_of(revisions: Sequence[Revision | Light]) -> dict[UUID, Progress]:
    """`progress` of many Revisions, for lists."""
    return {pk: progress(asked) for pk, asked in requirements_of(revisions).items()}


def approved_of(revisions: Sequence[Revision]) -> set[UUID]:
    """Ids of those of the Revisions that enough people said yes to."""
    return {pk for pk, far in progress_of(revisions).items() if far.is_enough}


def counting_of(revisions: Collection[UUID]) -> list[Approval]:
    """The yeses that may count: given in the review's present round (a batch has but one)."""
    given = (
        Approval.objects.filter(revision_id__in=list(revisions), decision=Decision.APPROVE)
        .select_related("by", "run", "revision")
        .defer("revision__text", "revision__segments")
        .prefetch_related("by__groups")
        .order_by("at")
    )
    rounds = _rounds(revisions)
    return [
        approval for approval in given
        if approval.round == rounds.get(approval.revision_id, 1)
        and approval.sha256 == approval.revision.sha256
        and approval.pins == approval.revision.pins
    ]  # fmt: skip


class Pins(NamedTuple):
    """The four pins of a Revision, under the names they have there."""

    policy_version_id: int
    base_version_id: int
    overlay_version_id: int | None
    model_target_id: int


_NAMES = tuple(name.removesuffix("_id") for name in Pins._fields)
"""As an Approval stores them."""


def _yes(revisions: Sequence[Revision | Light]) -> dict[UUID, list[User]]:
    """As `counting_of`, without a model object for each yes: lists ask for thousands."""
    found: dict[UUID, list[User]] = {revision.pk: [] for revision in revisions}
    given = Approval.objects.filter(among("revision_id", found), decision=Decision.APPROVE)
    rows = list(
        given.order_by("at").values_list(
            "revision_id", "by_id", "round", "sha256", "pins", "revision__sha256",
            *(f"revision__{pin}" for pin in Pins._fields),
        )
    )  # fmt: skip
    rounds = _rounds(found)
    people = User.objects.prefetch_related("groups").in_bulk({row[1] for row in rows})
    for pk, by, number, sha256, pins, now_sha256, *now in rows:
        of_now = dict(zip(_NAMES, now, strict=True))
        if number == rounds.get(pk, 1) and sha256 == now_sha256 and pins == of_now:
            found[pk].append(people[by])
    return found


def _rounds(revisions: Collection[UUID]) -> dict[UUID, int]:
    """The present round of their reviews; a batch has none."""
    reviews = Review.objects.filter(among("revision_id", revisions))
    return dict(reviews.order_by().values_list("revision_id", "round"))


def _parents(revisions: Sequence[Revision | Light]) -> dict[UUID | None, Pins]:
    ids = {revision.parent_id for revision in revisions if revision.parent_id is not None}
    rows = Revision.objects.filter(among("id", ids)).order_by().values_list("pk", *Pins._fields)
    return {pk: Pins(*pins) for pk, *pins in rows}


def _weights(
    revisions: Sequence[Revision | Light], rules: Iterable[ApprovalRule]
) -> dict[int, tuple[str, Decimal]]:
    """Variant -> its tenant's segment and the revenue behind it, in EUR a year.

    The platform default stands for the customers without a variant of that prompt.
    """
    ids = {one.variant_id for one in revisions}
    variants = Variant.objects.filter(among("id", ids, "bigint")).order_by()
    rows = list(
        variants.values_list("pk", "prompt_id", "tenant__segment", "tenant__annual_revenue")
    )
    default = any(segment is None for _, _, segment, _ in rows)
    counts = default and any(rule.min_revenue is not None for rule in rules)
    revenue = load_revenue() if counts else None
    found = {}
    for pk, prompt, segment, amount in rows:
        if segment is not None:
            found[pk] = segment, amount
        else:
            served = revenue.of(revenue.served_by_default(prompt)) if revenue else None
            found[pk] = "", served or Decimal()
    return found


def _covers(rule: ApprovalRule, layers: set[Layer], segment: str, revenue: Decimal) -> bool:
    return (
        (rule.layer == Layer.ANY or rule.layer in layers)
        and rule.segment in ("", segment)
        and (rule.min_revenue is None or revenue >= rule.min_revenue)
    )


def _of_role(people: Iterable[User], role: str) -> tuple[User, ...]:
    return tuple(user for user in people if not role or role in user.role_names)


def _people(count: int, role: str) -> str:
    """“one more person”, “a policy owner”, “two policy owners”; empty for nobody."""
    if not count:
        return ""
    if not role:
        return "one more person" if count == 1 else f"{_NUMBERS[min(count, 9)]} more people"
    label = ROLES[role][0].lower() if role in ROLES else role
    if count == 1:
        return f"{'an' if label[0] in 'aeiou' else 'a'} {label}"
    return f"{_NUMBERS[min(count, 9)]} {label}s"
