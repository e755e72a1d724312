"""bleu: runs of one to four words that stand in an ideal answer too.

Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine Translation" (2002), for one
sentence: the geometric mean of the clipped n-gram precisions times the brevity penalty against
the nearest length. For short texts as sacrebleu does it (Post 2018; `sentence_bleu` with
`effective_order`): orders the answer is too short for are left out, and a precision of zero is
smoothed exponentially (1/2, 1/4 ... of one match: method 3 of Chen and Cherry 2014).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from evals.scorers.base import Answer, Expectation, Score, number_param, rescaled, values_param
from evals.scorers.tokens import signs_and_words

AT_LEAST = 0.3
LONGEST_RUN = 4


def bleu(expectation: Expectation, answer: Answer) -> Score:
    """0 to 1; 0.5 where BLEU is ``at_least`` (0.3 where left out).

    Failure means that too few phrases are those of one of the ideal answers (``values``).
    """
    at_least = number_param(expectation, "at_least", default=AT_LEAST, highest=1)
    found = sentence_bleu(values_param(expectation), answer.text)
    return Score(rescaled(found, at_least), f"BLEU {found:.2f}, at least {at_least:g}.")


def sentence_bleu(ideals: Sequence[str], text: str) -> float:
    """BLEU of one text against several ideal ones, 0..1."""
    said = signs_and_words(text)
    wanted = [signs_and_words(ideal) for ideal in ideals]
    orders = range(1, min(LONGEST_RUN, len(said)) + 1)
    logs, smooth = [], 1.0
    for order in orders:
        matches, total = _clipped(said, wanted, order)
        if matches == 0:
            smooth *= 2
        logs.append(math.log(matches / total if matches else 1 / (smooth * total)))
    if not logs or _clipped(said, wanted, 1)[0] == 0:
        return 0.0
    return _brevity(len(said), [len(one) for one in wanted]) * math.exp(sum(logs) / len(logs))


def _runs(words: Sequence[str], order: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[i : i + order]) for i in range(len(words) - order + 1))


def _clipped(said: Sequence[str], wanted: Sequence[Sequence[str]], order: int) -> tuple[int, int]:
    most: Counter[tuple[str, ...]] = Counter()
    for ideal in wanted:
        most |= _runs(ideal, order)
    runs = _runs(said, order)
    return sum((runs & most).values()), sum(runs.values())


def _brevity(said: int, lengths: Sequence[int]) -> float:
    nearest = min(lengths, key=lambda length: (abs(length - said), length))
    return 1.0 if said >= nearest else math.exp(1 - nearest / said)
