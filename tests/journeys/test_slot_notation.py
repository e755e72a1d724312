"""The browser writes and reads lists, glossaries and examples just as the server does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from registry.compose import Slot
from registry.slots import Entry, Example, fits, parse, render

pytestmark = pytest.mark.journey

SCRIPT = Path(__file__).parents[2] / "static" / "js" / "pages" / "slot_notation.js"
ODD = ["a", "Q: a", "A: a", "- a", "a: b", "a:b", ":", "😀", "a - b", "“a”", "1. a"]
LONG = [*ODD, "a\nb", "a\n\nQ: b", "a\n   b\nA: c", "a\n \nb"]

WRITTEN: list[tuple[Slot, list[Any]]] = [
    *[(Slot("s", type="list", bullet=bullet), items) for bullet in ("- ", "", "* ")
      for items in (ODD, ODD[:1])],
    (Slot("s", type="glossary"),
     [Entry(term, f"{meaning}: x") for term, meaning in zip(ODD, reversed(ODD), strict=True)
      if ": " not in term]),
    (Slot("s", type="examples"),
     [Example(*pair) for pair in zip(LONG, reversed(LONG), strict=True)]),
]  # fmt: skip

TEXTS = [
    "a", "- a", "- a\n- b", "- a\nb", "- a ", "-  a", "- ", "- a: b", "- a: ", "- : b", "- a:b",
    "- a: b\n- a: c: d", "Q: a\nA: b", "Q: a", "A: b", "Q: a\nQ: b", "Q: a\nA: b\nA: c",
    "Q: a\nA: b\n\nQ: c\nA: d", "Q: a\nA: b\n   c\n\n   d", "Q: a\nA: b\nc", "Q: a\nA: b\n   ",
    "Q: a\nA: b\n", "Q:a\nA:b", "\n", " ", "Q: \nA: ", "Q: a\nA: ",
]  # fmt: skip


@pytest.fixture(scope="module")
def notation(chromium: Browser) -> Iterator[Page]:
    """A page that has only the notation's script."""
    page = chromium.new_page()
    page.add_script_tag(path=SCRIPT)
    yield page
    page.close()


@pytest.mark.parametrize(("slot", "items"), WRITTEN)
def test_the_browser_writes_and_reads_what_the_server_does(
    notation: Page, slot: Slot, items: list[Any]
) -> None:
    text = render(slot, items)
    rows = [[item] if isinstance(item, str) else list(item) for item in parse(slot, text)]
    told = {"kind": slot.type, "bullet": slot.bullet, "rows": rows, "text": text}
    write = "({kind, rows, bullet}) => fleetNotation.write(kind, rows, bullet)"
    read = "({kind, text, bullet}) => fleetNotation.read(kind, text, bullet)"
    assert notation.evaluate(write, told) == text
    assert notation.evaluate(read, told) == rows


@pytest.mark.parametrize("kind", ["list", "glossary", "examples"])
def test_what_the_server_would_mend_the_browser_leaves_as_text(notation: Page, kind: Any) -> None:
    slot = Slot("s", type=kind)
    read = "([kind, texts]) => texts.map((text) => fleetNotation.read(kind, text, '- ') !== null)"
    readable = notation.evaluate(read, [kind, TEXTS])
    judged = {text: fits(slot, text) for text in TEXTS}
    # A row half filled in or a term told twice is an editor's row all the same: it is being typed.
    typing = {"- a: ", "- : b", "Q: a\nA: ", "- a: b\n- a: c: d"}
    for text, can_edit in zip(TEXTS, readable, strict=True):
        assert can_edit == judged[text] or (can_edit and text in typing), text
