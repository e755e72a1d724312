"""Which variants a drift page shows, in which order, without reading all that is said of each.

Variants of one customer that share base and overlay share every figure: they are counted,
filtered and sorted as one group, and set apart only where a page shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple, overload

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import BigIntegerField
from django.db.models.functions import Cast, Extract

from registry.among import among
from registry.drift import Drift
from registry.models import OverlayVersion, Prompt, Tenant, User
from registry.views.drift_rows import NEVER_DRIFTED, bases_of, drifts_of, live_of


class Member(NamedTuple):
    """One live variant of a group."""

    pk: int
    locale: str
    lane: str


class Group(NamedTuple):
    """Variants of a customer on one base with one overlay; `written_at` and `behind` as in Row."""

    tenant: str
    slug: str
    segment: str
    written_at: int
    behind: int
    drift: Drift
    members: list[Member]


SORTS: dict[str, Callable[[Group], Any]] = {
    "tenant": lambda group: group.tenant.casefold(),
    "segment": lambda group: group.segment,
    "locale": lambda group: "",
    "share": lambda group: group.drift.share,
    "slots": lambda group: group.drift.slots,
    "characters": lambda group: group.drift.characters,
    "age": lambda group: -group.written_at,
    "behind": lambda group: group.behind,
}
"""Column key of the address -> what groups are sorted by. Nothing else is taken from it."""

BY_MEMBER: dict[str, Callable[[Member], Any]] = {
    "tenant": lambda member: (member.locale, member.lane),
    "locale": lambda member: (member.locale, member.lane),
}
"""What the columns sort by of which a group holds several values."""


def groups_of(user: User, prompt: Prompt) -> list[Group]:
    """Every live variant of the prompt that the person sees; four queries.

    PostgreSQL groups, and gives keys only, the rest is read by key: of 10,000 variants a row
    each takes three times as long, and wide rows ten times.
    """
    live = "live__revision__"
    columns = ("tenant_id", f"{live}base_version_id", f"{live}overlay_version_id")
    rows = live_of(user, prompt).values_list(*columns)
    found = {
        (tenant, base, overlay): list(map(Member, *members))
        for tenant, base, overlay, *members in rows.annotate(
            **{f"{name}s": ArrayAgg(name) for name in ("pk", "locale", "lane")}
        )
    }
    bases = bases_of(prompt)  # after what stands on them, so that none is missing
    tenants = _tenants({tenant for tenant, _, _ in found})
    overlays = _overlays({overlay for _, _, overlay in found if overlay is not None})
    drifts = drifts_of(
        {(bases[base].sha256, overlays[overlay][0]) for _, base, overlay in found if overlay}
    )
    groups = []
    for (tenant, base_id, overlay), members in found.items():
        base = bases[base_id]
        sha256, written = overlays[overlay] if overlay is not None else ("", 0)
        drift = drifts.get((base.sha256, sha256), NEVER_DRIFTED)
        groups.append(Group(*tenants[tenant], written, base.behind, drift, members))
    return groups


def _tenants(ids: set[int]) -> dict[int, tuple[str, str, str]]:
    """Tenant -> name, slug and segment."""
    rows = Tenant.objects.filter(among("id", ids, "bigint")).order_by()
    read = rows.values_list("pk", "name", "slug", "segment")
    return {pk: (name, slug, segment) for pk, name, slug, segment in read}


def _overlays(ids: set[int]) -> dict[int, tuple[str, int]]:
    """Overlay version -> its fingerprint, and when it was written (seconds since 1970)."""
    written = Cast(Extract("created_at", "epoch"), BigIntegerField())
    rows = OverlayVersion.objects.filter(among("id", ids, "bigint")).order_by()
    return {
        pk: (sha256, at)
        for pk, sha256, at in rows.annotate(written=written).values_list("pk", "sha256", "written")
    }


class Ordered(Sequence[int]):
    """Variants in the order of a column, ties by customer, locale and lane.

    Only the groups that a slice reaches into are set apart.
    """

    def __init__(self, groups: Sequence[Group], sort: str) -> None:
        column, self._down = sort.lstrip("-"), sort.startswith("-")
        self._key, self._of_member = SORTS[column], BY_MEMBER.get(column)
        self._groups = sorted(groups, key=self._key, reverse=self._down)
        self._size = sum(len(group.members) for group in groups)

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> list[int]: ...
    def __getitem__(self, index: int | slice) -> int | list[int]:
        if isinstance(index, int):
            return self[index : index + 1][0]
        start, stop, _ = index.indices(self._size)
        return list(self._between(start, stop))

    def _between(self, start: int, stop: int) -> Iterator[int]:
        at = 0
        for _, alike in groupby(self._groups, key=self._key):
            run = list(alike)
            size = sum(len(group.members) for group in run)
            if at < stop and at + size > start:
                yield from self._set_apart(run)[max(0, start - at) : stop - at]
            at += size

    def _set_apart(self, run: list[Group]) -> list[int]:
        """The variants of groups that the column does not tell apart."""
        members = [
            (group.tenant.casefold(), member.locale, member.lane, member)
            for group in run for member in group.members
        ]  # fmt: skip
        members.sort()
        found = [member for *_, member in members]
        if self._of_member is not None:
            found.sort(key=self._of_member, reverse=self._down)
        return [member.pk for member in found]
