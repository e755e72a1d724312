"""Whose fork is it: a tenant that is there, one the tenants' CSV names, or a new one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from fleet.adoption.forks import TenantRow
from fleet.adoption.models import ForkFile
from registry.models import Tenant


@dataclass(frozen=True)
class Owner:
    """A tenant, or the short name and facts a new one is made with."""

    tenant: Tenant | None
    slug: str
    facts: dict[str, Any] = field(default_factory=dict)


def owners_of(names: Iterable[str], rows: Mapping[str, TenantRow]) -> dict[str, Owner]:
    """Each fork's owner by its name: by short name first, then by the tenant's full name."""
    tenants = list(Tenant.objects.only("slug", "name", "locale"))
    by_slug = {tenant.slug: tenant for tenant in tenants}
    by_name = {tenant.name.casefold(): tenant for tenant in tenants}
    row_of = {row.name.casefold(): row for row in rows.values()}
    found = {}
    for name in names:
        row = rows.get(name) or row_of.get(name.casefold()) or rows.get(short_name(name))
        slug = row.slug if row else short_name(name)
        tenant = by_slug.get(slug) or by_name.get((row.name if row else name).casefold())
        found[name] = Owner(tenant, tenant.slug if tenant else slug, _facts(row))
    return found


def short_name(name: str) -> str:
    """A slug as a tenant may have it, out of any name; "" where no letter is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9._-]+", "-", plain).strip("-._")[:80]


def tenant_of(file: ForkFile) -> Tenant | TenantRow:
    """The fork's tenant, or what a new one is to be made from."""
    if file.tenant is not None:
        return file.tenant
    facts = dict(file.facts)
    revenue = Decimal(facts.pop("annual_revenue", "0"))
    return TenantRow(**{"name": file.name, **facts, "slug": file.slug, "annual_revenue": revenue})


def problem_with(slug: str) -> str:
    """Why no tenant can be called so; "" for a short name that will do."""
    if not slug:
        return "Say which tenant it belongs to."
    try:
        Tenant(slug=slug).clean_fields(exclude=["name", "segment", "locale", "timezone"])
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


def _facts(row: TenantRow | None) -> dict[str, Any]:
    if row is None:
        return {}
    facts = asdict(row)
    del facts["slug"]
    return facts | {"annual_revenue": str(row.annual_revenue)}
