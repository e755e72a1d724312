"""Fills `{{ name }}` in a text, and refuses what would have to be run.

A small part of Nunjucks: names, dotted paths, the filters safe, trim, upper, lower and dump, and
what stands between `{% raw %}` and `{% endraw %}`. Other blocks (`{% … %}`), calls and
everything from the environment are refused, never run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from evals.importers.cases import LeaveOut, plain

_FIELD = re.compile(r"\{\{-?(.{0,400}?)-?\}\}", re.S)
_PATH = re.compile(r"[A-Za-z_$][\w$-]{0,100}(?:\.[\w$-]{1,100}|\[\d{1,4}\]){0,8}")
_RAW = re.compile(r"\{%-?\s{0,9}raw\s{0,9}-?%\}(.*?)\{%-?\s{0,9}endraw\s{0,9}-?%\}", re.S)
_COMMENT = re.compile(r"\{#.{0,2000}?#\}", re.S)

_FILTERS = {
    "safe": plain,
    "trim": lambda value: plain(value).strip(),
    "upper": lambda value: plain(value).upper(),
    "lower": lambda value: plain(value).lower(),
    "dump": lambda value: json.dumps(value, ensure_ascii=False, default=str),
}


def rendered(text: str, values: Mapping[str, Any]) -> str:
    """The text with its fields filled in; a name without a value is empty, as in Nunjucks.

    Raises LeaveOut for what would have to be run.
    """
    parts = _RAW.split(text)
    return "".join(
        part if number % 2 else _fields(part, values) for number, part in enumerate(parts)
    )


def _fields(text: str, values: Mapping[str, Any]) -> str:
    if "{%" in text:
        raise LeaveOut("it uses a template block ({% … %}), which is not run")
    return _FIELD.sub(lambda match: _filled(match[1], values), _COMMENT.sub("", text))


def resolved(values: Mapping[str, Any]) -> dict[str, Any]:
    """Variables whose texts name other variables, filled in once. Raises LeaveOut as above."""
    return {
        name: rendered(value, values) if isinstance(value, str) and "{" in value else value
        for name, value in values.items()
    }


def deep(value: Any, values: Mapping[str, Any]) -> Any:
    """A value with every text in it filled in. Raises LeaveOut as above."""
    if isinstance(value, str):
        return rendered(value, values)
    if isinstance(value, list):
        return [deep(one, values) for one in value]
    if isinstance(value, dict):
        return {name: deep(one, values) for name, one in value.items()}
    return value


def _filled(inside: str, values: Mapping[str, Any]) -> str:
    path, *filters = (part.strip() for part in inside.split("|"))
    if not _PATH.fullmatch(path):
        raise LeaveOut(f"it computes a value in its template ({{{{ {inside.strip()[:60]} }}}})")
    found = _at(path, values)
    for name in filters:
        if name not in _FILTERS:
            raise LeaveOut(f"its template uses the filter {name[:40]}, which is not run")
        found = _FILTERS[name](found)
    return plain(found)


def _at(path: str, values: Mapping[str, Any]) -> Any:
    if path in values:
        return values[path]
    steps = re.findall(r"[\w$-]+", path)
    if steps[0] == "env" and "env" not in values:
        raise LeaveOut(f"it reads {path} from the environment, which is not read")
    found: Any = values
    for step in steps:
        if isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(found, list) and step.isdigit() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found
