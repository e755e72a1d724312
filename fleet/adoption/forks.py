"""What is handed in to be un-forked: the base's text, a text a fork, and the tenants' facts."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from fleet.adoption.reading import collect, decode, from_archive, from_folder
from fleet.adoption.reading.source import Source
from registry.border import UnusableText


@dataclass(frozen=True)
class TenantRow:
    """What the tenants' CSV says of one; revenue in EUR a year."""

    slug: str
    name: str
    segment: str = "imported"
    locale: str = "en"
    annual_revenue: Decimal = Decimal(0)


@dataclass(frozen=True)
class Forks:
    """The base's text (None: none was given) and each fork's by name; what was left out, why."""

    base: str | None
    texts: dict[str, str]
    unreadable: dict[str, str] = field(default_factory=dict)


def read_forks(base: Path | None, place: Path, leave: Collection[Path] = ()) -> Forks:
    """Read the base file and every prompt in `place`, a folder or a zip file.

    Raises UnusableText when the base or the archive cannot be read; a fork that cannot is
    listed. The base and what stands in `leave` are no forks.
    """
    text = None if base is None else decode(base.read_bytes(), base.name)
    if place.is_dir():
        sources = from_folder(place, [*leave, *([base] if base else [])])
    else:
        sources = from_archive(place.read_bytes(), place.name)
    return Forks(text, *collect(sources))


def forks_of(sources: Collection[Source], base: str | None) -> Forks:
    """The same from files that were uploaded."""
    return Forks(base, *collect(sources))


def read_tenants(path: Path) -> dict[str, TenantRow]:
    """Read a CSV with the columns slug, name, segment, locale, annual_revenue."""
    return tenants_of(path.read_bytes(), path.name)


def tenants_of(data: bytes, name: str) -> dict[str, TenantRow]:
    """The tenants in a CSV's bytes, by slug. Only `slug` is needed.

    UnusableText names the line that cannot be read.
    """
    text = decode(data, name).removeprefix("\ufeff")
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        if "slug" not in (rows.fieldnames or []):
            raise UnusableText(f"{name} has no column called slug.")
        return {row["slug"]: _tenant(row, f"{name} line {rows.line_num}") for row in rows}
    except csv.Error as error:
        raise UnusableText(f"{name} line {rows.line_num} is no CSV: {error}.") from None


def _tenant(row: dict[str, str], place: str) -> TenantRow:
    try:
        revenue = Decimal(row.get("annual_revenue") or 0)
        if not revenue.is_finite():
            raise InvalidOperation
    except InvalidOperation:
        raise UnusableText(f"{place}: annual_revenue is not a number.") from None
    return TenantRow(
        row["slug"], row.get("name") or row["slug"], row.get("segment") or "imported",
        row.get("locale") or "en", revenue,
    )  # fmt: skip
