"""The JSON in an answer: the whole of it, or the first object or list that stands in it."""

from __future__ import annotations

import json
from typing import Any

LONGEST = 100_000
"""Characters of an answer that are read as JSON."""

MOST_STARTS = 200
"""Opening brackets that are tried where text may stand around the JSON."""


def value_in(text: str, *, anywhere: bool) -> Any:
    """The JSON value of an answer. ValueError where there is none (or it is nested too deep)."""
    text = text[:LONGEST]
    try:
        return json.loads(text) if not anywhere else _first_in(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _first_in(text: str) -> Any:
    decoder, place = json.JSONDecoder(), -1
    for _ in range(MOST_STARTS):
        starts = [at for at in (text.find("{", place + 1), text.find("[", place + 1)) if at >= 0]
        if not starts:
            break
        place = min(starts)
        try:
            return decoder.raw_decode(text, place)[0]
        except ValueError:
            continue
    return json.loads(text)
