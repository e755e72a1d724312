"""The texts that a fork's proof is about: what was handed in, and what composing gives."""

from __future__ import annotations

from collections.abc import Mapping

from fleet.adoption.models import ForkFile, Unforking
from fleet.adoption.planning import policy_text
from registry.compose import compose
from registry.unfork.reshape import Template


def template_of(unforking: Unforking) -> Template:
    """The un-fork's base with its slots."""
    return Template(unforking.base_text, tuple(unforking.slot_list))


def body_of(file: ForkFile, unforking: Unforking) -> str:
    """The fork's text without the composed policy, where that was taken off."""
    if not unforking.fence_removed:
        return file.text
    return file.text.removeprefix(compose(policy_text(unforking.prompt), "", (), {}).text)


def composed_of(template: Template, values: Mapping[str, str]) -> str:
    """What the base and these values give."""
    return compose("", template.text, template.slots, values).text
