"""Which served row answers a request: locale and tenant fallback, pure but for one query."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from fleet.delivery.problems import Problem
from fleet.release.models import Served
from fleet.release.serve import encode, etag_of
from registry.models import Lane, Prompt, Tenant


@dataclass(frozen=True)
class Wanted:
    """What a caller asks for; `tenant` None is the platform default."""

    slug: str
    tenant: str | None
    locale: str | None
    lane: str | None


@dataclass(frozen=True)
class Found:
    """The JSON body to send and its entity tag."""

    body: str
    etag: str


def find(wanted: Wanted) -> Found:
    """The answer for a request; a 404 or 410 Problem says what there is instead.

    A tenant's own variant is never dropped silently: the platform default answers only
    for a tenant that has no variant of this prompt at all.
    """
    rows = list(
        Served.objects.filter(prompt_slug=wanted.slug, tenant_slug__in=["", wanted.tenant or ""])
    )
    own = [row for row in rows if row.tenant_slug == (wanted.tenant or "")]
    if own:
        row = _choose(own, wanted, _home_locale(wanted))
        _refuse_gone(row)
        return Found(row.body, row.etag)
    _refuse_unknown(wanted, rows)
    default = _choose(rows, wanted, "en")
    _refuse_gone(default)
    return _echo(default, wanted.tenant)


def _home_locale(wanted: Wanted) -> str:
    if wanted.tenant is None:
        return "en"
    locale = Tenant.objects.filter(slug=wanted.tenant).values_list("locale", flat=True).first()
    return locale or "en"


def _choose(rows: Sequence[Served], wanted: Wanted, home: str) -> Served:
    lane = wanted.lane or Lane.PRIMARY
    lanes = sorted({row.lane for row in rows})
    if lane not in lanes:
        raise Problem(
            HTTPStatus.NOT_FOUND, f"There is no lane {lane} here. Lanes: {', '.join(lanes)}.",
            lanes=lanes,
        )  # fmt: skip
    by_locale = {row.locale: row for row in rows if row.lane == lane}
    for locale in _preferences(wanted.locale, home):
        if locale in by_locale:
            return by_locale[locale]
    return by_locale[min(by_locale)]


def _preferences(locale: str | None, home: str) -> list[str]:
    """`de-AT` -> de-AT, de, then the tenant's own locale and its language."""
    asked = [locale, locale.split("-")[0]] if locale else []
    return [*asked, home, home.split("-")[0], "en"]


def _refuse_gone(row: Served) -> None:
    if row.gone:
        raise Problem(
            HTTPStatus.GONE, "This prompt was withdrawn. Do not use a copy of it; ask its owner."
        )


def _refuse_unknown(wanted: Wanted, rows: Sequence[Served]) -> None:
    if not Prompt.objects.filter(slug=wanted.slug).exists():
        raise Problem(HTTPStatus.NOT_FOUND, f"There is no prompt called {wanted.slug}.")
    if wanted.tenant and not Tenant.objects.filter(slug=wanted.tenant).exists():
        raise Problem(HTTPStatus.NOT_FOUND, f"There is no tenant called {wanted.tenant}.")
    if not rows:
        raise Problem(HTTPStatus.NOT_FOUND, f"Nothing is live for {wanted.slug} yet.")


def _echo(row: Served, tenant: str | None) -> Found:
    """The platform default for a tenant without a variant: its name echoed, no overlay."""
    document = json.loads(row.body)
    document["tenant"] = tenant
    body = encode(document)
    return Found(body, etag_of(body))
