"""size_limit: how long a text, a slot, a list and an unbroken run may be."""

from __future__ import annotations

import re
from collections.abc import Iterator

from registry.guardrails.checks.source import Source
from registry.guardrails.findings import Fix, Match
from registry.guardrails.policy import Rule

# Characters a token, from the makers' published averages; an estimate for any model.
CHARS_PER_TOKEN = 4.0
WIDE_CHARS_PER_TOKEN = 1.2
_WIDE = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def estimated_tokens(text: str) -> int:
    """Tokens a text is likely to take; an estimate, rounded up."""
    wide = len(_WIDE.findall(text))
    return -int(-(wide / WIDE_CHARS_PER_TOKEN + (len(text) - wide) / CHARS_PER_TOKEN) // 1)


def check_size(source: Source, rule: Rule) -> Iterator[Match]:
    """Over a limit of the rule's params, else of the policy's limits, else of the slot."""
    limits = {**source.policy.limits, **rule.params}
    yield from _too_long(source, rule, limits.get("max_chars", limits.get("overlay_chars")))
    most_tokens = limits.get("max_tokens", limits.get("overlay_tokens"))
    if most_tokens is not None:
        over = estimated_tokens(source.text) - int(most_tokens)
        if over > 0:
            yield Match(
                None,
                message=f"About {over} tokens over the limit of {most_tokens}.",
                hint=_hint(rule, over * CHARS_PER_TOKEN),
            )
    longest = limits.get("longest_unbroken_token")
    if longest and any(len(word) > int(longest) for word in source.text.split()):
        # Scripts without spaces are long by nature; only other runs count.
        run = re.compile(
            rf"[^\s\u0e00-\u0e7f\u3000-\u9fff\uac00-\ud7af\uff00-\uffef]{{{int(longest) + 1},}}"
        )
        for found in run.finditer(source.text):
            yield Match(
                found.span(),
                message=f"A run of {found.end() - found.start()} characters without a space.",
                hint=f"Break it up; at most {longest} characters are allowed.",
            )
    if source.context.slot == "forbidden_phrases":
        yield from _phrase_list(source, limits)


def _hint(rule: Rule, over: float) -> str:
    """The rule's own words; `{n}` in them stands for how many characters are too many."""
    return rule.fix_hint.replace("{n}", f"{over:,.0f}")


def _too_long(source: Source, rule: Rule, most: int | None) -> Iterator[Match]:
    slot_limit = dict(source.context.slot_limits).get(source.context.slot or "")
    allowed = [int(limit) for limit in (most, slot_limit) if limit is not None]
    if not allowed or len(source.text) <= min(allowed):
        return
    limit = min(allowed)
    over = len(source.text) - limit
    yield Match(
        (limit, len(source.text)),
        message=f"The text is {over:,} characters over its limit of {limit:,}.",
        hint=_hint(rule, over),
        fix=Fix(f"Cut after {limit:,} characters", ""),
    )


def _phrase_list(source: Source, limits: dict[str, int]) -> Iterator[Match]:
    lines = [line for line in source.text.splitlines() if line.strip()]
    most = limits.get("forbidden_phrases")
    if most and len(lines) > most:
        yield Match(
            None,
            message=f"{len(lines)} phrases; at most {most} are allowed.",
            hint=f"Take {len(lines) - most} of them out.",
        )
    longest = limits.get("forbidden_phrase_chars")
    for line in lines:
        if longest and len(line.strip()) > longest:
            start = source.text.index(line)
            yield Match(
                (start, start + len(line)),
                message=f"A forbidden phrase may have at most {longest} characters.",
                hint="Keep the words that must not appear; leave the rest of the sentence out.",
            )
