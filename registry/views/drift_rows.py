"""Every live variant against its base, as figures."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, FilteredRelation, Q
from django.db.models.functions import Cast, Extract

from registry.drift import BaseText, Drift
from registry.models import BaseVersion, OverlayVersion, Prompt, User, Variant

NEVER_DRIFTED = Drift(0.0, 0, 0)

REMEMBERED = 100_000
"""Pairs of base and overlay whose figures this process keeps: some 20 MB at most."""

_known: dict[tuple[str, str], Drift] = {}
"""Versions never change, so a figure once worked out for their fingerprints stays true."""


class Row(NamedTuple):
    """One live variant. `written_at` is when its overlay was (seconds since 1970), `behind` how
    many base versions were published on its base's line since."""

    variant_id: int
    tenant: str
    slug: str
    segment: str
    locale: str
    lane: str
    revision_id: uuid.UUID
    number: int
    semver: str
    written_at: int | None
    behind: int
    drift: Drift

    @property
    def written(self) -> dt.datetime | None:
        """When the overlay was written; None without one."""
        return dt.datetime.fromtimestamp(self.written_at, dt.UTC) if self.written_at else None


def rows_of(user: User, prompt: Prompt, among: Collection[int] | None = None) -> list[Row]:
    """Every live variant of the prompt the person sees, or those `among` them, with its figures.

    Two queries whatever their number, and two more while this process meets a version for
    the first time.
    """
    live = list(_live(user, prompt, among))
    drifts = _drifts({(base, overlay) for *_, base, overlay in live if overlay})
    behind = _behind(prompt)
    return [
        Row._make((*shown, behind.get(base_id, 0), drifts.get((base, overlay), NEVER_DRIFTED)))
        for *shown, base_id, base, overlay in live
    ]


def _live(user: User, prompt: Prompt, among: Collection[int] | None) -> Iterable[tuple[Any, ...]]:
    """The columns of Row up to `written_at`, then the base and both fingerprints.

    Plain tuples, and a plain number for the time: objects for 18,000 rows take a second.
    """
    live = "live__revision__"
    overlay = f"{live}overlay_version__"
    found = Variant.objects.visible_to(user).filter(prompt=prompt, tenant__isnull=False)
    if among is not None:
        found = found.filter(pk__in=among)
    return (
        found.annotate(live=FilteredRelation("releases", condition=Q(releases__stage="live")))
        .filter(live__isnull=False)
        .annotate(written=Cast(Extract(f"{overlay}created_at", "epoch"), BigIntegerField()))
        .order_by()
        .values_list(
            "pk", "tenant__name", "tenant__slug", "tenant__segment", "locale", "lane",
            "live__revision_id", f"{live}number", f"{live}base_version__semver", "written",
            f"{live}base_version_id", f"{live}base_version__sha256", f"{overlay}sha256",
        )
    )  # fmt: skip


def _drifts(pairs: set[tuple[str, str]]) -> dict[tuple[str, str], Drift]:
    """The figures of each pair of base and overlay, worked out where not known yet."""
    missing = pairs - _known.keys()
    if missing:
        if len(_known) + len(missing) > REMEMBERED:
            _known.clear()
        found = BaseVersion.objects.filter(sha256__in={base for base, _ in missing})
        bases = {one.sha256: BaseText(one.text, one.slot_list) for one in found}
        overlays = OverlayVersion.objects.filter(sha256__in={overlay for _, overlay in missing})
        values = dict(overlays.order_by().values_list("sha256", "values"))
        _known.update(
            {(base, overlay): bases[base].drift(values[overlay]) for base, overlay in missing}
        )
    return {pair: _known[pair] for pair in pairs}


def _behind(prompt: Prompt) -> dict[int, int]:
    """For each base version, how many newer ones its line has that were not revoked."""
    lines: dict[int, list[tuple[int, int, bool]]] = {}
    versions = BaseVersion.objects.filter(base__prompt=prompt).order_by("base_id", "-number")
    for pk, line, number, revoked in versions.values_list("pk", "base_id", "number", "revocation"):
        lines.setdefault(line, []).append((pk, number, revoked is None))
    return {
        pk: sum(stands and other > number for _, other, stands in line)
        for line in lines.values()
        for pk, number, _ in line
    }
