"""Filters and tags of the pages: words from `words`, and small pieces of markup.

Whatever goes into markup is escaped here; a page never needs `safe`.
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from registry.days import moment
from registry.templatetags.words import (
    ago,
    money,
    percent,
    short_id,
    slot_words,
    state_class,
    state_sign,
    state_slug,
    state_word,
)

register = template.Library()

for _word in (
    state_slug,
    state_class,
    state_sign,
    state_word,
    ago,
    short_id,
    money,
    percent,
    slot_words,
):
    register.filter(_word)

_VARIABLE = re.compile(r"\{\{\s*[A-Za-z_]\w*\s*\}\}")


@register.filter
def pill(state: object, label: str | None = None) -> SafeString:
    """The state as a coloured pill with its sign and its word, or `label` in the word's place."""
    return _pill(state_slug(state), str(label or state_word(state)))


@lru_cache(maxsize=1024)  # a fleet table shows the same few hundreds of times
def _pill(slug: str, words: str) -> SafeString:
    return format_html(
        '<span class="state state-{}">{}{}</span>', slug, icon(state_sign(slug)), words
    )


@register.filter
def time_ago(when: datetime | None, empty: str = "never") -> SafeString:
    """`ago` as a `<time>` that tells date and zone on hover; `empty` in grey for None."""
    if when is None:
        return format_html('<span class="quiet">{}</span>', empty)
    local = timezone.localtime(when)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        moment(local),
        ago(when),
    )


@register.filter
def mark_variables(text: str) -> SafeString:
    """The text, escaped, with each `{{variable}}` marked as one."""
    parts, end = [], 0
    for found in _VARIABLE.finditer(text):
        parts.append(conditional_escape(text[end : found.start()]))
        parts.append(format_html('<span class="variable">{}</span>', found.group()))
        end = found.end()
    parts.append(conditional_escape(text[end:]))
    return mark_safe("".join(parts))  # noqa: S308 (every part is escaped above)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One icon of static/icons.svg. Hidden from screen readers unless it has a `label`."""
    address = f"{_sprite()}#{name}"
    if not label:
        return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', address)
    return format_html(
        '<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, address
    )


@lru_cache(maxsize=1)
def _sprite() -> str:
    return static("icons.svg")
