"""What happened to a variant, in sentences."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.urls import reverse

from fleet.authoring.sentences import FALLS_BACK, SAID_ALREADY, SENTENCES
from fleet.campaign.models import Track
from fleet.signoff.trail import of_contacts
from registry.models import Event, Variant

PAGE_ROWS = 12

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
    """Page `number` of what happened to this variant and its customer's contacts, newest first."""
    about = Event.objects.filter(Q(variant=variant) | of_contacts(variant.tenant))
    told = about.exclude(Q(verb__in=SAID_ALREADY) | Q(**FALLS_BACK))
    page = Paginator(told.select_related("actor"), PAGE_ROWS).get_page(number)
    there = _tracks_there(page)
    return page, [entry(event, gone=_of_track(event) and event.subject_id not in there)
                  for event in page]  # fmt: skip


def _tracks_there(page: Iterable[Event]) -> set[str]:
    """Ids of the tracks told of that still exist: those of a plan that was given up are gone."""
    told = {event.subject_id for event in page if _of_track(event)}
    if not told:
        return set()
    return {str(pk) for pk in Track.objects.filter(pk__in=told).values_list("pk", flat=True)}


def _of_track(event: Event) -> bool:
    return event.subject_type == "track"


def entry(event: Event, *, gone: bool = False) -> Entry:
    """One event in words; a verb that is not in the table reads as its own name.

    `gone`: what it is about is there no more, so no link leads to it.
    """
    words = event.verb.replace("_", " ").replace(".", ": ")
    state, sentence = SENTENCES.get(event.verb, ("", f"{words}."))
    said = {"judgement": ""} | {k: v for k, v in event.data.items() if v is not None}
    known = defaultdict(lambda: "?", said)
    page, link = ("", "") if gone else PAGES.get(event.subject_type, ("", ""))
    return Entry(
        event.at, event.actor.display_name if event.actor else "",
        sentence.format_map(known).strip(), event.why, state,
        reverse(page, args=[event.subject_id]) if page else "", link,
    )  # fmt: skip
