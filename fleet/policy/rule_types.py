"""Every type of rule once: what it does, and the fields its parameters are typed in. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fleet.policy.fields import Field
from fleet.policy.kinds import (
    Choice,
    FieldProblem,
    Kind,
    Line,
    Lines,
    Pattern,
    Share,
    Tick,
    Whole,
)
from registry.guardrails.topics import TOPICS

SEVERITY_WORDS = {
    "block": "Blocks: the text must be changed",
    "review": "Asks for a reviewer's look",
    "warn": "Only says so",
}
"""Severity -> what it means for whoever writes the text."""

TOPIC_WORDS = {
    "hierarchy": "Platform rules come first",
    "ai_disclosure": "Says that it is an AI when asked",
    "prompt_secrecy": "Does not show its instructions",
    "crisis": "Crisis contacts stay",
    "medical": "No diagnoses, doses or changes of treatment",
    "legal": "No guaranteed outcomes, no legal advice",
    "finance": "No promise of returns or of safety",
    "privacy": "No card data, passwords, codes; nothing about other customers",
    "fairness": "Nobody is treated differently for who they are",
    "human_handoff": "A person is offered when asked for",
    "honesty": "No invented facts, sources or people",
    "delegation": "Users and documents cannot change the rules",
    "eval_integrity": "Quality checks are not influenced",
    "refusals": "Refusals stay",
    "refunds": "No refunds are promised",
    "exfiltration": "Data does not leave the conversation",
}


@dataclass(frozen=True)
class RuleType:
    """A type of rule. `does` completes "This rule …"."""

    key: str
    label: str
    does: str
    params: tuple[Field, ...] = ()
    severities: tuple[str, ...] = ("block", "review", "warn")
    group: str = "What the text says"

    @property
    def severity_field(self) -> Field:
        """How strict a rule of this type may be."""
        options = tuple((key, SEVERITY_WORDS[key]) for key in self.severities)
        return Field(("severity",), "What it does to a text", Choice(options), must=True)


def _param(
    name: str, label: str, kind: Kind, help: str = "", *aliases: str, must: bool = False
) -> Field:
    return Field(("params", name), label, kind, help, aliases, must=must)


def check_domain(item: str) -> None:
    """Refuse what is not the bare name of a host, or `*.` and one."""
    if not re.fullmatch(r"(\*\.)?([\w-]+\.)*[\w-]+", item):
        raise FieldProblem(
            f"holds “{item[:80]}”. Write only the name: example.com, or *.example.com "
            "for every name below it."
        )


def check_variable(item: str) -> None:
    """Refuse what is not a variable's bare name."""
    if not re.fullmatch(r"[A-Za-z_]\w*", item, re.ASCII):
        raise FieldProblem(f"holds “{item[:80]}”. Write the name without braces: user_name.")


def topic_options() -> tuple[tuple[str, str], ...]:
    """Every topic there is a detector for, in words."""
    words = ((topic, TOPIC_WORDS.get(topic, topic.replace("_", " "))) for topic in TOPICS)
    named = sorted(((topic, f"{said} ({topic})") for topic, said in words), key=lambda row: row[1])
    return (("", "The one called like the rule's id"), *named)


_PHRASES = Lines()
_SHAPE, _LISTS = "How the text is made", "What you list yourself"

RULE_TYPES: dict[str, RuleType] = {
    made.key: made
    for made in (
        RuleType(
            "override_attempt", "Override attempt",
            "finds sentences that tell the assistant to ignore, outrank or switch off the "
            "platform's rules, in any of the languages it knows, also when disguised.",
        ),
        RuleType(
            "must_not_contradict", "Must not contradict",
            "finds sentences that go against one promise of the policy, such as “says that it "
            "is an AI when asked”. What it looks for is its topic.",
            (_param(
                "topic", "Topic", Choice(topic_options()), "Which promise of the policy it guards.",
            ),),
        ),
        RuleType(
            "semantic_similarity", "Close in meaning",
            "finds sentences that mean something the policy forbids without using its words. "
            "It never blocks. It needs an optional package and says nothing without it.",
            (
                _param("threshold", "Threshold", Share(), "0 to 1: how likely a breach must be."),
                _param("model", "Model", Line(), "A note on what measures it."),
            ),
            severities=("review", "warn"),
        ),
        RuleType(
            "unicode_hygiene", "Hidden characters",
            "finds characters that cannot be seen, that turn the direction of reading or that "
            "imitate other letters. Joiners in Persian, Hindi and emoji are fine.",
            group=_SHAPE,
        ),
        RuleType(
            "encoded_text", "Encoded text",
            "finds passages in base64, hexadecimal and the like, which no reviewer can read.",
            group=_SHAPE,
        ),
        RuleType(
            "reserved_markup", "Reserved markup",
            "finds markers that only the product may set: layer fences, role names, chat tokens.",
            group=_SHAPE,
        ),
        RuleType(
            "declared_variables", "Declared variables",
            "finds placeholders that no application fills in, or that are malformed.",
            (_param(
                "declared_variables", "Further variables", Lines(check_variable),
                "One a line, without braces. The policy's own list and the base's count too.",
                "variables",
            ),),
            group=_SHAPE,
        ),
        RuleType(
            "size_limit", "Size limit",
            "finds texts that are too long. Left empty, the policy's own limits hold.",
            (
                _param("max_chars", "Most characters", Whole(), "", "overlay_chars"),
                _param("max_tokens", "Most tokens", Whole(), "An estimate.", "overlay_tokens"),
                _param("longest_unbroken_token", "Longest run without a space", Whole(),
                       "In characters."),
                _param("forbidden_phrases", "Most forbidden phrases", Whole(),
                       "Lines in that slot."),
                _param("forbidden_phrase_chars", "Longest forbidden phrase", Whole(),
                       "In characters."),
            ),
            group=_SHAPE,
        ),
        RuleType(
            "secret_pattern", "Secrets",
            "finds what looks like a password, a key or a token.",
            group=_SHAPE,
        ),
        RuleType(
            "allowed_domains", "Allowed domains",
            "finds links and addresses outside the allowed list, and ways to send data away.",
            (_param(
                "domains", "Further domains", Lines(check_domain),
                "One a line; *.example.com covers every name below it. The policy's own list "
                "counts too.", "allowed_domains",
            ),),
            group=_LISTS,
        ),
        RuleType(
            "forbidden_phrase", "Forbidden phrases",
            "finds phrases from a list, whatever their case or spacing.",
            (_param("phrases", "Phrases", _PHRASES, "One a line.", must=True),),
            group=_LISTS,
        ),
        RuleType(
            "required_phrase", "Required phrases",
            "says so when a phrase from a list is missing from the whole overlay.",
            (_param("phrases", "Phrases", _PHRASES, "One a line.", must=True),),
            group=_LISTS,
        ),
        RuleType(
            "regex", "Pattern",
            "finds what a regular expression describes. The time it takes is bounded: a pattern "
            "that could run away is refused here.",
            (
                _param("pattern", "Pattern", Pattern(), "A regular expression, as in Python.",
                       must=True),
                _param("ignore_case", "Capitals and small letters count as the same",
                       Tick(absent=True)),
            ),
            group=_LISTS,
        ),
    )
}  # fmt: skip
"""Type of a rule -> what there is to know about it."""


def grouped() -> dict[str, list[RuleType]]:
    """The types under their headings, for whoever adds a rule."""
    found: dict[str, list[RuleType]] = {}
    for made in RULE_TYPES.values():
        found.setdefault(made.group, []).append(made)
    return found
