"""What happened to a variant, in sentences."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.urls import reverse

from fleet.authoring.sentences import SAID_ALREADY, SENTENCES
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
