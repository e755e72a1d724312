"""What the pages load: complete, ours alone, readable in both themes, fit for a strict CSP."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps

from fleet.authoring.sentences import SENTENCES
from registry.templatetags.words import STATE_SIGNS, state_slug

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SHEETS = [STATIC / "css" / "app.css", STATIC / "css" / "text.css"]

# What a policy of `script-src 'self'; style-src 'self'` would refuse without a word.
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)[^>]*>|<style\b|\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|\shx-on[:\w-]*=|javascript:",
    re.IGNORECASE,
)
ALONE = {"templates/evals/report/page.html", "templates/signoff/document.html"}
"""Files to send away: they carry their style, under a policy of their own that names its hash."""

AA = 4.5  # WCAG 2.2, 1.4.3: text under 18 pt


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_template_holds_no_inline_script_or_style(path: Path) -> None:
    allowed = ["<style"] if str(path.relative_to(ROOT)) in ALONE else []
    assert INLINE.findall(path.read_text()) == allowed


def test_a_part_with_a_form_keeps_its_token_where_it_is_included_with_nothing_else() -> None:
    """`only` hides the token too: such a form is refused in a browser, and passes every test
    of a client that checks none."""
    forms = {
        str(path.relative_to(ROOT / "templates")) for path in TEMPLATES
        if "{% csrf_token %}" in path.read_text()
    }  # fmt: skip
    alone = re.compile(r"{% include \"([^\"]+)\"((?:(?!%}).)*) only %}")
    lost = [
        f"{path.relative_to(ROOT)} includes {name}"
        for path in TEMPLATES
        for name, given in alone.findall(path.read_text())
        if name in forms and "csrf_token=csrf_token" not in given
    ]
    assert lost == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_template_loads_only_static_files_that_exist(path: Path) -> None:
    named = re.findall(r"{%\s*static\s+['\"]([^'\"]+)['\"]", path.read_text())
    own = [name for name in named if not name.startswith(("django_htmx/", "admin/"))]
    assert [name for name in own if not (STATIC / name).is_file()] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_template_names_only_icons_of_the_sprite(path: Path) -> None:
    named = set(re.findall(r"{%\s*icon\s+['\"]([\w-]+)['\"]", path.read_text()))
    assert named - sprite() == set()


def test_policy_is_folded_and_still_copied() -> None:
    part = (ROOT / "templates" / "_parts" / "_layers.html").read_text()
    fold = re.search(r"<details[^>]*>", part)
    assert fold and " open" not in fold.group(), "the overlay is what a reader comes for"
    assert 'data-plain="{% for segment in segments %}{{ segment.text }}{% endfor %}"' in part


def test_htmx_settles_no_style_attribute() -> None:
    base = (ROOT / "templates" / "base.html").read_text()
    settled = re.findall(r'"attributesToSettle": \[([^]]*)\]', base)
    assert len(settled) == 1 and "style" not in settled[0]  # CSP refuses it at every poll


def test_every_state_has_a_sign_in_the_sprite_and_a_colour_class() -> None:
    css = SHEETS[0].read_text()
    classes = set(re.findall(r"\.state-([a-z-]+)", css)) | {"draft", "queued"}
    assert set(STATE_SIGNS.values()) <= sprite()
    assert set(STATE_SIGNS) <= classes


def test_every_state_of_a_row_and_every_pill_of_a_page_has_a_sign() -> None:
    stages = {
        state_slug(value)
        for model in apps.get_models() if not model.__name__.startswith("Historical")
        for field in model._meta.get_fields() if field.name in {"stage", "state", "decision"}
        for value, _ in getattr(field, "choices", None) or ()
    }  # fmt: skip
    pages = "".join(path.read_text() for path in TEMPLATES)
    pills = set(re.findall(r'"([a-z-]+)"\|(?:pill|state_class|state_sign)', pages))
    told = {state_slug(state) for state, _ in SENTENCES.values()}
    assert {"watched", "deferred", "exempt"} <= stages and "paused" in pills
    assert (stages | pills | told) - set(STATE_SIGNS) == set()


def test_every_script_is_loaded_by_the_base_page() -> None:
    base = (ROOT / "templates" / "base.html").read_text()
    loaded = set(re.findall(r"js/([\w-]+\.js)", base))
    assert loaded == {path.name for path in (STATIC / "js").glob("*.js")}


@pytest.mark.parametrize("path", sorted(STATIC.rglob("*.css")), ids=lambda path: path.name)
def test_style_sheet_loads_nothing_from_elsewhere(path: Path) -> None:
    css = path.read_text()
    addresses = re.findall(r"url\(\s*[\"']?([^\"')\s]{1,20})", css)
    assert [address for address in addresses if not address.startswith("data:")] == []
    assert "@import" not in css
    assert "sourceMappingURL" not in css  # hashed storage would look for the map and fail


@pytest.mark.parametrize("path", sorted((STATIC / "js").glob("*.js")), ids=lambda path: path.name)
def test_script_needs_no_eval_and_writes_no_markup(path: Path) -> None:
    code = path.read_text()
    forbidden = r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write"
    assert re.findall(forbidden, code) == []


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_state_words_are_readable_on_their_tint(theme: int) -> None:
    css = SHEETS[0].read_text()
    surface = rgb(re.findall(r"--tblr-bg-surface: light-dark\((#\w+), (#\w+)\)", css)[0][theme])
    rules = re.findall(r"^(\.state[^{]*)\{ --tone: light-dark\((#\w+), (#\w+)\)", css, re.MULTILINE)
    assert len(rules) >= 10
    weak = {}
    for names, *tones in rules:
        tone = rgb(tones[theme])
        tint = tuple(0.11 * t + 0.89 * s for t, s in zip(tone, surface, strict=True))
        if contrast(tone, tint) < AA:
            weak[names.strip()] = round(contrast(tone, tint), 2)
    assert weak == {}


def sprite() -> set[str]:
    """Names of the icons there are."""
    return set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text()))


def rgb(colour: str) -> tuple[float, ...]:
    """`#rrggbb` as three numbers of 0..255."""
    return tuple(float(int(colour[at : at + 2], 16)) for at in (1, 3, 5))


def contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Contrast ratio of WCAG 2.2, 1 to 21."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: tuple[float, ...]) -> float:
    """Relative luminance of WCAG 2.2, 0 to 1."""
    parts = (value / 255 for value in colour)
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
