"""Post a form of a page the way a browser would: what its fields hold, unless typed over."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from django.test import Client


class _Fields(HTMLParser):
    """Collects the fields of one form, those bound to it by `form=` included."""

    def __init__(self, form: str) -> None:
        super().__init__(convert_charrefs=True)
        self.form, self.inside = form, False
        self.fields: dict[str, list[str]] = {}
        self._area: str | None = None
        self._text = ""
        self._select: str | None = None
        self._options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = held.get("id") == self.form
        if not self.inside and held.get("form") != self.form:
            return
        name = held.get("name", "")
        if tag == "input" and name:
            if held.get("type") in ("checkbox", "radio") and "checked" not in held:
                return
            self.fields.setdefault(name, []).append(held.get("value", ""))
        elif tag == "textarea":
            self._area, self._text = name, ""
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option" and self._select:
            self._options.append((held.get("value", ""), "selected" in held))

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea" and self._area is not None:
            # A browser reads every line end as LF, drops the first, and sends CRLF for the rest.
            text = self._text.replace("\r\n", "\n").replace("\r", "\n")
            text = text.removeprefix("\n").replace("\n", "\r\n")
            self.fields.setdefault(self._area, []).append(text)
            self._area = None
        elif tag == "select" and self._select is not None:
            chosen = [value for value, selected in self._options if selected]
            first = [self._options[0][0]] if self._options else []
            self.fields.setdefault(self._select, []).extend(chosen or first)
            self._select = None


def fields_of(page: str, form: str) -> dict[str, list[str]]:
    """What the form would send as it stands."""
    parser = _Fields(form)
    parser.feed(page)
    parser.close()
    return parser.fields


def send(client: Client, page_url: str, form: str, to: str = "", **typed: Any) -> Any:
    """Open the page, type over some fields, send the form."""
    fields = fields_of(client.get(page_url).content.decode(), form)
    return client.post(to or page_url.partition("?")[0], {**fields, **typed})
