"""Find base, slots and overlays for forks without writing anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fleet.adoption.forks import Forks
from registry import lines
from registry.compose import Variable, compose
from registry.models import BaseVersion, PolicyVersion, Prompt
from registry.unfork import Unforked, find_variables, propose_base, unfork

OWN_BASE = "The forks are read against the prompt's own base, version {}."
GIVEN_BASE = "The base is the text that was given."


@dataclass(frozen=True)
class Plan:
    """What was found, and a sentence on where the base came from and how sure that is."""

    found: Unforked
    origin: str


def plan(forks: Forks, prompt: Prompt | None, *, afresh: bool = False) -> Plan:
    """Read the forks against the prompt's own base, the given one, or a proposed one.

    A prompt that has a base already keeps it, unless another one is given; `afresh` proposes
    one all the same.
    """
    own = present_base(prompt)
    policy = policy_text(prompt)
    keeps = not afresh if forks.base is None else own is not None and is_base_of(own, forks.base)
    if own is not None and keeps:
        found = unfork(own.text, forks.texts, policy, slots=own.slot_list)
        return Plan(found, OWN_BASE.format(own.semver))
    if forks.base is not None:
        return Plan(unfork(forks.base, forks.texts, policy), GIVEN_BASE)
    proposed = propose_base(without_fence(forks.texts, policy))
    return Plan(unfork(proposed.text, forks.texts, policy), proposed.sentence)


def without_fence(texts: dict[str, str], policy: str) -> dict[str, str]:
    """The texts without the composed policy, where all of them begin with it."""
    fence = compose(policy, "", (), {}).text
    if not fence or not all(text.startswith(fence) for text in texts.values()):
        return texts
    return {name: text.removeprefix(fence) for name, text in texts.items()}


def policy_text(prompt: Prompt | None) -> str:
    """The policy text that would be fenced in front of this prompt's texts, if there is one."""
    try:
        return _policy(prompt).text
    except lines.MissingLayer:
        return ""


def rules_for(prompt: Prompt | None, texts: Iterable[str]) -> dict[str, Any]:
    """The rules for forks that carry their policy in their own text.

    They are the global rules, with limits that hold the longest fork as it is.
    """
    try:
        rules = dict(_policy(prompt).rules)
    except lines.MissingLayer:
        return {"name": "No rules yet", "version": 1, "rules": []}
    limits = dict(rules.get("limits", {}))
    longest = max(map(len, texts), default=0)
    limits["overlay_chars"] = max(limits.get("overlay_chars", 0), longest)
    return {**rules, "limits": limits}


def _policy(prompt: Prompt | None) -> PolicyVersion:
    return lines.policy_head(prompt) if prompt else lines.global_policy_head()


def present_base(prompt: Prompt | None) -> BaseVersion | None:
    """The newest base version of the prompt, if there is one."""
    if prompt is None:
        return None
    return BaseVersion.objects.filter(base__prompt=prompt).order_by("-number").first()


def is_base_of(base: BaseVersion, text: str) -> bool:
    """Whether the given file is the prompt's base: its text with or without the slots filled."""
    plain = compose("", base.text, base.slot_list, {}).text
    return text.removesuffix("\n") in (base.text, plain) or text in (base.text, plain)


def variables_in(texts: Iterable[str]) -> list[Variable]:
    """The request variables that any of the texts names; nobody knows which are needed."""
    names = {name for text in texts for name in find_variables(text)}
    return [Variable(name, required=False) for name in sorted(names)]
