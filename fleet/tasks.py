"""The only file that orders work across the apps. Each task is a doorbell.

`work` fetches one item by id and calls its action; `reconcile` rings again for what
nobody owns; `heartbeat` shows that beat and worker are alive.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from celery import shared_task
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from evals import trial
from evals.actions import (
    CHUNK_KIND,
    VERDICT_KIND,
    close_dead_chunk,
    verdict_key,
)
from evals.runner import answer_chunks
from fleet.adoption import job as adoption
from fleet.adoption.comparing import COMPARE_KIND
from fleet.adoption.finishing import ADOPT_KIND
from fleet.blast import job as blast
from fleet.blast.actions import BLAST_KIND
from fleet.bulk import job as bulk
from fleet.bulk.actions import ROW_KIND
from fleet.campaign import actions as campaign_actions
from fleet.campaign.evaluate_job import evaluate_tracks
from fleet.campaign.models import Track
from fleet.clock.reminders import remind_of_retirements
from fleet.letter import delivering as letters
from fleet.letter.outbox import LETTER_KIND
from fleet.letter.reminding import remind_of_ending_links
from fleet.mail import MAIL_KIND
from fleet.mailbox.pruning import prune_mails
from fleet.notify import chat, digest
from fleet.release.actions.advancing import ADVANCE_KIND, do_advance, ring_due
from fleet.rescoring import RESCORE_KIND, rescore_for
from fleet.review.actions import VOID_KIND, Blocked, keep_in_line
from fleet.review.actions.scheduling import (
    PUBLISH_KIND,
    give_up_publishing,
    publish_due,
    publish_scheduled,
)
from fleet.review.models import Review
from fleet.stream.pruning import prune_changes
from fleet.sweep.actions import SWEEP_KIND, leave_out, measure_variant, start_library_run
from fleet.verdict_job import after_verdict, after_verdicts, waited_for
from fleet.warming import warm_for, warm_for_open_tracks
from fleet.webhook import delivering
from fleet.webhook.fanout import WEBHOOK_KIND
from registry import work as work_items
from registry.keeping import kept
from registry.models import User, WorkItem, WorkState
from registry.roles import NotAllowed
from registry.transitions import IllegalMove

log = logging.getLogger(__name__)


def answer_chunk(item: WorkItem) -> None:
    """Ask a chunk's calls and those of others that wait; verdicts are acted on as they come.

    At once, not behind the other runs' chunks in the queue: people watch the board. Should
    this worker die here, the items stand and the reconciler rings for them.
    """
    for verdicts in answer_chunks(item):
        keys = [verdict_key(verdict.run_id) for verdict in verdicts]
        told = WorkItem.objects.filter(key__in=keys).values_list("pk", flat=True)
        mine = work_items.claim_all(told)
        waited = waited_for(mine)
        work_items.finish_all([one for one in mine if one not in waited])
        try_together(waited)


def try_together(items: Sequence[WorkItem]) -> None:
    """Act on several verdicts at once; should that fail, on each by itself."""
    try:
        after_verdicts(items)
    except Exception:
        log.exception("%s verdicts could not be acted on together.", len(items))
        for one in items:
            do(one)


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


@transaction.atomic
def publish_at_its_time(item: WorkItem) -> None:
    """Publish one scheduled review, or suspend it and say why."""
    review = Review.objects.get(pk=item.payload["review"])
    publish_scheduled(review, batch=item.payload["batch"])
    work_items.finish(item)


def look_for_stale(item: WorkItem) -> None:
    """Void the approvals that something just took the ground from."""
    keep_in_line()
    work_items.finish(item)


HANDLERS: dict[str, Callable[[WorkItem], object]] = {
    CHUNK_KIND: answer_chunk,
    VERDICT_KIND: after_verdict,
    campaign_actions.EVALUATE_KIND: evaluate_tracks,
    campaign_actions.CUT_OVER_KIND: cut_over_track,
    campaign_actions.STEP_KIND: campaign_actions.take_step,
    MAIL_KIND: send_mail,
    LETTER_KIND: letters.send_letter,
    chat.CHAT_KIND: chat.post,
    WEBHOOK_KIND: delivering.deliver,
    BLAST_KIND: blast.try_out,
    COMPARE_KIND: adoption.compare_forks,
    ADOPT_KIND: adoption.adopt_forks,
    ADVANCE_KIND: do_advance,
    ROW_KIND: bulk.do_row,
    PUBLISH_KIND: publish_at_its_time,
    VOID_KIND: look_for_stale,
    trial.TRIAL_KIND: trial.do_trial,
    SWEEP_KIND: measure_variant,
    RESCORE_KIND: rescore_for,
}


class WorkersLost(Exception):
    """Every worker that took the item ended before it was through: it may be what kills them."""


@shared_task(name="fleet.tasks.work")
def work(pk: int) -> None:
    """Do one work item, if it is free; a failure puts it back for later."""
    item = work_items.claim(pk)
    if item is not None:
        do(item)


def do(item: WorkItem) -> None:
    """Do a work item that is ours, and keep it ours while it is being done."""
    try:
        if item.attempts > work_items.ATTEMPTS:
            raise WorkersLost(f"{work_items.ATTEMPTS} workers ended before they were through.")
        with kept(item):
            warm_for(item.kind)
            HANDLERS[item.kind](item)
    except work_items.LeaseLost:
        log.warning("Lost the lease of %s: another worker has it.", item)
    except Exception as error:
        log.exception("Work item %s failed (attempt %s).", item, item.attempts)
        put_back(item, f"{type(error).__name__}: {error}")


@transaction.atomic
def put_back(item: WorkItem, error: str) -> None:
    """Leave the item for later; where it is given up, nobody may wait for it any longer."""
    work_items.fail(item, error)
    item.refresh_from_db(fields=["state"])
    if item.state == WorkState.DEAD and item.kind in AFTERMATH:
        AFTERMATH[item.kind](item)


def release_waiting_tracks(item: WorkItem) -> None:
    """The verdict is there but could not be taken over."""
    for track in Track.objects.filter(run=item.payload["run"]):
        campaign_actions.give_up_evaluation(track, why=GIVEN_UP)


def release_track(item: WorkItem) -> None:
    """The evaluation could not begin; one that began since is left alone."""
    for track in Track.objects.filter(pk=item.payload["track"], run__isnull=True):
        campaign_actions.give_up_evaluation(track, why=GIVEN_UP)


def refuse_cutover(item: WorkItem) -> None:
    """The cutover failed for no reason of its own: say so to whoever asked."""
    track = Track.objects.select_related("variant").get(pk=item.payload["track"])
    by = User.objects.get(pk=item.payload["by"])
    campaign_actions.note_refusal(track, by=by, why=GIVEN_UP)


def suspend_publish(item: WorkItem) -> None:
    """The scheduled publish failed for no reason of its own."""
    review = Review.objects.get(pk=item.payload["review"])
    give_up_publishing(review, batch=item.payload["batch"])


GIVEN_UP = "It failed several times and was given up. Ask for it again, or an operator for the log."

AFTERMATH: dict[str, Callable[[WorkItem], object]] = {
    CHUNK_KIND: close_dead_chunk,
    VERDICT_KIND: release_waiting_tracks,
    campaign_actions.EVALUATE_KIND: release_track,
    campaign_actions.CUT_OVER_KIND: refuse_cutover,
    BLAST_KIND: blast.give_up,
    COMPARE_KIND: adoption.give_up,
    ADOPT_KIND: adoption.give_up,
    ROW_KIND: bulk.give_up,
    WEBHOOK_KIND: delivering.give_up,
    LETTER_KIND: letters.give_up,
    PUBLISH_KIND: suspend_publish,
    trial.TRIAL_KIND: trial.give_up,
    SWEEP_KIND: leave_out,
}
"""What has to happen when an item of a kind is given up."""


@shared_task(name="fleet.tasks.reconcile")
def reconcile() -> None:
    """Ring again for every item that is due and that nobody owns."""
    work_items.ring(work_items.take_overdue())


@shared_task(name="fleet.tasks.advance_canaries")
def advance_canaries() -> None:
    """Take on the canaries whose soak time is over."""
    ring_due()


@shared_task(name="fleet.tasks.advance_tracks")
def advance_tracks() -> None:
    """Hand the tracks whose next step is due to the workers; make ready for their cutovers."""
    campaign_actions.ring_due()
    warm_for_open_tracks()


@shared_task(name="fleet.tasks.publish_due_reviews")
def publish_due_reviews() -> None:
    """Hand the reviews whose time has come to the workers."""
    publish_due()


@shared_task(name="fleet.tasks.keep_reviews_in_line")
def keep_reviews_in_line() -> None:
    """Void approvals that nobody rang for: a policy that came by import, a rule that changed."""
    keep_in_line()


@shared_task(name="fleet.tasks.heartbeat")
def heartbeat() -> None:
    """Prove that beat asks and a worker answers."""
    work_items.beat("worker")


@shared_task(name="fleet.tasks.send_digests")
def send_digests() -> None:
    """Hand the digests that are due to the outbox."""
    digest.send_digests()


@shared_task(name="fleet.tasks.prune_changes")
def prune_old_changes() -> None:
    """Drop changes that no caller can still be waiting for."""
    prune_changes()


@shared_task(name="fleet.tasks.measure_library")
def measure_library() -> None:
    """On the first days of a month: measure everything that is live, once."""
    start_library_run(timezone.localdate())


@shared_task(name="fleet.tasks.prune_mails")
def prune_old_mails() -> None:
    """Drop old mails of the simulated mailbox."""
    prune_mails()


@shared_task(name="fleet.tasks.remind_of_retirements")
def tell_of_retirements() -> None:
    """Tell people of models that are soon switched off, each step once."""
    remind_of_retirements()


@shared_task(name="fleet.tasks.remind_of_ending_links")
def tell_of_ending_links() -> None:
    """Remind customers whose link to sign is about to end, once."""
    remind_of_ending_links()
