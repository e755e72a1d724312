"""When a judge agrees well enough with people for its scores to gate. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals.judges.kappa import Agreement, agreement, in_words


@dataclass(frozen=True)
class Standard:
    """What a judge has to reach on its labelled set.

    `min_labels`: below it the interval says too little. `min_read`: share of its replies that
    are a verdict. `min_kappa` and `min_kappa_low`: kappa, and the low end of its interval.
    """

    min_labels: int = 30
    min_read: float = 0.95
    min_kappa: float = 0.6
    min_kappa_low: float = 0.4


@dataclass(frozen=True)
class Finding:
    """How a judge did: figures, whether it passed, and the whole in words."""

    labelled: int
    read: Agreement
    passed: bool
    said: str


def assessed(pairs: Sequence[tuple[str, str | None]], standard: Standard) -> Finding:
    """Hold a judge's verdicts against people's labels.

    `pairs`: people's label and the judge's; None where there was no verdict to read. Such pairs
    are left out of agreement and kappa and count against the share that could be read.
    """
    read = agreement([(one, other) for one, other in pairs if other is not None])
    missing = _missing(len(pairs), read, standard)
    return Finding(len(pairs), read, not missing, _said(len(pairs), read, missing))


def _missing(labelled: int, read: Agreement, standard: Standard) -> list[str]:
    found = []
    if labelled < standard.min_labels:
        found.append(f"at least {standard.min_labels} labelled answers")
    if labelled and read.pairs / labelled < standard.min_read:
        found.append(f"a readable verdict in {_percent(standard.min_read)} of them")
    if read.kappa is None or read.low is None:
        found.append("more than one label in use")
    elif read.kappa < standard.min_kappa:
        found.append(f"a kappa of {standard.min_kappa:g}")
    elif read.low < standard.min_kappa_low:
        found.append(f"certainty of a kappa over {standard.min_kappa_low:g} (more labels)")
    return found


def _said(labelled: int, read: Agreement, missing: Sequence[str]) -> str:
    figures = f"{read.pairs} of {labelled} verdicts could be read."
    if read.share is not None and read.kappa is None:
        figures = f"It agrees with people in {_percent(read.share)} of {read.pairs} answers."
    if read.share is not None and read.kappa is not None:
        figures = (
            f"It agrees with people in {_percent(read.share)} of {read.pairs} answers: kappa "
            f"{read.kappa:.2f} ({in_words(read.kappa)}), between {read.low:.2f} and "
            f"{read.high:.2f} with 95 % confidence."
        )
        if read.pairs < labelled:
            figures += f" Of {labelled - read.pairs} more there was no verdict to read."
    if missing:
        return f"Not calibrated. {figures} It needs {', '.join(missing)}."
    return f"Calibrated. {figures}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
