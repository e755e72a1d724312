"""How values are put into words: states, times, money, shares. Pure, no Django."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

# Sign of each state; its colour is the CSS class of the same name in app.css.
# Colour, sign and word always come together: never colour alone.
STATE_SIGNS: Mapping[str, str] = {
    "draft": "pencil",
    "planned": "list-check",
    "queued": "clock",
    "open": "eye",
    "in-review": "eye",
    "running": "progress",
    "leased": "progress",
    "evaluating": "progress",
    "reading": "progress",
    "adopting": "progress",
    "paused": "pause",
    "deferred": "calendar",
    "changes-requested": "message",
    "change-requested": "message",
    "raised": "message",
    "approved": "check",
    "approve": "check",
    "lifted": "check",
    "outvoted": "users",
    "unreviewed": "eye",
    "reviewed": "check",
    "scheduled": "clock",
    "signed-off": "check",
    "shadow": "ghost",
    "staging": "test-pipe",
    "canary": "circle-half-2",
    "live": "circle-dot",
    "published": "circle-dot",
    "cut-over": "circle-dot",
    "promoted": "circle-dot",
    "watched": "eye",
    "active": "circle-dot",
    "go": "circle-check",
    "done": "circle-check",
    "delivered": "circle-check",
    "sent": "send",
    "no-go": "circle-x",
    "rejected": "circle-x",
    "declined": "circle-x",
    "dead": "circle-x",
    "failed": "circle-x",
    "reject": "circle-x",
    "needs-work": "alert-triangle",
    "left": "alert-triangle",
    "inconclusive": "help",
    "waiting": "hourglass",
    "awaiting-sign-off": "hourglass",
    "rolled-back": "arrow-back-up",
    "revoked": "ban",
    "cancelled": "ban",
    "withdrawn": "ban",
    "exempt": "minus",
    "ended": "history",
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


def state_slug(state: object) -> str:
    """The state's CSS name: `in_review`, "In review" and an enum member all give `in-review`."""
    value = getattr(state, "value", state)
    return re.sub(r"[\s_]+", "-", str(value or "").strip().lower())


def state_class(state: object) -> str:
    """CSS classes of a state pill, for example `state state-in-review`."""
    return f"state state-{state_slug(state)}"


def state_sign(state: object) -> str:
    """Icon name that stands for the state; an empty ring for a state not in the table."""
    return STATE_SIGNS.get(state_slug(state), "circle")


def state_word(state: object) -> str:
    """The state in words, used where no label is given: `no_go` reads "No-go"."""
    slug = state_slug(state)
    words = slug if slug == "no-go" else slug.replace("-", " ")
    return words[:1].upper() + words[1:]


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


def short_id(value: object, length: int = 8) -> str:
    """The first characters of an id or hash: enough to tell apart, short enough to read."""
    return str(value or "")[:length]


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


def slot_words(name: str | None) -> str:
    """A slot's name for people: `refusal_style` reads "Refusal style"."""
    words = str(name or "").replace("_", " ")
    return words[:1].upper() + words[1:]
