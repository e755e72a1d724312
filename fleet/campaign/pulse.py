"""Whether anything that a board shows may have changed: one cheap query, asked each second."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from django.db import connection
from django.utils import timezone

from evals.models import CaseResult
from fleet.campaign.models import Campaign, Track, Wave
from fleet.campaign.rows import Row
from registry.models import Event, WorkItem

_SQL = """
SELECT
  (SELECT row(count(*), sum(xmin::text::bigint))::text FROM {track} WHERE campaign_id = %(pk)s),
  (SELECT row(count(*), sum(xmin::text::bigint))::text FROM {wave} WHERE campaign_id = %(pk)s),
  (SELECT xmin::text FROM {campaign} WHERE id = %(pk)s),
  (SELECT max(id) FROM {event}),
  (SELECT max(id) FROM {result}),
  (SELECT row(count(*), max(id))::text FROM {item} WHERE state = 'dead'),
  (SELECT row(count(*), max(id))::text FROM {item}
    WHERE state IN ('queued', 'leased') AND payload ? 'track')
"""
"""`xmin` is the transaction that last wrote a row (PostgreSQL manual, 5.6): it differs after
every change, whichever column it was and whoever made it. Approvals, reviews and releases leave
an event each, so the newest event stands for them."""

_TABLES = {
    "track": Track, "wave": Wave, "campaign": Campaign, "event": Event, "result": CaseResult,
    "item": WorkItem,
}  # fmt: skip


def pulse_of(campaign: Campaign, user_pk: int) -> str:
    """Differs whenever a board of this campaign may read differently, and once a minute.

    The minute is for what the clock alone changes: how long a canary still soaks.
    """
    sql = _SQL.format(**{name: model._meta.db_table for name, model in _TABLES.items()})
    with connection.cursor() as cursor:
        cursor.execute(sql, {"pk": campaign.pk})
        found = cursor.fetchone()
    return _short((found, user_pk, timezone.now().strftime("%d%H%M")))


def reading_of(rows: Iterable[Row], *more: object) -> str:
    """Differs whenever any of these rows would read differently."""
    said = [
        (str(row.line.pk), row.line.stage, row.turn.words, row.line.headline, row.yes.approved,
         row.line.wave, row.owners)
        for row in rows
    ]  # fmt: skip
    return _short((said, more))


def _short(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]
