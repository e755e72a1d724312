"""declared_variables: every placeholder is one the base declares, and is well formed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rapidfuzz import process

from registry.guardrails.checks.source import Source
from registry.guardrails.findings import Fix, Match
from registry.guardrails.policy import Rule

_DOUBLE = re.compile(r"\{\{(?P<body>[^{}\n]{0,200})\}\}\}?|\{\{\{(?P<triple>[^{}\n]{0,200})\}\}\}")
_HALF = re.compile(r"\{\{(?![^{}\n]{0,200}\}\})|(?<!\})\}\}(?!\})")
_OTHER = re.compile(
    r"\{%.{0,200}?%\}|\{#[^\n]{0,200}?#\}|<%.{0,200}?%>|\$\{[^}\n]{0,200}\}|"
    r"#\{[^}\n]{0,200}\}|\{\{[#/^>!&][^\n]{0,200}?\}\}"
)
_SINGLE = re.compile(
    r"(?<![{$#\\])\{[ ]*(\w{1,60})[ ]*\}(?!\})|\[\[[ ]*(\w{1,60})[ ]*\]\]|"
    r"(?<!\w)%(\w{2,60})%|%\((\w{1,60})\)s"
)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
CLOSE_ENOUGH = 60  # per cent alike; below that a suggestion would be a guess


def check_variables(source: Source, rule: Rule) -> Iterator[Match]:
    """Placeholders that are unknown, malformed or in another syntax."""
    text = source.text
    if "{" not in text and "%" not in text and "[[" not in text:
        return
    declared = _declared(source, rule)
    covered: list[tuple[int, int]] = []
    for found in (*_OTHER.finditer(text), *_DOUBLE.finditer(text)):
        if any(start <= found.start() < end for start, end in covered):
            continue
        covered.append(found.span())
        yield from _judge(found, declared)
    for found in _HALF.finditer(text):
        if not any(start <= found.start() < end for start, end in covered):
            yield Match(found.span(), message="A placeholder is not closed.", hint=_list(declared))
    for found in _SINGLE.finditer(text):
        name = next(group for group in found.groups() if group)
        if name in declared and not any(s <= found.start() < e for s, e in covered):
            fix = Fix(f"Write {{{{{name}}}}}", f"{{{{{name}}}}}")
            yield Match(found.span(), message="A placeholder needs two braces.", fix=fix)


def _declared(source: Source, rule: Rule) -> tuple[str, ...]:
    own = rule.params.get("declared_variables", rule.params.get("variables", ()))
    return (*source.policy.declared_variables, *source.context.declared_variables, *own)


def _judge(found: re.Match[str], declared: tuple[str, ...]) -> Iterator[Match]:
    groups = found.groupdict()
    body = groups.get("body")
    name = body.strip(" ") if body is not None else ""
    well_formed = found.group().startswith("{{") and _NAME.fullmatch(name) is not None
    if well_formed and name in declared and not found.group().endswith("}}}"):
        return
    message = (
        f"The placeholder {{{{{name}}}}} is not declared."
        if well_formed
        else "A placeholder is malformed: only {{name}} is allowed, without logic or filters."
    )
    near = _nearest(name or found.group(), declared)
    fix = Fix(f"Write {{{{{near}}}}}", f"{{{{{near}}}}}") if near else Fix("Remove it", "")
    hint = f"Did you mean {{{{{near}}}}}?" if near else _list(declared)
    yield Match(found.span(), message=message, hint=hint, fix=fix)


def _nearest(name: str, declared: tuple[str, ...]) -> str | None:
    best = process.extractOne(name.casefold(), declared, score_cutoff=CLOSE_ENOUGH)
    return best[0] if best else None


def _list(declared: tuple[str, ...]) -> str:
    return "Declared are " + ", ".join(f"{{{{{name}}}}}" for name in declared) + "."
