"""Where everything stands in the folder. Names from people are percent-encoded. Pure."""

from __future__ import annotations

from urllib.parse import quote, unquote

MARKER = "fleet.json"
FORMAT = 1

ROOMS = ("models", "people", "policies", "prompts", "safety", "tenants")
"""Folders that belong to the export; nothing else in the directory is touched."""

ANY = "_any"
DEFAULT = "_default"
CORE = "_core"
LABELS = "_labels"
HISTORY = "history"


def safe(name: str) -> str:
    """A name as one path part: no separator, no leading dot or underscore, reversible."""
    part = quote(name, safe=" ()+,=@")
    if part.startswith((".", "_")):
        part = f"%{ord(part[0]):02X}{part[1:]}"
    return part.replace("~", "%7E")


def unsafe(part: str) -> str:
    """The name that `safe` made this part of."""
    return unquote(part)


def scope(*names: str) -> str:
    """A line's scope as one path part, such as `_any+_any` or `de+primary`."""
    return "+".join(quote(name, safe="") or ANY for name in names)


def unscope(part: str) -> list[str]:
    """The names that `scope` made this part of."""
    return ["" if name == ANY else unquote(name) for name in part.split("+")]


def policy(prompt: str | None) -> str:
    """Folder of a policy line: the global one, or a prompt's own."""
    return "policies/global" if prompt is None else f"policies/of-prompts/{safe(prompt)}"


def base(prompt: str, locale: str, family: str) -> str:
    """Folder of a base line."""
    return f"prompts/{safe(prompt)}/bases/{scope(locale, family)}"


def overlay(prompt: str, tenant: str, locale: str, lane: str) -> str:
    """Folder of an overlay line."""
    return f"prompts/{safe(prompt)}/overlays/{safe(tenant)}/{scope(locale, lane)}"


def suite(prompt: str, whose: str, name: str) -> str:
    """Folder of a prompt's suite; `whose` is CORE, LABELS or a tenant's slug."""
    part = whose if whose in (CORE, LABELS) else safe(whose)
    return f"prompts/{safe(prompt)}/suites/{part}/{safe(name)}"


def safety(prompt: str | None, name: str) -> str:
    """Folder of a policy's safety set: the global policy's, or a prompt's own."""
    room = "safety/global" if prompt is None else f"safety/of-prompts/{safe(prompt)}"
    return f"{room}/{safe(name)}"


def variant(prompt: str, tenant: str | None, locale: str, lane: str) -> str:
    """File of a variant without its ending; its live text stands beside it as `.md`."""
    whose = DEFAULT if tenant is None else safe(tenant)
    return f"prompts/{safe(prompt)}/variants/{whose}/{scope(locale, lane)}"


def model(provider: str, snapshot: str) -> str:
    """File of a model target."""
    return f"models/{safe(provider)}/{safe(snapshot)}.json"


def of_version(line: str, number: int, head: int) -> str:
    """Folder of one version of a line: the line's own for its newest."""
    return line if number == head else f"{line}/{HISTORY}/{number:04}"
