"""Decide which instructions one answer follows."""

from __future__ import annotations

from dataclasses import dataclass

from evals.simulator.dice import digest, roll
from evals.simulator.instructions import Instruction, Params
from evals.simulator.language import language_of
from evals.simulator.personality import Personality, Situation
from evals.simulator.reading import Reading


@dataclass(frozen=True)
class Request:
    """One question to a simulated model, reduced to what an answer depends on."""

    model: Personality
    system: str
    message: str
    history: tuple[tuple[str, str], ...]
    seed: str


@dataclass(frozen=True)
class Conduct:
    """What the model does in one answer: what it follows, by kind, and what it lets drop."""

    reading: Reading
    follows: dict[str, Params]
    dropped: frozenset[str]
    language: str
    key: tuple[str, str, str, str]

    def pick(self, what: str, count: int) -> int:
        """A repeatable choice among ``count`` things."""
        return int(roll(*self.key, what) * count)


def decide_conduct(request: Request, reading: Reading) -> Conduct:
    """Throw for every instruction; of several of one kind the last one followed counts."""
    situation = Situation(reading, language_of(request.message))
    turns = "\x1e".join(f"{role}\x1f{text}" for role, text in request.history)
    key = (request.model.model, digest(request.system), digest(turns), request.seed)
    follows: dict[str, Params] = {}
    dropped: set[str] = set()
    for kind, asked in reading.by_kind.items():
        for index in range(len(asked) - 1, -1, -1):
            if _follows(request.model, asked[index], situation, (*key, f"{kind}:{index}")):
                follows[kind] = asked[index].params
                break
            dropped.add(kind)
    wanted = follows.get("language", {}).get("code", "customer")
    language = situation.customer_language if wanted == "customer" else wanted
    return Conduct(reading, follows, frozenset(dropped), language, key)


def _follows(
    model: Personality, asked: Instruction, situation: Situation, throw: tuple[str, ...]
) -> bool:
    return roll(*throw) < model.chance(asked, situation)
