"""Few-shot examples: pairs of a question and the answer the model is to imitate.

A pair is "Q: " and the question, then "A: " and the answer; pairs follow one another
without a blank line. Further lines of a question or an answer are indented by three
blanks, so that a line of an answer that begins with "Q:" stays part of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from registry.compose import Slot
from registry.slots.items import Example, Item, lines_of, refuse_unwritable, untidy
from registry.slots.problem import Misfit, Problem, Span

QUESTION, ANSWER, INDENT = "Q: ", "A: ", "   "
HINT = "Write “Q: ” and the question, then “A: ” and the answer; indent further lines."

SAID = re.compile(
    r"\s*(?:(q|question|customer|user|input)|(?:a|answer|agent|assistant|output))\s*:\s*(.*)",
    re.IGNORECASE,
)
"""How people begin the lines of an example; the first group is there where it is a question."""

Part = tuple[list[str], Span]


class Examples:
    """The type examples."""

    def parse(self, slot: Slot, text: str) -> list[Item]:
        """The pairs; Misfit for a line that belongs to none, or a question without an answer."""
        return [example for example, _ in pairs(text)]

    def render(self, slot: Slot, items: Sequence[Item]) -> str:
        """The pairs as blocks; Misfit for a question or answer that is empty or untidy."""
        return "\n".join(_block(item, number) for number, item in enumerate(items, 1))

    def read(self, slot: Slot, text: str) -> list[Item] | None:
        """Pairs written with other marks, blank lines between or lines that are not indented."""
        found: list[tuple[str, list[str]]] = []
        for _, line, _ in lines_of(text.replace("\r\n", "\n").replace("\r", "\n")):
            said = None if line.startswith(INDENT) else SAID.fullmatch(line)
            if said is not None:
                found.append(("Q" if said[1] else "A", [said[2]]))
            elif found:
                found[-1][1].append(line.removeprefix(INDENT).rstrip())
            elif line.strip():
                return None
        sides = "".join(side for side, _ in found)
        texts = ["\n".join(lines).strip() for _, lines in found]
        if not found or sides != "QA" * (len(sides) // 2) or not all(texts):
            return None
        return [Example(*pair) for pair in zip(texts[::2], texts[1::2], strict=True)]

    def problems(self, slot: Slot, text: str, items: Sequence[Item]) -> Iterator[Problem]:
        """Questions or answers that are empty or have blanks around them."""
        for number, (example, span) in enumerate(pairs(text), 1):
            for side, said in (("Question", example.question), ("Answer", example.answer)):
                problem = untidy(said, f"{side} {number}", span)
                if problem is not None:
                    yield problem
                elif "\r" in said:
                    yield Problem(f"{side} {number} holds a foreign line break.", HINT, span)


def pairs(text: str) -> Iterator[tuple[Example, Span]]:
    """The pairs of a text written as `render` writes it, each with its span; else Misfit."""
    question: Part | None = None
    answer: Part | None = None
    for number, line, span in lines_of(text):
        if line.startswith(QUESTION):
            if question is not None:
                yield _pair(question, answer)
            question, answer = ([line.removeprefix(QUESTION)], span), None
        elif line.startswith(ANSWER) and question is not None and answer is None:
            answer = [line.removeprefix(ANSWER)], span
        elif (part := answer or question) is not None and _goes_on(line):
            part[0].append(line.removeprefix(INDENT))
        else:
            raise Misfit(f"Line {number} belongs to no question or answer.", HINT, span)
    if question is not None:
        yield _pair(question, answer)


def _goes_on(line: str) -> bool:
    return not line or (line.startswith(INDENT) and line != INDENT)


def _pair(question: Part, answer: Part | None) -> tuple[Example, Span]:
    if answer is None:
        first = question[0][0][:60]
        raise Misfit(f"The question “{first}” has no answer.", HINT, question[1])
    return Example("\n".join(question[0]), "\n".join(answer[0])), (question[1][0], answer[1][1])


def _block(item: Item, number: int) -> str:
    if not isinstance(item, Example):
        raise Misfit(f"Example {number} is not a pair.", HINT)
    refuse_unwritable(item.question, f"Question {number}", lines=True)
    refuse_unwritable(item.answer, f"Answer {number}", lines=True)
    return f"{QUESTION}{_indented(item.question)}\n{ANSWER}{_indented(item.answer)}"


def _indented(text: str) -> str:
    first, *rest = text.split("\n")
    return "\n".join([first, *(f"{INDENT}{line}" if line else "" for line in rest)])
