"""What forks stand on once they are adopted: the prompt's base with slots, and its policy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from fleet.adoption.planning import present_base, rules_for, variables_in
from registry import lines
from registry.actions import publish_base, publish_policy
from registry.compose import Slot
from registry.models import BaseVersion, ModelTarget, PolicyVersion, Prompt, User
from registry.roles import require


@dataclass(frozen=True)
class Shape:
    """The base with its slots that forks are to be composed from.

    `fenced` says that the forks began with the composed policy, which is no part of them.
    """

    text: str
    slots: tuple[Slot, ...]
    fenced: bool = False


@dataclass(frozen=True)
class Ground:
    """What every fork of one adoption stands on."""

    prompt: Prompt
    policy: PolicyVersion
    base: BaseVersion
    target: ModelTarget
    by: User
    reason: str


@transaction.atomic
def lay_ground(
    prompt: Prompt, shape: Shape, texts: Iterable[str], *, target: ModelTarget, by: User,
    reason: str,
) -> Ground:  # fmt: skip
    """Publish the base and the policy that forks need, where they are not there already."""
    require(by, "adopt")
    texts = list(texts)
    policy = _policy(prompt, shape, texts, by)
    base = _base(prompt, shape, texts, by, reason)
    return Ground(prompt, policy, base, target, by, reason)


def _policy(prompt: Prompt, shape: Shape, texts: list[str], by: User) -> PolicyVersion:
    """The global policy where the forks begin with it, else a line whose text they carry."""
    if shape.fenced:
        return lines.policy_head(prompt)
    return publish_policy(
        text="", rules=rules_for(prompt, texts), by=by, prompt=prompt,
        note="The forks carry their policy in their own text.",
    )  # fmt: skip


def _base(prompt: Prompt, shape: Shape, texts: list[str], by: User, reason: str) -> BaseVersion:
    present = present_base(prompt)
    if present and present.text == shape.text and present.slot_list == list(shape.slots):
        return present
    return publish_base(
        prompt=prompt, text=shape.text, slots=shape.slots, variables=variables_in(texts), by=by,
        note=reason, semver=_next(present),
    )  # fmt: skip


def _next(present: BaseVersion | None) -> str:
    if present is None:
        return "1.0.0"
    major = present.semver.split(".")[0]
    return f"{int(major) + 1 if major.isdigit() else present.number + 1}.0.0"
