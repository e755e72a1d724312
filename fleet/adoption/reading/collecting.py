"""Sources to forks: each read by its format, none lost in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from fleet.adoption.reading.csv_file import read_csv
from fleet.adoption.reading.found import Found
from fleet.adoption.reading.json_file import read_json
from fleet.adoption.reading.limits import (
    MAX_ENTRIES,
    MAX_FILES,
    MAX_NAME,
    MAX_TOTAL_BYTES,
    megabytes,
)
from fleet.adoption.reading.source import Source
from fleet.adoption.reading.texts import decode
from registry.border import UnusableText, check

READERS: Mapping[str, Callable[[str, str], list[Found]]] = {
    ".md": lambda text, name: [Found(text=text)],
    ".txt": lambda text, name: [Found(text=text)],
    ".json": read_json,
    ".csv": read_csv,
}
"""Ending -> what reads such a file."""


def collect(sources: Iterable[Source]) -> tuple[dict[str, str], dict[str, str]]:
    """(fork's name -> its text, what was left out -> why), in the order of the sources."""
    texts: dict[str, str] = {}
    left_out: dict[str, str] = {}
    origin: dict[str, str] = {}
    room = MAX_TOTAL_BYTES
    for number, source in enumerate(sources, 1):
        if number > MAX_ENTRIES:
            left_out[source.path] = f"nothing is read from the {MAX_ENTRIES:,}th file on"
            break
        room -= len(source.data)
        why = source.why or ("" if room >= 0 else _FULL)
        for found in [Found(why=why)] if why else _read(source):
            place = f"{source.path} {found.place}".strip()
            name = found.name or source.stem
            why = found.why or _unfit(name, found.text, texts, origin)
            if why:
                left_out[place] = why
            else:
                texts[name], origin[name] = found.text, place
    return texts, left_out


_FULL = f"the limit of {megabytes(MAX_TOTAL_BYTES)} in all was reached before it"


def _read(source: Source) -> list[Found]:
    try:
        return READERS[source.ending](decode(source.data, source.path), source.path)
    except UnusableText as problem:
        return [Found(why=str(problem))]


def _unfit(name: str, text: str, texts: Mapping[str, str], origin: Mapping[str, str]) -> str:
    """Why this prompt cannot be taken beside those there are; "" where it can."""
    if len(name) > MAX_NAME or not name.isprintable():
        return f"its name is longer than {MAX_NAME} characters or holds a control character"
    if not text.strip():
        return "the file is empty" if not text else "it holds nothing but blanks"
    if name in texts:
        return f"another one has the same name: {origin[name]}"
    if len(texts) >= MAX_FILES:
        return f"only the first {MAX_FILES:,} prompts are read"
    try:
        check(text)  # JSON can spell what no text column holds
    except UnusableText as problem:
        return str(problem)
    return ""
