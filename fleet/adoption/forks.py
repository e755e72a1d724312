"""Read forked prompt files: one a tenant, byte for byte."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from registry.border import UnusableText, from_file

ENDINGS = (".md", ".txt")


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
    """The base's text and each fork's by tenant slug; `unreadable` says what was left out."""

    base: str
    texts: dict[str, str]
    unreadable: dict[str, str] = field(default_factory=dict)


def read_forks(base: Path, folder: Path) -> Forks:
    """Read the base file and every .md or .txt below `folder`.

    Raises UnusableText when the base itself cannot be read; a fork that cannot is listed.
    """
    texts: dict[str, str] = {}
    unreadable: dict[str, str] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix not in ENDINGS or path.resolve() == base.resolve():
            continue
        try:
            text = from_file(path.read_bytes(), path.name)
        except UnusableText as error:
            unreadable[path.name] = str(error)
            continue
        if path.stem in texts:
            unreadable[path.name] = "another file has the same name with another ending"
        elif not text:
            unreadable[path.name] = "the file is empty"
        else:
            texts[path.stem] = text
    return Forks(from_file(base.read_bytes(), base.name), texts, unreadable)


def read_tenants(path: Path) -> dict[str, TenantRow]:
    """Read a CSV with the columns slug, name, segment, locale, annual_revenue.

    Only `slug` is needed. UnusableText names the line that cannot be read.
    """
    rows = csv.DictReader(from_file(path.read_bytes(), path.name).splitlines())
    if "slug" not in (rows.fieldnames or []):
        raise UnusableText(f"{path.name} has no column called slug.")
    return {row["slug"]: _tenant(row, f"{path.name} line {rows.line_num}") for row in rows}


def _tenant(row: dict[str, str], place: str) -> TenantRow:
    try:
        revenue = Decimal(row.get("annual_revenue") or 0)
    except InvalidOperation:
        raise UnusableText(f"{place}: annual_revenue is not a number.") from None
    return TenantRow(
        row["slug"], row.get("name") or row["slug"], row.get("segment") or "imported",
        row.get("locale") or "en", revenue,
    )  # fmt: skip
