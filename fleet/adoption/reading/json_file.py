"""Prompts in JSON: one alone, chat messages, or many by tenant."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from fleet.adoption.reading.found import NAME_KEYS, TEXT_KEYS, Found, first_key
from registry.border import UnusableText

_SYSTEM_ROLES = ("system", "developer")


def read_json(text: str, name: str) -> list[Found]:
    """Every prompt in the document; UnusableText where it is no JSON or holds none."""
    try:
        document = json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_object)
    except _Twins as twins:
        raise UnusableText(f"{name} names “{twins}” twice.") from None
    except (ValueError, RecursionError) as error:
        place = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise UnusableText(f"{name} is no JSON that can be read{place}.") from None
    alone = _prompt(document)
    if not alone.why:
        return [alone]
    if isinstance(document, list) and document and not _is_chat(document):
        return [_row(row, number) for number, row in enumerate(document, 1)]
    if isinstance(document, dict) and document and not first_key(TEXT_KEYS, list(document)):
        return [_named(tenant, value) for tenant, value in document.items()]
    raise UnusableText(f"{name}: {alone.why}.")


class _Twins(Exception):
    """An object names the same thing twice: reading it would lose one."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _Twins(key)
        found[key] = value
    return found


def _prompt(value: Any) -> Found:
    """The prompt that a value is, or why it is none."""
    if isinstance(value, str):
        return Found(text=value)
    if isinstance(value, list):
        return _of_chat(value)
    if isinstance(value, dict):
        key = first_key((*TEXT_KEYS, "messages"), list(value))
        if key is not None and isinstance(value[key], str | list):
            return replace(_prompt(value[key]), name=_name(value))
    return Found(why="it holds no text under system, prompt, text or content")


def _of_chat(messages: list[Any]) -> Found:
    if not _is_chat(messages):
        return Found(why="it is a list, but not of chat messages")
    system = [row["content"] for row in messages if row["role"] in _SYSTEM_ROLES]
    if len(system) != 1:
        return Found(why=f"its chat holds {len(system) or 'no'} system messages; one is needed")
    (content,) = system
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, dict) else None for part in content]
        content = parts[0] if len(parts) == 1 else None
    if not isinstance(content, str):
        return Found(why="its system message is not one text")
    return Found(text=content)


def _is_chat(messages: list[Any]) -> bool:
    return bool(messages) and all(
        isinstance(row, dict) and {"role", "content"} <= row.keys() for row in messages
    )


def _named(tenant: str, value: Any) -> Found:
    found = _prompt(value)
    return Found(tenant, found.text, found.why, place=f"“{tenant}”")


def _row(row: Any, number: int) -> Found:
    found = replace(_prompt(row), place=f"entry {number}")
    if found.name or found.why:
        return found
    return replace(found, why="the entry names no tenant")


def _name(row: dict[str, Any]) -> str:
    key = first_key(NAME_KEYS, list(row))
    named = row[key] if key is not None else ""
    return named.strip() if isinstance(named, str) else ""
