"""The runbook as a page: its Markdown becomes blocks, and nothing in it becomes markup."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from fleet.rollback.help_views import RUNBOOK
from fleet.rollback.runbook import blocks
from tests.builders import Fleet


def said(text: str) -> list[tuple[str, str]]:
    return [
        (block.kind, block.text or "|".join(
            "".join(piece.text for piece in cell) for row in block.rows for cell in row
        ))
        for block in blocks(text)
    ]  # fmt: skip


def test_blocks_of_each_kind_are_told_apart() -> None:
    text = (
        "# T\n\nOne\nline.\n\n- a\n- b\n  more\n\n1. x\n\n"
        "| h | i |\n|---|---|\n| c | d |\n\n```\n# no\n```\n"
    )
    assert said(text) == [
        ("title", "T"), ("paragraph", "One line."), ("list", "a|b more"), ("steps", "x"),
        ("table", "h|i|c|d"), ("code", "# no"),
    ]  # fmt: skip


def test_bold_and_code_are_pieces() -> None:
    (block,) = blocks("Press **Roll back** or `curl`.")
    assert [(piece.kind, piece.text) for piece in block.line] == [
        ("text", "Press "), ("strong", "Roll back"), ("text", " or "), ("code", "curl"),
        ("text", "."),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", "\n\n", "```", "``` \nopen", "|", "|---|", "**", "`", "####"])
def test_odd_text_breaks_nothing(text: str) -> None:
    blocks(text)


@pytest.mark.django_db
def test_page_shows_the_runbook_and_escapes_it(
    client: Client, fleet: Fleet, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    client.force_login(fleet.viewer)
    page = client.get(reverse("runbook-rollback")).content.decode()
    for heading in re.findall(r"^## (.+)$", RUNBOOK.read_text(), re.MULTILINE):
        assert heading in page.replace("&quot;", '"'), heading
    odd = tmp_path / "odd.md"  # type: ignore[operator]
    odd.write_text("## <script>x</script>\n\n{% url 'home' %} {{ user }}")
    monkeypatch.setattr("fleet.rollback.help_views.RUNBOOK", odd)
    page = client.get(reverse("runbook-rollback")).content.decode()
    assert "<script>x" not in page
    assert "{% url &#x27;home&#x27; %} {{ user }}" in page


@pytest.mark.django_db
def test_variant_and_its_releases_link_the_runbook(client: Client, fleet: Fleet) -> None:
    client.force_login(fleet.engineer)
    for name in ("variant-detail", "variant-releases"):
        page = client.get(reverse(name, args=[fleet.variants[0].pk])).content.decode()
        assert reverse("runbook-rollback") in page, name
