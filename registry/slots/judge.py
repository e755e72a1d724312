"""Read, write and judge a slot's text as its type wants it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice

from registry.compose import Slot, SlotType
from registry.guardrails.checks.limits import estimated_tokens
from registry.guardrails.findings import QUOTE_CHARS, Finding, Fix
from registry.slots.choice import Choice
from registry.slots.examples import Examples
from registry.slots.glossary import Glossary
from registry.slots.items import Item, SlotKind
from registry.slots.listing import Listing
from registry.slots.number import Number
from registry.slots.problem import Misfit, Problem
from registry.slots.text import Text

KINDS: dict[SlotType, SlotKind] = {
    "text": Text(),
    "choice": Choice(),
    "list": Listing(),
    "number": Number(),
    "examples": Examples(),
    "glossary": Glossary(),
}

RULE = "slot_type"
"""The rule id of findings that come from a slot's declaration, not from the policy."""

MOST_PROBLEMS = 20
"""Problems told of one text: who has more starts with these."""

READ_CHARS = 50_000
"""Characters up to which a text is read for its items; as far as the guardrails read."""

SPEAKS_FOR_ITSELF: tuple[SlotType, ...] = ("list", "examples", "glossary")
"""Types where another notation of the same items does no harm in a prompt."""

FIX_LABELS: dict[SlotType, str] = {
    "choice": "Take this choice",
    "list": "Write it as a list",
    "number": "Write it as a number",
    "examples": "Write it as examples",
    "glossary": "Write it as a glossary",
}


def parse(slot: Slot, text: str) -> list[Item]:
    """The items of a text; none for "". Misfit where it is not written as the type wants."""
    return KINDS[slot.type].parse(slot, text) if text else []


def render(slot: Slot, items: Sequence[Item]) -> str:
    """The text of the items; "" for none. Misfit for items that the type cannot write."""
    return KINDS[slot.type].render(slot, items) if items else ""


def problems(slot: Slot, text: str) -> list[Problem]:
    """Why this text may not be the slot's value, at most MOST_PROBLEMS; [] where it may."""
    if not text:
        missing = slot.required and not slot.default
        return [Problem("This slot must be filled.", slot.help, kind="missing")] if missing else []
    return list(islice(_problems(slot, text), MOST_PROBLEMS))


def fits(slot: Slot, text: str) -> bool:
    """Whether the text is written as the slot's type wants it, whatever its length."""
    return not any(problem.kind == "type" for problem in problems(slot, text))


def tidy(slot: Slot, text: str) -> str:
    """The text as its type writes it, where what is meant is plain; else the text itself."""
    if len(text) > READ_CHARS or not text.strip() or fits(slot, text):
        return text
    return _mended(slot, text) or text


def findings(slots: Sequence[Slot], values: Mapping[str, str]) -> list[Finding]:
    """What the slots' declarations have against an overlay's values.

    All of it blocks but one thing: items that can be read though they are written otherwise
    (SPEAKS_FOR_ITSELF) are a warning with a fix, since the model reads them as well as we do.
    Lengths in characters are left out: the policy's size_limit rule knows them and says so.
    """
    return [
        _finding(slot, values.get(slot.name, ""), problem)
        for slot in slots
        for problem in problems(slot, values.get(slot.name, ""))
        if problem.kind != "length"
    ]


def _problems(slot: Slot, text: str) -> Iterator[Problem]:
    if slot.max_chars is not None and len(text) > slot.max_chars:
        over = len(text) - slot.max_chars
        message = f"{over:,} characters more than the {slot.max_chars:,} that fit."
        yield Problem(message, "Shorten it.", (slot.max_chars, len(text)), kind="length")
    if len(text) > READ_CHARS:
        if slot.type != "text":
            yield Problem(f"Only the first {READ_CHARS:,} characters are read.", "Shorten it.")
        return
    yield from _too_many_tokens(slot, text)
    yield from _type_problems(slot, text)


def _too_many_tokens(slot: Slot, text: str) -> Iterator[Problem]:
    tokens = estimated_tokens(text) if slot.max_tokens is not None else 0
    if slot.max_tokens is not None and tokens > slot.max_tokens:
        message = f"About {tokens:,} tokens (an estimate); {slot.max_tokens:,} are allowed."
        yield Problem(message, "Shorten it.")


def _type_problems(slot: Slot, text: str) -> Iterator[Problem]:
    """One problem where a click mends the text, else all of them."""
    try:
        items = parse(slot, text)
        found = list(islice(KINDS[slot.type].problems(slot, text, items), MOST_PROBLEMS))
    except Misfit as misfit:
        items, found = [], [misfit.problem]
    if slot.max_items is not None and len(items) > slot.max_items:
        message = f"{len(items)} items; at most {slot.max_items} are allowed."
        yield Problem(message, f"Remove {len(items) - slot.max_items}.")
    mended = _mended(slot, text) if found else None
    if mended is not None:
        yield replace(found[0], span=(0, len(text)), mended=mended)
    else:
        yield from found


def _mended(slot: Slot, text: str) -> str | None:
    """The text as its type would write it, if that is plain and then allowed."""
    kind = KINDS[slot.type]
    meant = kind.read(slot, text)
    if not meant:
        return None
    try:
        mended = kind.render(slot, meant)
        return mended if not any(kind.problems(slot, mended, meant)) else None
    except Misfit:
        return None


def _finding(slot: Slot, text: str, problem: Problem) -> Finding:
    quote = text[slice(*problem.span)] if problem.span else ""
    fix = Fix(FIX_LABELS[slot.type], problem.mended) if problem.mended is not None else None
    return Finding(
        rule=RULE,
        severity="warn" if fix and slot.type in SPEAKS_FOR_ITSELF else "block",
        span=problem.span,
        quote=quote if len(quote) <= QUOTE_CHARS else quote[: QUOTE_CHARS - 1] + "…",
        message=problem.message,
        hint=problem.hint,
        slot=slot.name,
        fix=fix,
    )
