"""Placeholders of letters: which there are, which kind may use them, and how they are filled.

Plain replacement, never a template engine: the words are people's and go to customers. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Placeholder:
    """What `{{name}}` stands for. `kinds`: the letters it may stand in; none named: in all."""

    name: str
    help: str
    kinds: tuple[str, ...] = ()

    @property
    def sign(self) -> str:
        """As it is typed."""
        return f"{{{{{self.name}}}}}"


PLACEHOLDERS: Mapping[str, Placeholder] = {
    one.name: one
    for one in (
        Placeholder("customer", "The customer's name"),
        Placeholder("contact", "The name of the person it goes to"),
        Placeholder("prompt", "The feature it is about"),
        Placeholder("old", "The model (base, policy) in use until now"),
        Placeholder("new", "The model (base, policy) that comes"),
        Placeholder("retires_on", "The day the old model is switched off by its provider"),
        Placeholder("cutover", "Day and time of the change, in the customer's time zone"),
        Placeholder("owner", "Who looks after the customer here"),
        Placeholder("owner_email", "Their address"),
        Placeholder("link", "The personal link to the sign-off page", ("evidence", "reminder")),
        Placeholder("expires", "Until when the link or the code works",
                    ("evidence", "reminder", "code")),
        Placeholder("code", "The one-time code", ("code",)),
    )
}  # fmt: skip

SECRETS = ("link", "code")
"""Filled in when a letter is sent, never stored."""

NEEDED = {"evidence": "link", "reminder": "link", "code": "code"}
"""Kind -> the placeholder without which such a letter is of no use."""

_MARK = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_PARAGRAPH = re.compile(r"\n[ \t]*\n+")


def allowed(kind: str) -> list[Placeholder]:
    """The placeholders that a letter of this kind may use."""
    return [one for one in PLACEHOLDERS.values() if not one.kinds or kind in one.kinds]


def problems(kind: str, subject: str, body: str) -> dict[str, str]:
    """What speaks against these words, by field (`subject`, `body`); empty: nothing."""
    found: dict[str, str] = {}
    names = {one.name for one in allowed(kind)}
    for field, text, known in (("subject", subject, names - set(SECRETS)), ("body", body, names)):
        wrong = [name for name in _names(text) if name not in known]
        if wrong:
            found[field] = _refusal(wrong[0], [one for one in PLACEHOLDERS if one in known])
        elif "{{" in _MARK.sub("", text) or "}}" in _MARK.sub("", text):
            found[field] = "A placeholder is not closed: it reads {{name}}."
    needed = NEEDED.get(kind)
    if needed and "body" not in found and needed not in _names(body):
        found["body"] = f"Such a letter needs {{{{{needed}}}}}: it is what it is sent for."
    return found


def _names(text: str) -> list[str]:
    return [mark.strip() for mark in _MARK.findall(text)]


def _refusal(name: str, known: list[str]) -> str:
    signs = ", ".join(PLACEHOLDERS[one].sign for one in known)
    if name in PLACEHOLDERS:
        return f"{{{{{name}}}}} cannot stand here. These can: {signs}."
    return f"There is no placeholder {{{{{name[:40]}}}}}. These can stand here: {signs}."


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders replaced, in one pass: a value is never looked into.

    A paragraph in which a placeholder has nothing to say (an empty value: no date is set) is left
    out. A placeholder without a value at all, such as a secret, stays as it is.
    """
    kept = [one for one in _PARAGRAPH.split(text.strip()) if not _says_nothing(one, values)]
    return "\n\n".join(_filled(one, values) for one in kept)


def fill_line(text: str, values: Mapping[str, str]) -> str:
    """A subject: one line, filled; what has nothing to say is left out."""
    return " ".join(_filled(text, values).split())


def _says_nothing(paragraph: str, values: Mapping[str, str]) -> bool:
    return any(values.get(name) == "" for name in _names(paragraph))


def _filled(text: str, values: Mapping[str, str]) -> str:
    def value(mark: re.Match[str]) -> str:
        found = values.get(mark.group(1).strip())
        return mark.group() if found is None else _harmless(found)

    return _MARK.sub(value, text)


def _harmless(value: str) -> str:
    """A value in which nothing reads as a placeholder: a name may not ask for a secret."""
    return value.replace("{{", "{ {").replace("}}", "} }")


def unfilled(text: str) -> list[str]:
    """Names of the secrets that still stand in a text as placeholders."""
    return [name for name in SECRETS if name in _names(text)]
