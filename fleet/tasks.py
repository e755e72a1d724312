"""The only file that orders work across the apps. Each task is a doorbell.

`work` fetches one item by id and calls its action; `reconcile` rings again for what
nobody owns; `heartbeat` shows that beat and worker are alive.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from celery import shared_task
from django.core.mail import EmailMessage
from django.db import transaction

from evals.actions import CHUNK_KIND, VERDICT_KIND, close_dead_chunk, finish_chunk
from evals.models import EvalRun
from evals.runner import run_chunk
from fleet.campaign import actions as campaign_actions
from fleet.campaign.models import Track
from fleet.mail import MAIL_KIND
from fleet.review.actions import Blocked
from registry import work as work_items
from registry.models import User, WorkItem, WorkState
from registry.roles import NotAllowed
from registry.transitions import IllegalMove

log = logging.getLogger(__name__)


def answer_chunk(item: WorkItem) -> None:
    """Ask a chunk's calls; the last chunk of a run records the verdict."""
    finish_chunk(item, run_chunk(item))


@transaction.atomic
def after_verdict(item: WorkItem) -> None:
    """Move the tracks that waited for a verdict."""
    campaign_actions.settle(EvalRun.objects.select_related("verdict").get(pk=item.payload["run"]))
    work_items.finish(item)


@transaction.atomic
def evaluate_track(item: WorkItem) -> None:
    """Start a track's re-evaluation."""
    campaign_actions.start_evaluation(Track.objects.get(pk=item.payload["track"]))
    work_items.finish(item)


@transaction.atomic
def cut_over_track(item: WorkItem) -> None:
    """Cut one track over for the person who asked; what stands in the way is told them."""
    track = Track.objects.select_related("variant").get(pk=item.payload["track"])
    by = User.objects.get(pk=item.payload["by"])
    try:
        with transaction.atomic():
            campaign_actions.cut_over(track, by=by)
    except (Blocked, NotAllowed, IllegalMove) as why:
        campaign_actions.note_refusal(track, by=by, why=str(why))
    work_items.finish(item)


def send_mail(item: WorkItem) -> None:
    """Send one mail; its Message-ID is the item's key, so a second sending can be told."""
    payload = item.payload
    message = EmailMessage(
        payload["subject"], payload["body"], to=[payload["to"]],
        headers={"Message-ID": f"<{item.key}@prompt-fleet>"},
    )  # fmt: skip
    message.send()
    work_items.finish(item)


HANDLERS: dict[str, Callable[[WorkItem], None]] = {
    CHUNK_KIND: answer_chunk,
    VERDICT_KIND: after_verdict,
    campaign_actions.EVALUATE_KIND: evaluate_track,
    campaign_actions.CUT_OVER_KIND: cut_over_track,
    MAIL_KIND: send_mail,
}


@shared_task(name="fleet.tasks.work")
def work(pk: int) -> None:
    """Do one work item, if it is free; a failure puts it back for later."""
    item = work_items.claim(pk)
    if item is None:
        return
    try:
        HANDLERS[item.kind](item)
    except work_items.LeaseLost:
        log.warning("Lost the lease of %s: another worker has it.", item)
    except Exception as error:
        log.exception("Work item %s failed (attempt %s).", item, item.attempts)
        work_items.fail(item, f"{type(error).__name__}: {error}")
        close_if_dead(item)


def close_if_dead(item: WorkItem) -> None:
    """A chunk that was given up must not keep its run from a verdict: inconclusive."""
    item.refresh_from_db(fields=["state"])
    if item.kind == CHUNK_KIND and item.state == WorkState.DEAD:
        close_dead_chunk(item)


@shared_task(name="fleet.tasks.reconcile")
def reconcile() -> None:
    """Ring again for every item that is due and that nobody owns."""
    work_items.ring(work_items.take_overdue())


@shared_task(name="fleet.tasks.heartbeat")
def heartbeat() -> None:
    """Prove that beat asks and a worker answers."""
    work_items.beat("worker")
