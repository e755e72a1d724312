"""rouge_l: the longest common sequence of words.

Lin, "ROUGE: A Package for Automatic Evaluation of Summaries" (2004), section 3.1, as the F-measure
with beta = 1: precision is that sequence's share of the answer's words, recall its share of the
ideal answer's. Without stemming; the figures are those of Google's rouge-score for English.
"""

from __future__ import annotations

from rapidfuzz.distance import LCSseq

from evals.scorers.base import Answer, Expectation, Score, number_param, rescaled, text_param
from evals.scorers.tokens import words

AT_LEAST = 0.5


def rouge_l(expectation: Expectation, answer: Answer) -> Score:
    """0 to 1; 0.5 where ROUGE-L is ``at_least`` (0.5 where left out).

    Failure means that answer and ideal answer (``value``) share too few words in the same order.
    """
    at_least = number_param(expectation, "at_least", default=AT_LEAST, highest=1)
    found = f_measure(text_param(expectation, "value"), answer.text)
    return Score(rescaled(found, at_least), f"ROUGE-L {found:.2f}, at least {at_least:g}.")


def f_measure(ideal: str, text: str) -> float:
    """ROUGE-L of two texts, 0..1; 0 where either has no words."""
    wanted, said = words(ideal), words(text)
    if not wanted or not said:
        return 0.0
    return 2 * LCSseq.similarity(wanted, said) / (len(wanted) + len(said))
