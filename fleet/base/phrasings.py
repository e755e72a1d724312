r"""Choices and templates as lines of a text field: `label = text`, one a line. Pure.

A line break inside a text is written `\n`, a backslash `\\`, and `=` in a label `\=`, so that
every phrasing comes back exactly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from registry.compose import Phrasing

_LINE = re.compile(r"((?:[^=\\]|\\.)*)=[ ]?(.*)")
_ESCAPED = re.compile(r"\\(.)")


class BadPhrasing(ValueError):
    """A line that is no `label = text`; the message quotes it."""


def lines_of(phrasings: Iterable[Phrasing]) -> str:
    """The phrasings, one a line."""
    return "\n".join(
        f"{_escape(one.label).replace('=', chr(92) + '=')} = {_escape(one.text)}"
        for one in phrasings
    )


def phrasings_of(text: str) -> Iterator[Phrasing]:
    """The phrasings of such lines; empty lines mean nothing. BadPhrasing for any other."""
    for line in text.split("\n"):
        if not line.strip():
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise BadPhrasing(f"write “label = text” on each line, not “{line.strip()[:60]}”.")
        yield Phrasing(_plain(found[1].strip()), _plain(found[2]))


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda found: "\n" if found[1] == "n" else found[1], text)
