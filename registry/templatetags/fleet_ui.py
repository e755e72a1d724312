"""How values are put into words and signs on every page.

Filters take plain values and answer plain text (or markup they escaped
themselves), so that a page reads "EUR 1.2 m" and "3 h ago" the same everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby

from django import template
from django.template.context import Context
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from registry.diff import DiffRow, Span

register = template.Library()

# Sign of each state; its colour is the CSS class of the same name in app.css.
# Colour, sign and word always come together: never colour alone.
STATE_SIGNS: Mapping[str, str] = {
    "draft": "pencil",
    "queued": "clock",
    "open": "eye",
    "in-review": "eye",
    "running": "progress",
    "leased": "progress",
    "evaluating": "progress",
    "approved": "check",
    "signed-off": "check",
    "shadow": "ghost",
    "canary": "circle-half-2",
    "live": "circle-dot",
    "published": "circle-dot",
    "cut-over": "circle-dot",
    "active": "circle-dot",
    "go": "circle-check",
    "done": "circle-check",
    "no-go": "circle-x",
    "rejected": "circle-x",
    "declined": "circle-x",
    "dead": "circle-x",
    "needs-work": "alert-triangle",
    "inconclusive": "help",
    "waiting": "hourglass",
    "awaiting-sign-off": "hourglass",
    "rolled-back": "arrow-back-up",
    "revoked": "ban",
    "cancelled": "ban",
    "withdrawn": "ban",
    "retired": "archive",
    "superseded": "history",
    "adopted": "download",
}

_MINUTE, _HOUR, _DAY, _MONTH, _YEAR = 60, 3600, 86_400, 2_629_746, 31_556_952
# Up to (seconds), unit in seconds, word. Months and years are Gregorian means.
_SPANS = (
    (_HOUR, _MINUTE, "min"),
    (_DAY, _HOUR, "h"),
    (60 * _DAY, _DAY, "days"),
    (2 * _YEAR, _MONTH, "months"),
    (float("inf"), _YEAR, "years"),
)

_NAV = (
    ("home", "Home", "home"),
    ("review-queue", "Reviews", "git-pull-request"),
    ("campaign-list", "Model migrations", "route"),
    ("eval-run-list", "Eval runs", "test-pipe"),
    ("model-list", "Models", "cpu"),
)

_VARIABLE = re.compile(r"\{\{\s*[A-Za-z_]\w*\s*\}\}")


@register.filter
def state_slug(state: object) -> str:
    """The state's CSS name: `in_review`, "In review" and an enum member all give `in-review`."""
    value = getattr(state, "value", state)
    return re.sub(r"[\s_]+", "-", str(value or "").strip().lower())


@register.filter
def state_class(state: object) -> str:
    """CSS classes of a state pill, for example `state state-in-review`."""
    return f"state state-{state_slug(state)}"


@register.filter
def state_sign(state: object) -> str:
    """Icon name that stands for the state; an empty ring for a state not in the table."""
    return STATE_SIGNS.get(state_slug(state), "circle")


@register.filter
def state_word(state: object) -> str:
    """The state in words, used where no label is given: `no_go` reads "No-go"."""
    slug = state_slug(state)
    words = slug if slug == "no-go" else slug.replace("-", " ")
    return words[:1].upper() + words[1:]


@register.filter
def ago(when: datetime | None, now: datetime | None = None) -> str:
    """How long ago in a few letters: "just now", "5 min ago", "in 3 days"; "never" for None."""
    if when is None:
        return "never"
    seconds = ((now or datetime.now(UTC)) - when).total_seconds()
    size = abs(seconds)
    if size < _MINUTE:
        return "just now"
    unit, word = next((unit, word) for limit, unit, word in _SPANS if size < limit)
    count = int(size // unit)
    if count == 1 and word.endswith("s"):
        word = word[:-1]
    return f"{count} {word} ago" if seconds > 0 else f"in {count} {word}"


@register.filter
def short_id(value: object, length: int = 8) -> str:
    """The first characters of an id or hash: enough to tell apart, short enough to read."""
    return str(value or "")[:length]


@register.filter
def money(euros: Decimal | float | int | None) -> str:
    """Euros rounded for reading: "EUR 1.2 m", "EUR 840 k", "EUR 950"; "–" for None."""
    if euros is None:
        return "–"
    amount = float(euros)
    # 999,500 would read "1000 k", so it already counts as a million.
    if abs(amount) >= 999_500:
        return f"EUR {_trim(amount / 1e6)} m"
    if abs(amount) >= 1_000:
        return f"EUR {amount / 1e3:.0f} k"
    return f"EUR {amount:.0f}"


@register.filter
def percent(share: float | Decimal | None, digits: int | None = None) -> str:
    """A proportion (0..1) as "9.3 %"; "–" for None.

    In a sentence "10 %" without a needless ".0"; in a column give `digits`, so that
    the points stand under each other.
    """
    if share is None:
        return "–"
    hundredths = float(share) * 100
    return f"{_trim(hundredths)} %" if digits is None else f"{hundredths:.{digits}f} %"


def _trim(number: float) -> str:
    """`number` to one digit after the point, or none where that digit is 0."""
    return f"{number:.1f}".removesuffix(".0")


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


@register.filter
def slot_words(name: str | None) -> str:
    """A slot's name for people: `refusal_style` reads "Refusal style"."""
    words = str(name or "").replace("_", " ")
    return words[:1].upper() + words[1:]


_WORD_MARKS = {"removed": "<del>{}</del>", "added": "<ins>{}</ins>"}


@register.filter
def diff_spans(spans: Iterable[Span]) -> SafeString:
    """One side of a comparison's row, escaped, words that went or came marked as such."""
    return mark_safe(  # noqa: S308 (format_html escapes each span)
        "".join(format_html(_WORD_MARKS.get(span.kind, "{}"), span.shown) for span in spans)
    )


@register.filter
def diff_blocks(rows: Iterable[DiffRow]) -> Iterator[tuple[str, list[DiffRow]]]:
    """Neighbouring rows as blocks `(kind, rows)`; kind is same, skip or change.

    A block of changes is what "next change" jumps to.
    """
    for kind, block in groupby(rows, key=_block_kind):
        yield kind, list(block)


def _block_kind(row: DiffRow) -> str:
    return row.kind if row.kind in ("same", "skip") else "change"


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One icon of static/icons.svg. Hidden from screen readers unless it has a `label`."""
    address = f"{static('icons.svg')}#{name}"
    if not label:
        return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', address)
    return format_html(
        '<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, address
    )


@register.simple_tag(takes_context=True)
def nav_links(context: Context) -> list[dict[str, object]]:
    """The main navigation: name, label, icon, url, whether it is the page we are on, count.

    A page that has no address yet is left out. Counts come from the context's
    `nav_counts`, a mapping of URL name to number.
    """
    request = context.get("request")
    path = request.path if request else ""
    counts = context.get("nav_counts") or {}
    links: list[dict[str, object]] = []
    for name, label, sign in _NAV:
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        current = path == url if name == "home" else path.startswith(url)
        links.append(
            {
                "label": label,
                "icon": sign,
                "url": url,
                "current": current,
                "count": counts.get(name),
            }
        )
    return links
