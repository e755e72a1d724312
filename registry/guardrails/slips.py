"""Slips of the pen in key words: "ingore", "instrutions", "previuos"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rapidfuzz.distance import OSA

SHORTEST_SLIP = 6  # letters; a shorter word is one letter from too many others


class Slips:
    """Finds the key word (or stem) that a word is one slip away from.

    Two words one edit apart share a form with at most one letter left out of each, so
    that a table of those forms finds the candidates without looking at every word.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._by_form: dict[str, list[str]] = {}
        self._lengths: set[int] = set()
        for word in dict.fromkeys(words):
            if len(word) >= SHORTEST_SLIP - 1:
                self._lengths.add(len(word))
                for form in _forms(word):
                    self._by_form.setdefault(form, []).append(word)

    def meant_by(self, word: str) -> str | None:
        """The key word, with the rest of the word behind it; None when there is none."""
        for length in sorted(self._lengths, reverse=True):
            for cut in (length, length - 1, length + 1):
                if not SHORTEST_SLIP - 1 <= cut <= len(word):
                    continue
                for form in _forms(word[:cut]):
                    for key in self._by_form.get(form, ()):
                        if _slipped(key, word[:cut]):
                            return key + word[cut:]
        return None


def _slipped(key: str, written: str) -> bool:
    """A letter left out, one too many, two swapped or (in a long word) another vowel.

    Any other letter is another word: "promotion" is no "prompt", "attack" no "attach".
    Nor is "neutral" short for "neutralise": an edit at either end does not count.
    """
    if key[0] != written[0] or key.startswith(written) or written.startswith(key):
        return False
    if len(key) == len(written) and sorted(key) != sorted(written):
        return len(key) >= LONG and _one_vowel_apart(key, written)
    return OSA.distance(key, written) == 1


def _one_vowel_apart(key: str, written: str) -> bool:
    apart = [pair for pair in zip(key, written, strict=True) if pair[0] != pair[1]]
    return len(apart) == 1 and _VOWELS.issuperset(apart[0])


_VOWELS = frozenset("aeiouyаеиоуыэюя")
LONG = 7  # letters; in such a word another vowel is a mistake, not another word


def _forms(word: str) -> Iterator[str]:
    yield word
    for place in range(len(word)):
        yield word[:place] + word[place + 1 :]
