"""Read the lexicons before anybody waits for them."""

from __future__ import annotations

from threading import Thread

from registry.guardrails.lexicon import known, lexicon
from registry.guardrails.topics import patterns_by_first, polar_concepts


def warm() -> Thread:
    """Read every lexicon on a thread of its own: some 80 ms a language, else paid by whoever
    first types in it. For the web process; a command reads only what its texts need.
    """
    thread = Thread(target=_read_all, name="guardrails-warm", daemon=True)
    thread.start()
    return thread


def _read_all() -> None:
    patterns_by_first()
    polar_concepts()
    for language in sorted(known(), key=lambda code: (code != "en", code)):
        lexicon(language)
