"""What happened to a variant, in sentences: one table from verb to words."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.urls import reverse

from registry.models import Event, Variant

PAGE_ROWS = 12

SENTENCES: Mapping[str, tuple[str, str]] = {
    "draft.discarded": ("cancelled", "threw the draft away."),
    "revision.frozen": ("draft", "froze revision {number}."),
    "revision.adopted": ("adopted", "took over what served before, without evidence."),
    "revision.revoked": ("revoked", "revoked a revision: it can never serve again."),
    "review.opened": ("open", "asked for a review of revision {revision}."),
    "review.open": ("open", "opened the review again."),
    "review.withdrawn": ("withdrawn", "took the review back."),
    "review.risk_accepted": ("approved", "accepted a verdict on too few cases."),
    "review.scheduled": ("scheduled", "scheduled it."),
    "review.voided": ("withdrawn", "found the approvals void: everybody decides anew."),
    "review.commented": ("open", "wrote a comment."),
    "objection.raised": ("changes-requested", "asked for changes."),
    "objection.lifted": ("approved", "lifted the objection."),
    "objection.outvoted": ("approved", "outvoted the objection."),
    "break_glass.broken": (
        "rolled-back",
        "broke the glass for revision {revision}.",
    ),
    "break_glass.reviewed": ("done", "looked at what went out past the gate."),
    "approval.approve": ("approved", "approved."),
    "approval.reject": ("rejected", "rejected the review."),
    "evalrun.started": ("running", "started an eval run of {calls} calls."),
    "evalrun.paused": ("paused", "paused the eval run."),
    "evalrun.running": ("running", "let the eval run go on."),
    "evalrun.cap_raised": ("running", "raised the eval run's cost cap."),
    "evalrun.done": ("done", "finished the eval run."),
    "evalrun.cancelled": ("cancelled", "cancelled the eval run."),
    "judge.calibrated": ("done", "held this judge against people's labels."),
    "judge.rescored": ("running", "had {runs} runs scored again by this judge."),
    "preference.finished": ("done", "compared {choices} pairs of answers blind."),
    "release.adopted": ("live", "made revision {revision} live as it was found."),
    "release.promoted": ("live", "made revision {revision} live. {judgement}"),
    "release.staging_started": ("draft", "put revision {revision} on staging."),
    "release.staging_ended": ("cancelled", "took revision {revision} off staging."),
    "release.shadow_started": ("shadow", "ran revision {revision} in the shadow."),
    "release.shadow_ended": ("cancelled", "ended the shadow of revision {revision}."),
    "release.canary_started": (
        "canary",
        "started a canary of revision {revision} with {percent} of sessions.",
    ),
    "release.widened": (
        "canary",
        "took the canary of revision {revision} from {from_percent} to {percent}.",
    ),
    "release.canary_stopped": (
        "rolled-back",
        "stopped the canary of revision {revision} at {percent} of sessions.",
    ),
    "release.rollback": ("rolled-back", "rolled back from revision {from_revision} to {revision}."),
    "release.break_glass": ("live", "made revision {revision} live by break-glass."),
    "track.opened": ("queued", "put this variant into a migration or roll-out."),
    "track.needs_work": ("needs-work", "found that it needs work before it can move."),
    "track.awaiting_sign_off": ("awaiting-sign-off", "asked for the customer's sign-off."),
    "track.signed_off": ("signed-off", "recorded the customer's yes."),
    "track.cut_over": ("cut-over", "cut it over to the new model."),
    "track.cut_over_refused": ("no-go", "asked for the cutover; it was refused."),
    "track.rolled_back": ("rolled-back", "rolled its migration back."),
    "track.cancelled": ("cancelled", "took it out of the migration or roll-out."),
    "overlay.merged": ("done", "merged the overlay of {place} into the shared one."),
    "overlay.parted": ("draft", "took the merge of the overlay of {place} back."),
    "overlay.draft_opened": ("draft", "opened a draft so that overlays become the same."),
    "base.default_drafted": ("draft", "put what tenants say into the default of {slot}."),
    "unforking.opened": ("open", "handed in {forks} forks."),
    "unforking.open": ("open", "opened it for decisions."),
    "unforking.slot_renamed": ("draft", "renamed the slot {old} to {new}."),
    "unforking.slot_dropped": ("draft", "gave the text of the slot {slot} back to the base."),
    "unforking.adjusted": ("draft", "gave {fork} other values."),
    "unforking.owner_chosen": ("draft", "said that {fork} belongs to {tenant}."),
    "unforking.decided": ("draft", "decided on {forks} forks: {choice}."),
    "unforking.adopting": ("running", "began to take over what was accepted."),
    "unforking.taken_over": ("live", "took over {adopted} forks."),
    "unforking.done": ("done", "closed it."),
    "unforking.cancelled": ("cancelled", "cancelled it."),
    "effort.noted": ("done", "noted {hours} hours."),
    "effort.corrected": ("draft", "corrected a note of {before} hours: it was {hours}."),
    "effort.taken_back": ("cancelled", "took a note of {hours} hours back."),
    "letter.owed": ("open", "wrote a letter to {to}: {what}."),
    "letter.not_sent": ("dead", "could not send the letter to {to}: {what}."),
    "feedback.recorded": ("waiting", "wrote down what the customer said ({kind})."),
    "variant.active": ("live", "let it answer again."),
    "variant.withdrawn": ("withdrawn", "withdrew it: callers get “gone”."),
    "variant.retired": ("retired", "retired it."),
}
"""Verb -> (state that gives sign and colour, sentence that follows the actor's name).

Words in braces come from the event's data; where one is missing it reads “?”.
"""

SAID_ALREADY = (
    "review.approved", "review.rejected", "review.published", "review.changes_requested",
    "review.thread_resolved", "review.thread_reopened", "release.superseded",
    "release.rolled_back", "release.live", "track.evaluating",
    "letter.sent",
)  # fmt: skip
"""Arrows that another event of the same deed tells better: left out."""

PAGES = {
    "review": ("review-detail", "The review"),
    "revision": ("revision-detail", "The revision"),
    "evalrun": ("eval-run-detail", "The run"),
    "track": ("track-detail", "The track"),
    "letter": ("letter-detail", "The letter"),
}
"""Subject type -> the page that shows it, and what the link is called."""


@dataclass(frozen=True)
class Entry:
    """One line of the timeline, as `_parts/_timeline.html` prints it."""

    when: dt.datetime
    who: str
    sentence: str
    why: str
    state: str
    url: str
    link: str


def timeline(variant: Variant, number: str | None = None) -> tuple[Page[Event], list[Entry]]:
    """Page `number` of what happened to this variant, newest first."""
    events = variant.events.exclude(verb__in=SAID_ALREADY).select_related("actor")
    page = Paginator(events, PAGE_ROWS).get_page(number)
    return page, [entry(event) for event in page]


def entry(event: Event) -> Entry:
    """One event in words; a verb that is not in the table reads as its own name."""
    words = event.verb.replace("_", " ").replace(".", ": ")
    state, sentence = SENTENCES.get(event.verb, ("", f"{words}."))
    said = {"judgement": ""} | {k: v for k, v in event.data.items() if v is not None}
    known = defaultdict(lambda: "?", said)
    page, link = PAGES.get(event.subject_type, ("", ""))
    return Entry(
        event.at, event.actor.display_name if event.actor else "",
        sentence.format_map(known).strip(), event.why, state,
        reverse(page, args=[event.subject_id]) if page else "", link,
    )  # fmt: skip
