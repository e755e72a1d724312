"""All that an answer is made of, in one statement: the key, the tenant, the router, the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from psycopg.pq.abc import PGresult

from fleet.delivery.wanted import LONGEST_NAME, Wanted, preferences
from fleet.delivery.wire import Statement, execute


@dataclass(frozen=True, slots=True)
class Key:
    """What is kept of an API key; `tenant` empty: it is bound to none."""

    secret_sha256: str
    scopes: frozenset[str]
    revoked: bool
    tenant: str


class Place(NamedTuple):
    """A variant's names beside its prompt's; `tenant` empty is the platform default."""

    tenant: str
    locale: str
    lane: str


@dataclass(frozen=True, slots=True)
class Row:
    """One lane of whom the answer is for: the served row in the best locale there is.

    `stands_behind`: it can be an entry of another lane's fallbacks.
    The three texts are None where they were not asked for.
    """

    tenant: str
    locale: str
    lane: str
    etag: str
    gone: bool
    canary_share: float
    canary_etag: str
    stands_behind: bool
    body: bytes | None
    canary_body: bytes | None
    as_fallback: bytes | None

    @property
    def place(self) -> Place:
        """The variant's names."""
        return Place(self.tenant, self.locale, self.lane)


@dataclass(frozen=True, slots=True)
class Ground:
    """What PostgreSQL says at one moment. `cursor`: the newest change of the feed by then.

    `home` and `segment` are None for an unknown tenant, `rules` where no router is in force
    (JSON texts, as stored). `rows` has a row a lane: the tenant's, or, where the tenant has
    none of this prompt in any locale or lane, the platform default's.
    """

    key: Key | None
    prompt_known: bool
    home: str | None
    segment: str | None
    rules: str | None
    fallbacks: str | None
    cursor: int
    rows: Sequence[Row]


LOOK = Statement(
    b"fleet_fetch",
    b"""
SELECT k.secret_sha256, array_to_string(k.scopes, ' '), k.revoked_at IS NOT NULL, b.slug,
       EXISTS (SELECT FROM registry_prompt WHERE slug = $2::text), t.locale, t.segment,
       r.rules, r.fallbacks, (SELECT max(cursor) FROM fleet_change),
       s.tenant_slug, s.locale, s.lane, s.etag, s.gone, s.canary_share, s.canary_etag,
       s.as_fallback <> '',
       CASE WHEN $6::bool AND s.lane = coalesce(w.lane, s.lane) THEN s.body END,
       CASE WHEN $6::bool AND s.lane = coalesce(w.lane, s.lane) THEN s.canary_body END,
       CASE WHEN $6::bool AND s.lane <> coalesce(w.lane, '') THEN s.as_fallback END
FROM (SELECT) AS nothing
LEFT JOIN fleet_apikey k ON k.prefix = $1::text
LEFT JOIN registry_tenant b ON b.id = k.tenant_id
LEFT JOIN registry_tenant t ON t.slug = $3::text
LEFT JOIN LATERAL (
    SELECT v.rules, v.fallbacks FROM fleet_routerrelease f
    JOIN fleet_routerversion v ON v.id = f.version_id
    LEFT JOIN registry_prompt p ON p.id = f.prompt_id
    WHERE f.stage = 'live' AND (f.prompt_id IS NULL OR p.slug = $2::text)
    ORDER BY f.prompt_id IS NULL LIMIT 1
) r ON true
LEFT JOIN LATERAL (
    SELECT CASE WHEN $5::text <> '' THEN $5::text
                WHEN coalesce(r.rules, '[]') = '[]' THEN 'primary' END AS lane
) w ON true
LEFT JOIN LATERAL (
    SELECT DISTINCT ON (lane) * FROM fleet_served
    WHERE prompt_slug = $2::text AND tenant_slug = CASE WHEN EXISTS (
        SELECT FROM fleet_served WHERE prompt_slug = $2::text AND tenant_slug = $3::text
    ) THEN $3::text ELSE '' END
    ORDER BY lane, array_position(
        string_to_array($4::text, ',') || CASE WHEN t.locale IS NULL THEN '{en}' ELSE
        ARRAY[t.locale, regexp_replace(t.locale, '-[^-]*$', ''), split_part(t.locale, '-', 1),
              'en'] END,
        locale::text), locale
) s ON true
""",
)
"""`$1` the key's prefix, `$2` prompt, `$3` tenant, `$4` locales asked for, best first, `$5` lane,
`$6` whether the texts are wanted: the body of the lane asked for, or of every lane while a router
has still to choose, and the other lanes as fallbacks."""


def look(prefix: str, wanted: Wanted, lane: str, *, texts: bool) -> Ground:
    """The ground of one answer, in one round trip. Raises django.db's DatabaseError."""
    # A name with a character more than one can have is as unknown as the whole.
    slug, tenant, lane = (name[: LONGEST_NAME + 1] for name in (wanted.slug, wanted.tenant, lane))
    told = [prefix, slug, tenant, ",".join(preferences(wanted.locale)), lane, "t" if texts else "f"]
    result = execute(LOOK, [text.encode() for text in told])
    return _ground(result)


def _ground(result: PGresult) -> Ground:
    value = result.get_value
    head = [text_of(value(0, column)) for column in range(10)]
    *key, known, home, segment, rules, fallbacks, cursor = head
    rows: tuple[Row, ...] = ()
    if value(0, 10) is not None:
        rows = tuple(_row([value(n, c) for c in range(10, 21)]) for n in range(result.ntuples))
    return Ground(
        key_of(*key), known == "t", home, segment, rules, fallbacks, int(cursor or 0), rows
    )


def key_of(
    secret: str | None, scopes: str | None, revoked: str | None, bound: str | None
) -> Key | None:
    """The key of the first four columns; None where there is no such prefix."""
    if not secret:
        return None
    return Key(secret, frozenset((scopes or "").split()), revoked == "t", bound or "")


def _row(cells: Sequence[bytes | None]) -> Row:
    tenant, locale, lane, etag, gone, share, canary_etag, behind, *texts = cells
    return Row(
        _known(tenant), _known(locale), _known(lane), _known(etag), gone == b"t",
        float(share or 0), _known(canary_etag), behind == b"t", *texts,
    )  # fmt: skip


def text_of(cell: bytes | None) -> str | None:
    """A column as text; None for NULL."""
    return None if cell is None else cell.decode()


def _known(cell: bytes | None) -> str:
    return (cell or b"").decode()
