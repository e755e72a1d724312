"""Build a summary of a conversation, for prompts that ask for one."""

from __future__ import annotations

import json
import re

from evals.simulator.answer import words_in
from evals.simulator.conduct import Conduct
from evals.simulator.language import language_of
from evals.simulator.phrasebook import intent_of, phrasebook

_TURN = re.compile(
    r"^(Customer|Agent|Kunde|Service|Klant|Medewerker|Client|Conseiller): (.+)$", re.M
)
_CUSTOMER = frozenset({"Customer", "Kunde", "Klant", "Client"})
_FIRST = re.compile(r"[^\n]{3,200}?(?:[.!?](?=\s|$)|。)")


def summarise(message: str, conduct: Conduct) -> str:
    """At most three points of the conversation in ``message``, then the next step."""
    asked = conduct.follows.get("language", {}).get("code", "customer")
    language = conduct.language if asked != "customer" else language_of(_spoken(message))
    say = phrasebook(language).furniture
    points = [_point(speaker, text, say, conduct) for speaker, text in _TURN.findall(message)]
    points = (points or [_clean(_first(message))])[:3]
    step = f"{say['next_step']}: {say['next_step_text']}"
    extra = list(phrasebook(language).extra) if "length" in conduct.dropped else []
    if "json" in conduct.reading.by_kind:
        return _as_json(points, step, message, say["json_prelude"], conduct)
    bullet = "{n}. " if "steps" in conduct.follows else "- "
    lines = [bullet.format(n=number) + text for number, text in enumerate(points, 1)]
    limit = conduct.follows.get("length", {}).get("words", 10**6)
    while len(lines) > 1 and words_in(" ".join([*lines, step])) > limit:
        lines.pop()
    closing = conduct.follows.get("closing", {}).get("text", "")
    return "\n".join(filter(None, [*lines, *extra, step, closing]))


def _spoken(message: str) -> str:
    return " ".join(text for _, text in _TURN.findall(message)) or message


def _first(text: str) -> str:
    found = _FIRST.search(text)
    return found[0].strip() if found else text[:200].strip()


def _point(speaker: str, text: str, say: dict[str, str], conduct: Conduct) -> str:
    label = say["customer_says"] if speaker in _CUSTOMER else say["agent_says"]
    return f"{_reworded(label, conduct)}: {_clean(_first(text))}"


def _reworded(label: str, conduct: Conduct) -> str:
    for avoid, prefer in conduct.follows.get("terminology", {}).get("pairs", ()):
        if label.casefold() == avoid.casefold():
            return str(prefer[:1].upper() + prefer[1:])
    return label


def _clean(text: str) -> str:
    """Leave out numbers that could be a card or an account; no summary needs them."""
    return re.sub(r"\d[\d -]{8,}\d", "[number removed]", text)


def _as_json(points: list[str], step: str, message: str, prelude: str, conduct: Conduct) -> str:
    values = {"summary": points, "next_step": step, "queue": intent_of(message).queue}
    asked = conduct.reading.last("json")
    keys = asked.params["keys"] if asked else ("summary", "next_step")
    document = json.dumps({key: values.get(key, "") for key in keys}, ensure_ascii=False, indent=1)
    return document if "json" in conduct.follows else f"{prelude}\n\n```json\n{document}\n```"
