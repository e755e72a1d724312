"""JSON and YAML as plain values, bounded: no bomb, no endless nesting, nothing constructed."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from evals.importers.parsed import UnusableFile

try:
    from yaml import CSafeLoader as _Safe
except ImportError:  # PyYAML without libyaml
    from yaml import SafeLoader as _Safe  # type: ignore[assignment]

LONGEST_YAML = 2 * 1024 * 1024
"""Characters of a YAML document; larger data belongs into JSONL or CSV."""

DEEPEST = 60
MOST_NODES = 300_000
"""Nodes of a YAML document after its aliases are filled in."""


class _Loader(_Safe):
    """YAML 1.2's core schema, as JavaScript reads it: `Yes` is a text, a date stays as written."""

    yaml_implicit_resolvers: dict[Any, Any] = {}


for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?[0-9]{1,18}$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.[0-9]{1,30}|[0-9]{1,30}(?:\.[0-9]{0,30})?)(?:[eE][-+]?[0-9]{1,2})?$",
     "-+0123456789."),
    ("null", r"^(?:~|null|Null|NULL|)$", "~nN\0"),
    ("merge", r"^<<$", "<"),
):  # fmt: skip
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), [*_first] + [""] * (_tag == "null")
    )


def yaml_of(text: str, name: str) -> Any:
    """The value of one YAML document. Raises UnusableFile, which says what is wrong and where."""
    if len(text) > LONGEST_YAML:
        raise UnusableFile(f"{name}: YAML of more than {LONGEST_YAML // 1024 // 1024} MB")
    try:
        _bounded(text, name)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise UnusableFile(f"{name} is not YAML: {_said(error)}") from None
    except (RecursionError, ValueError) as error:
        if isinstance(error, UnusableFile):
            raise
        raise UnusableFile(f"{name} is not usable YAML") from None


def _bounded(text: str, name: str) -> None:
    """Count what the document would grow to, from its events alone, before it is built."""
    sizes: dict[str, int] = {}
    open_nodes: list[tuple[str | None, int]] = []
    total = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in sizes:
                raise UnusableFile(f"{name}: *{event.anchor} refers to itself or to nothing")
            total += sizes[event.anchor]
        elif isinstance(event, yaml.CollectionStartEvent):
            open_nodes.append((event.anchor, total))
            total += 1
        elif isinstance(event, yaml.ScalarEvent):
            total += 1
            if event.anchor:
                sizes[event.anchor] = 1
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_nodes.pop()
            if anchor:
                sizes[anchor] = total - before
        if len(open_nodes) > DEEPEST:
            raise UnusableFile(f"{name} is nested more than {DEEPEST} levels deep")
        if total > MOST_NODES:
            raise UnusableFile(f"{name} grows to more than {MOST_NODES:,} values by its aliases")


def _said(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", "unreadable")
    return f"{problem} (line {mark.line + 1})" if mark else str(problem)


def json_of(text: str, name: str) -> Any:
    """The value of a JSON text. Raises UnusableFile, also for NaN and endless nesting."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise UnusableFile(f"{name} is not JSON: {error.msg} (line {error.lineno})") from None
    except RecursionError:
        raise UnusableFile(f"{name} is nested too deep") from None
    except ValueError as error:
        raise UnusableFile(f"{name} is not JSON: {error}") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")
