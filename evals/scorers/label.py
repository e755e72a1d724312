"""label: does a classifying prompt give the right one of its labels."""

from __future__ import annotations

import re

from evals.scorers.base import (
    Answer,
    Expectation,
    ExpectationError,
    Score,
    passed,
    text_param,
    values_param,
)
from evals.scorers.json_text import value_in

LONGEST = 20_000


def label(expectation: Expectation, answer: Answer) -> Score:
    """0 or 1. Failure means that the answer gives another label than ``value``, several, or none.

    With ``labels`` (all there are) the one label that occurs in the answer counts, as words of its
    own; without them the whole answer must be the label. With ``field`` the answer is JSON alone
    and the label its field. Case and a full stop at the end do not count.
    """
    wanted = text_param(expectation, "value")
    labels = values_param(expectation, "labels") if expectation.get("labels") else []
    if labels and wanted not in labels:
        raise ExpectationError("`label` needs `value` to be one of `labels`.")
    given = given_label(answer.text, labels, str(expectation.get("field") or ""))
    if given is None:
        return Score(0.0, "Gives no label, or several.")
    return passed(_plain(given) == _plain(wanted), f"Says {wanted}.", f"Says {given[:80]}.")


def given_label(text: str, labels: list[str], field: str = "") -> str | None:
    """The label an answer gives, None where it gives none or several."""
    text = text.strip()[:LONGEST]
    if field:
        try:
            document = value_in(text, anywhere=False)
        except ValueError:
            return None
        found = document.get(field) if isinstance(document, dict) else None
        text = found if isinstance(found, str) else ""
    for one in labels:
        if _plain(one) == _plain(text):
            return one
    if not labels or field:
        return text or None
    said = [one for one in labels if re.search(rf"(?<!\w){re.escape(one)}(?!\w)", text, re.I)]
    return said[0] if len(said) == 1 else None


def _plain(text: str) -> str:
    return text.strip().removesuffix(".").casefold()
