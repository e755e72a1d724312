"""What a caller asks for, read from a request. Whatever it holds, the answer is in words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl

from fleet.delivery.problems import Problem

LONGEST_NAME = 80
"""Characters a slug of a prompt or tenant can have; a longer one cannot be known."""

LONGEST_SESSION = 1000
"""Characters of a session's name: an identifier, not a document."""

MOST_PARAMETERS = 20

STAGES = ("staging", "shadow")
"""What may be fetched by name beside the live text."""

_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z]{4})?([-_][A-Za-z]{2})?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Empty where the caller says nothing; `tenant` empty is the platform default."""

    slug: str
    tenant: str = ""
    locale: str = ""
    lane: str = ""
    session: str = ""
    task_tier: str = ""
    stage: str = ""


def read(slug: str, query: Mapping[str, str] | str) -> Wanted:
    """The request in our own words. Raises a 400 Problem for what no name can hold.

    `query` is the raw query string, or its parameters where the server has taken it apart.
    """
    asked = parameters(query) if isinstance(query, str) else query
    wanted = Wanted(
        slug, asked.get("tenant") or "", asked.get("locale") or "", asked.get("lane") or "",
        asked.get("session") or "", asked.get("task_tier") or "", asked.get("stage") or "",
    )  # fmt: skip
    refuse_unstorable(slug, *asked.values())
    if len(wanted.session) > LONGEST_SESSION:
        raise Problem(
            HTTPStatus.BAD_REQUEST, f"“session” may have at most {LONGEST_SESSION} characters."
        )
    if wanted.stage and wanted.stage not in STAGES:
        raise Problem(
            HTTPStatus.BAD_REQUEST, f"“stage” is one of {', '.join(STAGES)}, or left out."
        )
    return wanted


def parameters(query: str) -> dict[str, str]:
    """A query string's parameters, each once; a 400 Problem for what cannot be read."""
    try:
        pairs = parse_qsl(
            query, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except UnicodeDecodeError:
        raise Problem(HTTPStatus.BAD_REQUEST, "The query string is not UTF-8.") from None
    except ValueError:
        raise Problem(
            HTTPStatus.BAD_REQUEST, f"At most {MOST_PARAMETERS} parameters are read."
        ) from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if found.setdefault(name, value) != value:
            raise Problem(HTTPStatus.BAD_REQUEST, f"“{name}” is given twice. Give it once.")
    return found


def preferences(locale: str) -> list[str]:
    """The locales to try for one asked for, best first: de-AT, then de; none for no locale.

    Small and capital letters and `_` for `-` make no difference.
    """
    if not _LOCALE.match(locale):
        return []
    language, *rest = locale.replace("_", "-").split("-")
    parts = [language.lower(), *(_subtag(part) for part in rest)]
    return ["-".join(parts[:size]) for size in range(len(parts), 0, -1)]


def _subtag(part: str) -> str:
    """`hant` -> `Hant` (a script), `at` -> `AT` (a region)."""
    return part.title() if len(part) == 4 else part.upper()


def refuse_unstorable(*texts: str) -> None:
    """A 400 Problem for what neither UTF-8 nor PostgreSQL can hold."""
    for text in texts:
        if "\x00" in text or not _encodes(text):
            raise Problem(
                HTTPStatus.BAD_REQUEST,
                "The request holds a NUL byte or a broken Unicode character.",
            )


def _encodes(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
