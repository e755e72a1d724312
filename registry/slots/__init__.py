"""What a slot's text may be, by the slot's type. Pure; no database, no Django.

An overlay's value is always one text, exactly what goes into the prompt. A type is a view
on that text: `parse` reads its items, `render` writes them, and for every text that
`problems` has nothing against, `render(slot, parse(slot, text)) == text`. A text that does
not fit its slot's type (from an un-fork, or from before the base changed) stays as it is:
`problems` says why it does not fit and, where that is plain, how it would be written.
"""

from registry.slots.declaration import declaration_problems, refuse_declarations
from registry.slots.items import Entry, Example, Item
from registry.slots.judge import RULE, findings, fits, parse, problems, render, tidy
from registry.slots.number import bound, plain
from registry.slots.placement import Placement, placements
from registry.slots.problem import Misfit, Problem

__all__ = [
    "RULE",
    "Entry",
    "Example",
    "Item",
    "Misfit",
    "Placement",
    "Problem",
    "bound",
    "declaration_problems",
    "findings",
    "fits",
    "parse",
    "placements",
    "plain",
    "problems",
    "refuse_declarations",
    "render",
    "tidy",
]
