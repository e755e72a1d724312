"""Drop old mails of the simulated mailbox: it is to look at, no archive."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from fleet.mailbox.models import LocalMail

KEEP = timedelta(days=30)
KEEP_ROWS = 2_000
"""Kept however old: a demo that is started now and then still shows its letters."""


def prune_mails(*, keep: timedelta = KEEP, keep_rows: int = KEEP_ROWS) -> int:
    """Delete mails that are older than `keep` and not among the last `keep_rows`; how many."""
    newest = LocalMail.objects.order_by("-pk").values_list("pk", flat=True)
    among_last = newest[keep_rows - 1 : keep_rows].first()
    if among_last is None:
        return 0
    old = LocalMail.objects.filter(pk__lt=among_last, at__lt=timezone.now() - keep)
    return old.delete()[0]
