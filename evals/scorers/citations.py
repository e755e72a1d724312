"""citation_present: does the answer name its source."""

from __future__ import annotations

import re

from evals.scorers.base import Answer, Expectation, Score, passed

_CITATION = re.compile(
    r"\[[^\]\n]{2,120}\]|\((?:source|quelle|fuente|fonte|bron|źródło): ?[^)\n]{2,120}\)", re.I
)


def citation_present(expectation: Expectation, answer: Answer) -> Score:
    """0 or 1. Failure means no source in square brackets or as “(Source: …)”.

    With ``value``, a source must hold that text, for example an article number.
    """
    sources = _CITATION.findall(answer.text[:20_000])
    wanted = expectation.get("value")
    if isinstance(wanted, str) and wanted:
        sources = [source for source in sources if wanted.casefold() in source.casefold()]
    return passed(bool(sources), "Names its source.", "Names no source.")
