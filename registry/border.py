"""What happens to a text when it crosses into the product: decided once, here.

Browsers send CRLF for every line end of a textarea. Inside, line ends are LF; blanks,
blank lines and a missing final newline stay as they are. Files that are imported are
not touched at all: they must come back byte for byte.
"""

from __future__ import annotations

from collections.abc import Mapping


class UnusableText(ValueError):
    """A text that PostgreSQL or UTF-8 cannot hold; the message says what to remove."""


def from_form(text: str) -> str:
    """A form's text with LF line ends; UnusableText for NUL and lone surrogates."""
    check(text)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def values_from_form(values: Mapping[str, str]) -> dict[str, str]:
    """Slot values as an overlay stores them: LF line ends, empty slots left out."""
    clean = {name: from_form(text) for name, text in values.items()}
    return {name: text for name, text in clean.items() if text.strip()}


def check(text: str) -> None:
    """Raise UnusableText for what no text column or UTF-8 file can hold."""
    if "\x00" in text:
        raise UnusableText("The text holds a NUL character. Remove it and try again.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise UnusableText(
            f"Character {error.start + 1} of the text is half of a broken emoji or symbol. "
            "Retype it and try again."
        ) from None


def from_file(data: bytes, name: str) -> str:
    """A file's text, byte for byte; UnusableText names the place that is not UTF-8."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UnusableText(
            f"{name} is not UTF-8 (byte {error.start}, line {line}). Save it as UTF-8."
        ) from None
    check(text)
    return text
