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
        Kind("release.break_glass", "Something went live past the gate", _EMERGENCY, False, True),
        Kind("review.opened", "A review waits for me", _REVIEWS, chat=True),
        Kind("review.waiting", "A change of the router waits for me", _REVIEWS, chat=True),
        Kind("review.decided", "My review was decided", _REVIEWS),
        Kind("review.comment", "A comment on a review of mine", _REVIEWS),
        Kind("review.objection", "An objection was raised or lifted", _REVIEWS),
        Kind("review.voided", "An approval no longer counts", _REVIEWS),
        Kind("review.superseded", "Another review takes the place of one of mine", _REVIEWS),
        Kind("review.suspended", "A scheduled publish was suspended", _REVIEWS),
        Kind("release.canary_started", "A canary of mine began", _RELEASES),
        Kind("release.canary_held", "A canary of mine does not go on by itself", _RELEASES),
        Kind("release.canary_stopped", "A canary of mine was stopped", _RELEASES),
        Kind("release.promoted", "What I wrote or released is live for all", _RELEASES, chat=True),
        Kind("track.needs_work", "A track of mine needs work", _RELEASES),
        Kind("letter.not_sent", "A letter to a customer of mine was not sent", _RELEASES),
        Kind("model.retires", "A model is soon switched off", _RELEASES, chat=True),
        Kind("track.refused", "A cutover of mine was refused at its time", _RELEASES),
        Kind("track.held", "A canary of a migration does not go on by itself", _RELEASES),
        Kind("track.watch_broken", "The watch of a cutover found something", _RELEASES, chat=True),
        Kind("track.rolled_back", "A cutover of mine was rolled back", _RELEASES, chat=True),
        Kind("webhook.failing", "A webhook cannot be delivered", _MACHINERY, mutable=False),
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
