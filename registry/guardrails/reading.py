"""Read a text once, sentence by sentence, for every check that needs its meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from registry.guardrails.findings import Severity
from registry.guardrails.polarity import forbids_what_follows
from registry.guardrails.sense import Sense, sense_of
from registry.guardrails.sentences import Sentence, quoted_spans, sentences_of
from registry.guardrails.text_view import View

WHOLE_QUOTE = 0.85  # a sentence quoted by this share says it, it does not cite it
LISTED_LINE = 60  # characters; a longer line below a heading is a sentence of its own


@dataclass(frozen=True, slots=True)
class Reading:
    """One sentence of a text: where it stands, what it means, which topics it breaks, if any."""

    sentence: Sentence
    sense: Sense
    breaches: Mapping[str, Severity]


def read(view: View, locale: str | None) -> list[Reading]:
    """The sentences that break any topic, and those that only speak of rules."""
    home = (locale or "").replace("_", "-").partition("-")[0].casefold()
    quotes = quoted_spans(view.text)
    met: list[tuple[Sentence, Sense | None]] = []
    forbidding = carried = False
    for sentence in sentences_of(view.text):
        if sentence.blank_before and not sentence.bullet:
            forbidding = False
        listed = sentence.bullet or sentence.end - sentence.start <= LISTED_LINE
        body = view.text[sentence.start : sentence.end]
        sense = sense_of(body, home, _inside(sentence, quotes), forbidding and listed, carried)
        carried = sense is not None and sense.names_the_rules
        if sentence.opens_list:
            colon = max(body.rfind(":"), body.rfind("："))
            forbidding = sense is not None and forbids_what_follows(sense.hits.all, colon)
        elif not listed:
            forbidding = False
        met.append((sentence, sense))
    return list(_breaking(met))


def _breaking(met: Sequence[tuple[Sentence, Sense | None]]) -> Iterator[Reading]:
    for place, (sentence, sense) in enumerate(met):
        if sense is None or not (sense.suspects or sense.speaks_of_rules):
            continue
        following = met[place + 1][1] if place + 1 < len(met) else None
        breaches = sense.breaches(following is not None and following.opens_with_refusal)
        if breaches or sense.speaks_of_rules:
            yield Reading(sentence, sense, breaches)


def _inside(sentence: Sentence, quotes: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Where a sentence quotes, counted from its start; a sentence that is all quote says it."""
    inside = [span for span in quotes if span[0] < sentence.end and sentence.start < span[1]]
    covered = sum(min(end, sentence.end) - max(start, sentence.start) for start, end in inside)
    if not inside or covered >= WHOLE_QUOTE * (sentence.end - sentence.start):
        return ()
    return tuple((start - sentence.start, end - sentence.start) for start, end in inside)
