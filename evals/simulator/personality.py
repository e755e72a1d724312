"""How likely a named model is to follow an instruction; personalities.toml has the rule."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from evals.simulator.instructions import Instruction
from evals.simulator.language import language_of
from evals.simulator.reading import Reading

LATE = 0.85  # the last 15 % of a prompt counts as late: its rules of form and examples
TIGHT_WORDS = 75  # a limit of so many words or fewer counts as tight

_SHOWS: dict[str, Callable[[str, Instruction], bool]] = {
    "citations": lambda answer, _: bool(re.search(r"\[[^\]]{2,80}\]", answer)),
    "json": lambda answer, _: answer.lstrip().startswith("{"),
    "handoff": lambda answer, asked: asked.params["team"].casefold() in answer.casefold(),
    "refusal": lambda answer, _: bool(
        re.search("sorry|leid|désolé|lo siento|dispiace|spijt|przykro|申し訳", answer.casefold())
    ),
    "language": lambda answer, asked: language_of(answer) == asked.params["code"],
    "closing": lambda answer, asked: asked.params["text"].casefold() in answer.casefold(),
    "steps": lambda answer, _: "1. " in answer,
    "routing": lambda answer, _: "Queue:" in answer,
}


@dataclass(frozen=True)
class Situation:
    """What surrounds an instruction: the whole prompt and the customer's language."""

    reading: Reading
    customer_language: str


@dataclass(frozen=True)
class Interaction:
    """A stated weakness: when it holds, what prevents it, and the chance it leaves."""

    kind: str
    when: tuple[str, ...]
    unless: tuple[str, ...]
    chance: float


@dataclass(frozen=True)
class Personality:
    """One simulated model: its reliability by kind and the interactions it is known for."""

    model: str
    created: int
    version: int
    about: str
    recency: float
    emphasis: float
    shown: float
    ceiling: float
    follow: dict[str, float]
    interactions: tuple[Interaction, ...]
    judging: dict[str, float]

    @property
    def fingerprint(self) -> str:
        """Names the simulated model and the version of its personality."""
        return f"simulated-{self.model}-v{self.version}"

    def chance(self, asked: Instruction, situation: Situation) -> float:
        """The chance, 0..1, that this model does what ``asked`` says in this situation."""
        chance = self.follow.get(asked.kind, self.follow["default"])
        chance += self.recency * (asked.position - 0.5)
        chance += self.emphasis * asked.emphatic + self.shown * is_shown(asked, situation)
        chance = min(self.ceiling, max(0.0, chance))
        for interaction in self.interactions:
            if interaction.kind == asked.kind and _applies(interaction, asked, situation):
                chance = min(chance, interaction.chance)
        return chance


def is_shown(asked: Instruction, situation: Situation) -> bool:
    """Whether an example in the prompt does what ``asked`` says."""
    shows = _SHOWS.get(asked.kind)
    return shows is not None and any(shows(text, asked) for text in situation.reading.examples)


def _tight(_: Instruction, situation: Situation) -> bool:
    limit = situation.reading.last("length")
    return limit is not None and limit.params["words"] <= TIGHT_WORDS


def _warm(_: Instruction, situation: Situation) -> bool:
    tone = situation.reading.last("tone")
    return tone is not None and tone.params["style"] == "warm"


def _other_language(asked: Instruction, situation: Situation) -> bool:
    return asked.params["code"] not in ("customer", situation.customer_language)


CONDITIONS: dict[str, Callable[[Instruction, Situation], bool]] = {
    "tight_length": _tight,
    "warm": _warm,
    "other_language": _other_language,
    "unquoted": lambda asked, _: not asked.params["quoted"],
    "untold_example": lambda asked, situation: (
        bool(situation.reading.examples) and not is_shown(asked, situation)
    ),
    "emphatic": lambda asked, _: asked.emphatic,
    "late": lambda asked, _: asked.position >= LATE,
    "shown": is_shown,
}


def _holds(name: str, asked: Instruction, situation: Situation) -> bool:
    if name.startswith("has:"):
        return name[4:] in situation.reading.by_kind
    return CONDITIONS[name](asked, situation)


def _applies(interaction: Interaction, asked: Instruction, situation: Situation) -> bool:
    return all(_holds(name, asked, situation) for name in interaction.when) and not any(
        _holds(name, asked, situation) for name in interaction.unless
    )


@cache
def personalities() -> dict[str, Personality]:
    """Every simulated model by its name."""
    table = tomllib.loads(Path(__file__).with_name("personalities.toml").read_text("utf-8"))
    return {
        name: _personality(name, table["version"], row) for name, row in table["models"].items()
    }


def _personality(name: str, version: int, row: dict[str, Any]) -> Personality:
    interactions = tuple(
        Interaction(one["kind"], tuple(one["when"]), tuple(one["unless"]), one["chance"])
        for one in row.get("interactions", ())
    )
    weights = {key: row[key] for key in ("recency", "emphasis", "shown", "ceiling")}
    return Personality(
        model=name,
        created=row["created"],
        version=version,
        about=row["about"],
        follow=row["follow"],
        interactions=interactions,
        judging=row["judging"],
        **weights,
    )
