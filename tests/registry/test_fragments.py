"""Pieces of pages that are rendered once for what they say."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from registry import fragments
from registry.fragments import fragment


class Cells(NamedTuple):
    """As of a row."""

    state: str


def test_equal_cells_are_rendered_once_and_others_by_themselves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Cells] = []

    def render(template: str, context: dict[str, Cells]) -> str:
        asked.append(context["cells"])
        return f"{template}: {context['cells'].state}"

    monkeypatch.setattr(fragments, "render_to_string", render)
    html = fragment("a_row.html")
    assert [html(Cells(one)) for one in ("live", "live", "draft")] == [
        "a_row.html: live", "a_row.html: live", "a_row.html: draft",
    ]  # fmt: skip
    assert asked == [Cells("live"), Cells("draft")]
