"""From sentences to how suspicious each is; what was worked out once is kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

from registry.guardrails.semantics import encoder, model

available = encoder.available

MOST_SENTENCES_KNOWN = 8192
MOST_CHARACTERS_READ = 600
"""Of a sentence: what follows is no longer one thought, and would cost time without bound."""

Suspicion = Callable[[Sequence[str]], Sequence[float]]


class Judge:
    """Probabilities by sentence, the last few thousand remembered. Safe between threads."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, sentences: Sequence[str]) -> list[float]:
        """How likely each sentence is one that breaks a policy, 0 to 1."""
        asked = [_storable(sentence) for sentence in sentences]
        with self._lock:
            new = [text for text in dict.fromkeys(asked) if text not in self._known]
            if new:
                found = model.load().probabilities(encoder.encode(new))
                self._known.update(zip(new, map(float, found), strict=True))
            answers = [self._known[text] for text in asked]
            while len(self._known) > MOST_SENTENCES_KNOWN:
                self._known.popitem(last=False)
        return answers


_JUDGE = Judge()


def suspicion() -> Suspicion | None:
    """The judge for a LintContext; None where the package is not installed."""
    return _JUDGE if available() else None


def warm() -> None:
    """Load encoder and model (1 to 2 s) beside what else goes on, if they are there."""
    if available():
        threading.Thread(target=_JUDGE, args=(["warm"],), name="semantics", daemon=True).start()


def _storable(sentence: str) -> str:
    """What the encoder can read: half a symbol becomes a question mark."""
    return sentence[:MOST_CHARACTERS_READ].encode("utf-8", "replace").decode("utf-8")
