"""Read a composed system prompt the way the simulated models do: line by line, once."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from evals.simulator.instructions import Instruction, instructions_in

LONGEST_PROMPT = 200_000  # characters; what follows is not read

_ARTICLE = re.compile(r"\[(?P<id>[A-Z]{2,6}-\d{1,5})\] (?P<title>[^:\n]{2,80}): (?P<text>.+)")
_CUSTOMER = re.compile(r"Customer: (?P<name>[^({\n]{1,60}?) \(")
# A line of nothing but quoted phrases goes on with the list of the line before.
_LISTED = re.compile(r"\n(?=[\"“„«][^\n]{1,200}[\"”“»][,;]?(?:\n|$))")
_FIRST_SENTENCE = re.compile(r".{15,220}?[.。](?=\s|$|[^\d\s])")


@dataclass(frozen=True)
class Article:
    """A help article given in the prompt."""

    id: str
    title: str
    fact: str


@dataclass(frozen=True)
class Reading:
    """What a model takes from a system prompt."""

    by_kind: dict[str, tuple[Instruction, ...]]
    articles: tuple[Article, ...]
    examples: tuple[str, ...]
    customer: str
    task: str

    def last(self, kind: str) -> Instruction | None:
        """The instruction of a kind that stands last, or None."""
        found = self.by_kind.get(kind)
        return found[-1] if found else None


@lru_cache(maxsize=1024)
def read(prompt: str) -> Reading:
    """Read a system prompt. Text inside the platform policy is trained behaviour, not style."""
    prompt = prompt[:LONGEST_PROMPT]
    by_kind: dict[str, tuple[Instruction, ...]] = {}
    articles: list[Article] = []
    examples: list[str] = []
    customer = ""
    offset = 0
    in_policy = False
    for line in _LISTED.sub(" ", prompt).split("\n"):
        if line.startswith(("<platform_policy>", "</platform_policy>")):
            in_policy = line[1] != "/"
        elif in_policy:
            pass
        elif found := _ARTICLE.match(line):
            articles.append(_article(found))
        elif line.startswith("A: "):
            examples.append(line[3:])
        elif found := _CUSTOMER.match(line):
            customer = found["name"].strip()
        elif not line.startswith("Q: "):
            for start, instruction in instructions_in(line):
                placed = replace(instruction, position=(offset + start) / max(1, len(prompt)))
                by_kind[placed.kind] = (*by_kind.get(placed.kind, ()), placed)
        offset += len(line) + 1
    task = "summary" if "summarise the conversation" in prompt[:20_000].lower() else "reply"
    return Reading(by_kind, tuple(articles), tuple(examples), customer, task)


def _article(found: re.Match[str]) -> Article:
    text = found["text"].strip()
    first = _FIRST_SENTENCE.match(text)
    return Article(found["id"], found["title"].strip(), first[0] if first else text[:220])
