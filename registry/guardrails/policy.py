"""A policy: text plus typed rules, read from its JSON document and checked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from registry.guardrails.findings import LintContext, Severity
from registry.guardrails.safe_regex import PatternRefused, compile_pattern
from registry.guardrails.topics import TOPICS

RULE_TYPES = (
    "override_attempt",
    "must_not_contradict",
    "unicode_hygiene",
    "encoded_text",
    "reserved_markup",
    "declared_variables",
    "size_limit",
    "secret_pattern",
    "allowed_domains",
    "forbidden_phrase",
    "required_phrase",
    "regex",
    "semantic_similarity",
)
SEVERITIES = ("block", "review", "warn")
SCOPE_KEYS = ("segment", "locale", "model", "slot")

# Several names are in use for one line of business.
SEGMENT_NAMES = {
    "healthcare": "health",
    "medical": "health",
    "banking": "finance",
    "bank": "finance",
    "financial": "finance",
    "fintech": "finance",
    "law": "legal",
}


_NUMBERS = (
    "max_chars",
    "max_tokens",
    "overlay_chars",
    "overlay_tokens",
    "longest_unbroken_token",
    "forbidden_phrases",
    "forbidden_phrase_chars",
)
_PARAMS_OF = {
    "size_limit": (_NUMBERS, ()),
    "declared_variables": ((), ("declared_variables", "variables")),
    "allowed_domains": ((), ("domains", "allowed_domains")),
}


class PolicyError(ValueError):
    """The policy cannot be used; the message names the rule and the field."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a rule holds; an empty tuple means everywhere."""

    segment: tuple[str, ...] = ()
    locale: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    slot: tuple[str, ...] = ()

    def covers(self, context: LintContext) -> bool:
        """Whether the rule holds there. What the context leaves open counts as inside."""
        return (
            _named(self.segment, context.segment)
            and _prefixed(self.locale, context.locale)
            and _prefixed(self.model, context.model)
            and _named(self.slot, context.slot)
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """One typed rule of a policy."""

    id: str
    type: str
    severity: Severity
    message: str
    fix_hint: str = ""
    scope: Scope = field(default_factory=Scope)
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def topic(self) -> str:
        """The detector of a must_not_contradict rule: params.topic, by default the id."""
        return str(self.params.get("topic", self.id))


@dataclass(frozen=True, slots=True)
class Policy:
    """Rules and the lists they refer to. Limits are in characters unless named otherwise."""

    name: str
    rules: tuple[Rule, ...]
    declared_variables: tuple[str, ...] = ()
    allowed_domains: tuple[str, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    slots: tuple[str, ...] = ()


def load_policy(document: Mapping[str, Any]) -> Policy:
    """Read a policy document; raises PolicyError naming the rule and the field."""
    if not isinstance(document, Mapping):
        raise PolicyError("The policy must be a JSON object.")
    rules = document.get("rules")
    if not isinstance(rules, list):
        raise PolicyError("The policy's field 'rules' must be a list.")
    loaded = tuple(_rule(raw, place) for place, raw in enumerate(rules, 1))
    _refuse_twins(loaded)
    return Policy(
        name=str(document.get("name", "")),
        rules=loaded,
        declared_variables=_strings(document, "declared_variables", "The policy"),
        allowed_domains=_strings(document, "allowed_domains", "The policy"),
        limits=_limits(document.get("limits", {})),
        slots=_strings(document, "slots", "The policy"),
    )


def _rule(raw: Any, place: int) -> Rule:
    if not isinstance(raw, Mapping):
        raise PolicyError(f"Rule {place} must be a JSON object.")
    rule_id = raw.get("id")
    if not isinstance(rule_id, str) or not rule_id:
        raise PolicyError(f"Rule {place}: field 'id' must be a non-empty text.")
    where = f"Rule '{rule_id}'"
    params = raw.get("params", {})
    if not isinstance(params, Mapping):
        raise PolicyError(f"{where}: field 'params' must be an object.")
    rule = Rule(
        id=rule_id,
        type=_one_of(raw, "type", RULE_TYPES, where),
        severity=cast(Severity, _one_of(raw, "severity", SEVERITIES, where)),
        message=str(raw.get("message") or f"This text breaks the rule '{rule_id}'."),
        fix_hint=str(raw.get("fix_hint") or ""),
        scope=_scope(raw.get("scope", {}), where),
        params=_params(str(raw.get("type")), params, where),
    )
    _check_params(rule, where)
    return rule


def _params(kind: str, raw: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The params with numbers and lists of the kind that the rule's check reads."""
    numbers, lists = _PARAMS_OF.get(kind, ((), ()))
    read: dict[str, Any] = dict(raw)
    for key in (key for key in numbers if raw.get(key) is not None):
        read[key] = int(_number(raw[key], key, where))
    for key in (key for key in lists if key in raw):
        read[key] = _strings(raw, key, where, "params.")
    if kind == "semantic_similarity" and "threshold" in raw:
        read["threshold"] = _number(raw["threshold"], "threshold", where)
    return read


def _number(value: Any, key: str, where: str) -> float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not 0 <= number < math.inf:
        raise PolicyError(f"{where}: field 'params.{key}' must be a number from 0 up.")
    return number


def _check_params(rule: Rule, where: str) -> None:
    if rule.type == "must_not_contradict" and rule.topic not in TOPICS:
        known = ", ".join(sorted(TOPICS))
        raise PolicyError(
            f"{where}: field 'params.topic' is '{rule.topic}', known topics are {known}."
        )
    if rule.type in ("forbidden_phrase", "required_phrase") and not _strings(
        rule.params, "phrases", where, "params."
    ):
        raise PolicyError(f"{where}: field 'params.phrases' must list at least one phrase.")
    if rule.type == "semantic_similarity" and rule.severity == "block":
        raise PolicyError(f"{where}: field 'severity' may be review or warn for this type.")
    if rule.type == "regex":
        pattern = rule.params.get("pattern")
        if not isinstance(pattern, str) or not pattern:
            raise PolicyError(f"{where}: field 'params.pattern' must be a non-empty text.")
        try:
            compile_pattern(pattern, bool(rule.params.get("ignore_case", True)))
        except PatternRefused as refused:
            raise PolicyError(f"{where}: field 'params.pattern': {refused}") from None


def _scope(raw: Any, where: str) -> Scope:
    if not isinstance(raw, Mapping):
        raise PolicyError(f"{where}: field 'scope' must be an object.")
    unknown = set(raw) - set(SCOPE_KEYS)
    if unknown:
        raise PolicyError(f"{where}: field 'scope.{sorted(unknown)[0]}' is not known.")
    values = {key: _strings(raw, key, where, "scope.") for key in SCOPE_KEYS}
    return Scope(**values)


def _strings(raw: Mapping[str, Any], key: str, where: str, prefix: str = "") -> tuple[str, ...]:
    value = raw.get(key)
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Sequence) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise PolicyError(f"{where}: field '{prefix}{key}' must be a list of texts.")


def _one_of(raw: Mapping[str, Any], key: str, allowed: tuple[str, ...], where: str) -> str:
    value = raw.get(key)
    if value not in allowed:
        raise PolicyError(f"{where}: field '{key}' must be one of {', '.join(allowed)}.")
    return str(value)


def _limits(raw: Any) -> Mapping[str, int]:
    if not isinstance(raw, Mapping):
        raise PolicyError("The policy's field 'limits' must be an object.")
    for key, value in raw.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise PolicyError(f"The policy's field 'limits.{key}' must be a whole number.")
    return dict(raw)


def _refuse_twins(rules: Sequence[Rule]) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise PolicyError(f"Rule '{rule.id}': field 'id' is used twice.")
        seen.add(rule.id)


def _named(wanted: tuple[str, ...], given: str | None) -> bool:
    if not wanted or given is None:
        return True
    name = given.casefold()
    return bool({name, SEGMENT_NAMES.get(name, name)} & {item.casefold() for item in wanted})


def _prefixed(wanted: tuple[str, ...], given: str | None) -> bool:
    if not wanted or given is None:
        return True
    name = given.casefold().replace("_", "-")
    return any(
        name == item or name.startswith(item + "-")
        for item in (entry.casefold().replace("_", "-") for entry in wanted)
    )
