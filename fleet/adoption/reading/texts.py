"""Bytes to text: UTF-8 to the byte, and any other encoding named instead of guessed at."""

from __future__ import annotations

from registry.border import UnusableText, from_file

_MARKS = (
    (b"\xff\xfe\x00\x00", "UTF-32"), (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"),
)  # fmt: skip

_WIDE_SAMPLE = 400
"""Bytes looked at for the zeros that UTF-16 without a mark puts beside Latin letters."""

_WIDE_SHARE = 0.7


def decode(data: bytes, name: str) -> str:
    """A file's text, byte for byte: a UTF-8 byte order mark stays its first character.

    UnusableText names the encoding where it is another one, and the place where it shows.
    """
    wide = _wide(data)
    if wide:
        raise UnusableText(f"{name} is {wide}, not UTF-8. Save it as UTF-8.")
    try:
        return from_file(data, name)
    except UnusableText as problem:
        raise UnusableText(f"{problem}{_looks_like(data)}") from None


def _wide(data: bytes) -> str:
    for mark, kind in _MARKS:
        if data.startswith(mark):
            return kind
    sample = data[:_WIDE_SAMPLE]
    for half in (sample[0::2], sample[1::2]):
        if len(half) > 1 and half.count(0) >= _WIDE_SHARE * len(half):
            return "UTF-16 without a byte order mark"
    return ""


def _looks_like(data: bytes) -> str:
    """A hint at Latin-1 where the first byte that is not UTF-8 would be a letter there."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        letter = data[error.start : error.start + 1].decode("cp1252", "replace")
        if letter.isalpha():
            return f" It looks like Latin-1 or Windows-1252: that byte would be “{letter}”."
    return ""
