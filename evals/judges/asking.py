"""What a judge is asked: its prompt with the judged texts in it, escaped.

The judged answer is written by a model that may have been talked into anything, so it must
not be able to end the element it stands in: in every value ``&``, ``<`` and ``>`` become
entities, and what looks like a variable is never filled in (`registry.render` goes once over
the text). Only the verdict that the judge's own reply consists of counts (`reading`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from registry.render import render

VERDICT_PLEASE = "Give your verdict, in the form the instructions ask for and nothing else."

LONGEST_VALUE = 20_000
"""Characters of one judged text; what follows is left out, and the judge is told so."""

CUT = "\n[The rest is left out.]"


def escaped(value: str) -> str:
    """A judged text as the judge sees it: no markup of its own, at most LONGEST_VALUE long."""
    if len(value) > LONGEST_VALUE:
        value = value[:LONGEST_VALUE] + CUT
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def asked(
    text: str, *, question: str, answer: str, criteria: str = "", reference: str = "",
    other: str = "",
) -> tuple[dict[str, Any], ...]:  # fmt: skip
    """The messages to a judge. `text` is its prompt with `{{question}}`, `{{answer}}` ..."""
    values = {
        "question": question, "answer": answer, "criteria": criteria, "reference": reference,
        "other": other,
    }  # fmt: skip
    filled = render(text, {name: escaped(value) for name, value in values.items()})
    return ({"role": "system", "content": filled}, {"role": "user", "content": VERDICT_PLEASE})


def asked_of_labelled(
    text: str, messages: Sequence[Mapping[str, Any]], variables: Mapping[str, Any]
) -> tuple[dict[str, Any], ...]:
    """The messages to a judge for a case of its labelled set.

    Such a case holds the conversation that people labelled: the last user message is the
    question, the last assistant message the answer; its variables give criteria, reference
    and other.
    """
    said = {str(one.get("role")): str(one.get("content", "")) for one in messages}
    named = {key: str(variables.get(key, "")) for key in ("criteria", "reference", "other")}
    return asked(text, question=said.get("user", ""), answer=said.get("assistant", ""), **named)
