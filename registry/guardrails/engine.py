"""lint: every rule of a policy over a text or the slots of an overlay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from registry.guardrails.checks.domains import check_domains
from registry.guardrails.checks.encoded import check_encoded
from registry.guardrails.checks.limits import check_size
from registry.guardrails.checks.markup import check_markup
from registry.guardrails.checks.meaning import check_contradiction, check_override
from registry.guardrails.checks.phrases import check_forbidden, check_regex, check_required
from registry.guardrails.checks.secrets import check_secrets
from registry.guardrails.checks.semantic import check_similarity
from registry.guardrails.checks.source import Source
from registry.guardrails.checks.unicode import check_unicode
from registry.guardrails.checks.variables import check_variables
from registry.guardrails.findings import (
    QUOTE_CHARS,
    Finding,
    LintContext,
    Match,
    reading_order,
    softer,
)
from registry.guardrails.policy import Policy, Rule

# Beyond this only the size is judged: 30 times a usual overlay, still under 0.2 s.
MOST_CHARS_READ = 50_000
MOST_FINDINGS_A_RULE = 50

Check = Callable[[Source, Rule], Iterator[Match]]

CHECKS: dict[str, Check] = {
    "override_attempt": check_override,
    "must_not_contradict": check_contradiction,
    "unicode_hygiene": check_unicode,
    "encoded_text": check_encoded,
    "reserved_markup": check_markup,
    "declared_variables": check_variables,
    "size_limit": check_size,
    "secret_pattern": check_secrets,
    "allowed_domains": check_domains,
    "forbidden_phrase": check_forbidden,
    "required_phrase": check_required,
    "regex": check_regex,
    "semantic_similarity": check_similarity,
}


def lint(
    text_or_slots: str | Mapping[str, str],
    policy: Policy,
    context: LintContext | None = None,
) -> list[Finding]:
    """What the policy says about one free text or about each slot's value, in reading order.

    Never raises on any text. Spans count code points of the text (or slot value) as given.
    """
    context = context or LintContext()
    if isinstance(text_or_slots, str):
        return _lint_text(text_or_slots, policy, context)
    found: list[Finding] = []
    for slot, text in text_or_slots.items():
        found.extend(_lint_text(text, policy, replace(context, slot=slot)))
    found.extend(_over_all_slots(text_or_slots, policy, context))
    return found


def _lint_text(text: str, policy: Policy, context: LintContext) -> list[Finding]:
    if len(text) > MOST_CHARS_READ:
        return [_unreadably_long(text, policy, context)]
    source = Source(text, policy, context)
    found: list[Finding] = []
    for rule in policy.rules:
        if rule.scope.covers(context) and not _asked_of_the_whole(rule, context):
            found.extend(_apply(rule, source))
    found.sort(key=reading_order)
    return found


def _asked_of_the_whole(rule: Rule, context: LintContext) -> bool:
    return rule.type == "required_phrase" and context.slot is not None


def _apply(rule: Rule, source: Source) -> Iterator[Finding]:
    seen: set[tuple[int, int] | None] = set()
    for match in CHECKS[rule.type](source, rule):
        if match.span in seen and match.span is not None:
            continue
        seen.add(match.span)
        yield _finding(rule, match, source)
        if len(seen) >= MOST_FINDINGS_A_RULE:
            return


def _finding(rule: Rule, match: Match, source: Source) -> Finding:
    quote = source.text[match.span[0] : match.span[1]] if match.span else ""
    return Finding(
        rule=rule.id,
        severity=softer(rule.severity, match.severity),
        span=match.span,
        quote=quote if len(quote) <= QUOTE_CHARS else quote[: QUOTE_CHARS - 1] + "…",
        message=match.message or rule.message,
        hint=match.hint if match.hint is not None else rule.fix_hint,
        slot=source.context.slot,
        fix=match.fix,
    )


def _unreadably_long(text: str, policy: Policy, context: LintContext) -> Finding:
    rule_id = next((rule.id for rule in policy.rules if rule.type == "size_limit"), "limits")
    return Finding(
        rule=rule_id,
        severity="block",
        span=None,
        quote="",
        message=f"The text has {len(text):,} characters; at most {MOST_CHARS_READ:,} are read.",
        hint="Shorten the text.",
        slot=context.slot,
    )


def _over_all_slots(
    slots: Mapping[str, str], policy: Policy, context: LintContext
) -> Iterator[Finding]:
    """What holds for an overlay as a whole: required phrases and the total length."""
    whole = "\n".join(slots.values())
    limit = policy.limits.get("overlay_chars")
    source = Source(whole[:MOST_CHARS_READ], policy, context)
    for rule in policy.rules:
        if not rule.scope.covers(context):
            continue
        if rule.type == "required_phrase":
            yield from _apply(rule, source)
        if rule.type == "size_limit" and limit is not None:
            over = sum(map(len, slots.values())) - limit
            if over > 0 and all(len(text) <= limit for text in slots.values()):
                message = f"All slots together are {over:,} characters over {limit:,}."
                hint = rule.fix_hint.replace("{n}", f"{over:,}")
                yield replace(_finding(rule, Match(None), source), message=message, hint=hint)
