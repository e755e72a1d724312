"""Change what was proposed: call a slot something else, or give its text back to the base."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from registry.compose import SLOT_MARKER, Slot, compose
from registry.unfork import ForkReport, first_difference, read_fork

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


class CannotReshape(ValueError):
    """The base cannot be changed so; the message says why and what to do."""


@dataclass(frozen=True)
class Template:
    """A base's text with markers, and its slots."""

    text: str
    slots: tuple[Slot, ...]


def renamed(template: Template, old: str, new: str, label: str) -> Template:
    """The template with slot `old` called `new` and labelled `label`; composes the same."""
    slot = _slot(template, old)
    if not _NAME.fullmatch(new):
        raise CannotReshape(
            "A slot's name is small letters, digits and underscores, beginning with a letter, "
            "at most 40."
        )
    if new != old and any(one.name == new for one in template.slots):
        raise CannotReshape(f"There is a slot called {new} already.")
    fresh = replace(slot, name=new, label=label.strip() or new.replace("_", " ").capitalize())
    text = SLOT_MARKER.sub(
        lambda found: f"{{{{> {new}}}}}" if found[1] == old else found[0], template.text
    )
    return Template(text, tuple(fresh if one is slot else one for one in template.slots))


def dropped(template: Template, name: str) -> Template:
    """The template without the slot: its default stands in the base again.

    CannotReshape where that text would be read as a marker.
    """
    slot = _slot(template, name)
    default = f"{slot.before}{slot.default}{slot.after}" if slot.default else ""
    text = SLOT_MARKER.sub(lambda found: default if found[1] == name else found[0], template.text)
    others = [found for found in SLOT_MARKER.findall(template.text) if found != name]
    if SLOT_MARKER.findall(text) != others:
        raise CannotReshape(
            f"The text of {name} holds what looks like a slot marker, so it cannot stand in "
            "the base. Keep the slot."
        )
    return Template(text, tuple(one for one in template.slots if one is not slot))


def read_again(
    template: Template, name: str, body: str, values: Mapping[str, str]
) -> tuple[dict[str, str], ForkReport]:
    """A fork's values for a changed template: those it had where they give it back, else new."""
    names = {slot.name for slot in template.slots}
    kept = {slot: value for slot, value in values.items() if slot in names}
    found, report = read_fork(name, body, template.text, template.slots)
    if not gives_back(template, kept, body):
        return found, report
    return kept, report if report.exact else replace(report, exact=True, detail="exact")


def gives_back(template: Template, values: Mapping[str, str], body: str) -> bool:
    """Whether composing these values gives the fork, to the character."""
    return compose("", template.text, template.slots, values).text == body


def difference(template: Template, values: Mapping[str, str], body: str) -> str:
    """The first line in which composing these values differs from the fork; "" for none."""
    composed = compose("", template.text, template.slots, values).text
    return "" if composed == body else first_difference(composed, body)


def _slot(template: Template, name: str) -> Slot:
    for slot in template.slots:
        if slot.name == name:
            return slot
    raise CannotReshape(f"There is no slot called {name}. Reload the page.")
