"""What people are told of: the word for each kind, whether it can be muted, whether chat hears it.

A kind is namespaced like an event's verb (`review.opened`). Pure; a kind that is not in the
table yet is shown under its own name, can be muted and stays out of the chat.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind. `mutable`: a person may switch it off; `chat`: the team's channel hears it too."""

    name: str
    label: str
    group: str
    mutable: bool = True
    chat: bool = False


_REVIEWS, _RELEASES, _EMERGENCY, _MACHINERY = (
    "Reviews", "Releases and migrations", "Emergencies", "Machinery",
)  # fmt: skip

KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("review.opened", "A review waits for me", _REVIEWS, chat=True),
        Kind("review.decided", "My review was decided", _REVIEWS),
        Kind("webhook.failing", "A webhook cannot be delivered", _MACHINERY),
    )
}

_NONE = "Other"


def kind_of(name: str) -> Kind:
    """The kind of that name."""
    known = KINDS.get(name)
    return known or Kind(name, name.replace(".", ": ").replace("_", " ").capitalize(), _NONE)


def groups() -> list[tuple[str, list[Kind]]]:
    """The kinds that can be muted, by group, in the order of the table."""
    found: dict[str, list[Kind]] = {}
    for kind in KINDS.values():
        if kind.mutable:
            found.setdefault(kind.group, []).append(kind)
    return list(found.items())
