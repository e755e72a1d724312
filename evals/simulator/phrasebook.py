"""What the simulated models can say: intents and sentences per language, read from data files."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Intent:
    """One topic of a message: its routing word and whether a model declines it."""

    name: str
    queue: str
    refuses: bool
    pattern: re.Pattern[str] | None


@dataclass(frozen=True)
class Phrasebook:
    """What one language offers: fixed furniture, stock habits, padding, bodies by intent."""

    furniture: dict[str, str]
    habits: tuple[str, ...]
    extra: tuple[str, ...]
    bodies: dict[str, tuple[str, ...]]


@cache
def intents() -> tuple[Intent, ...]:
    """All intents in their order of care; the last one catches everything."""
    table = tomllib.loads((HERE / "intents.toml").read_text(encoding="utf-8"))
    return tuple(
        Intent(
            name,
            entry["queue"],
            entry.get("refuses", False),
            re.compile("|".join(map(re.escape, entry["words"]))) if entry["words"] else None,
        )
        for name, entry in table.items()
    )


def intent_of(message: str) -> Intent:
    """The first intent whose words occur in the first 4,000 characters of ``message``."""
    text = f" {message[:4000].casefold().replace('’', chr(39))} "
    for intent in intents():
        if intent.pattern is None or intent.pattern.search(text):
            return intent
    raise AssertionError("the last intent has no words and matches everything")


@cache
def phrasebook(language: str) -> Phrasebook:
    """The phrasebook of a language code. Raises FileNotFoundError for a language not offered."""
    path = HERE / "phrases" / f"{language}.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    furniture = table["furniture"]
    return Phrasebook(
        furniture={key: text for key, text in furniture.items() if isinstance(text, str)},
        habits=tuple(furniture["habits"]),
        extra=tuple(furniture["extra"]),
        bodies={name: tuple(sentences) for name, sentences in table["intents"].items()},
    )
