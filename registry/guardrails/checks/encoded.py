"""encoded_text: passages that a reviewer cannot read but a model can decode."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Iterator
from urllib.parse import unquote

from registry.guardrails.checks.source import Source
from registry.guardrails.findings import Fix, Match
from registry.guardrails.policy import Rule

_BASE64 = re.compile(r"(?<![\w+/=-])(?:[A-Za-z0-9+/_-]{4}){4,}[A-Za-z0-9+/_-]{0,3}={0,2}(?![\w+/])")
_BASE32 = re.compile(r"(?<![A-Z2-7])[A-Z2-7]{24,}={0,6}(?![A-Za-z0-9])")
_HEX = re.compile(
    r"(?<![0-9A-Za-z])(?:0x)?(?:[0-9a-fA-F]{2}[ :,-]?(?:0x|\\x)?){10,}(?![0-9A-Za-z])"
)
_ESCAPES = re.compile(r"(?:\\u\{?[0-9a-fA-F]{4,6}\}?|\\x[0-9a-fA-F]{2}|\\[0-7]{3}){4,}")
_ENTITIES = re.compile(r"(?:&#x?[0-9a-fA-F]{2,6};\s?){4,}")
_PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2}){4,}|(?:[A-Za-z]{0,3}%[0-9a-fA-F]{2}){6,}")
_BINARY = re.compile(r"(?<!\d)(?:[01]{8}[ ,]?){4,}(?!\d)")
_DECIMAL = re.compile(r"(?<!\d)(?:(?:3[2-9]|[4-9]\d|1[01]\d|12[0-6])[ ,]+){9,}\d{2,3}(?!\d)")
_MORSE = re.compile(r"(?:(?<=\s)|^)(?:[.\-·−]{1,6}[ /|]+){8,}[.\-·−]{1,6}")
_BRAILLE = re.compile(r"[\u2801-\u28ff]{4,}")
# What any of the patterns for plain signs needs; most texts have none of it.
_SIGNS = re.compile(r"\\|&#|[01]{8}|\d[ ,]+\d{2,3}[ ,]|[.\-·−][ /|]+[.\-·−]|[\u2801-\u28ff]")
# Twelve letters, each with one blank or stop: more than any "S A L E" or "W W W" has.
_SPELLED_OUT = re.compile(r"(?<![^\W_])[^\W\d_](?:[ ._-][^\W\d_]){11,}(?![^\W_])")
_DECODE = re.compile(
    r"\b(?:decode|decrypt|unscramble|decipher|de-?obfuscate)\b[^.\n]{0,60}"
    r"\b(?:follow|obey|execute|apply|run|treat|do)\b|\b(?:base ?64|rot ?13|hex(?:adecimal)?)\b"
    r"[^.\n]{0,40}\b(?:follow|obey|execute|apply|instructions?|rules?)\b",
    re.IGNORECASE,
)
# Words an encoded order is likely to hold; for ciphers that keep letters as letters.
_TELLTALE_WORDS = (
    *("ignore", "disregard", "forget", "override", "instruction", "previous", "system", "prompt"),
    *("rule", "reveal", "policy", "policies", "restriction", "guidelines", "unrestricted"),
    *("assistant", "human", "always", "never"),
)
_TELLTALE = re.compile(rf"\b(?:{'|'.join(_TELLTALE_WORDS)})s?\b")
# The same words as a cipher leaves them: what a text has none of needs no second reading.
_TURNED = tuple(
    turned for word in _TELLTALE_WORDS for turned in (codecs.encode(word, "rot13"), word[::-1])
)
_LETTERS = re.compile(r"(?<![A-Za-z])[A-Za-z]{4,40}(?:[ ,]+[A-Za-z]+){2,}")
_PRINTABLE = re.compile(r"[\s\x20-\x7e\u00a0-\uffef]+")


def check_encoded(source: Source, rule: Rule) -> Iterator[Match]:
    """Runs that decode to readable text, whatever the encoding."""
    del rule
    text = source.text
    for found in _BASE64.finditer(text):
        if _reads(_from_base64(found.group())):
            yield _match(found, "base64")
    for found in _BASE32.finditer(text):
        if _reads(_from_base32(found.group())):
            yield _match(found, "base32")
    for found in _HEX.finditer(text):
        if _reads(_from_hex(found.group())):
            yield _match(found, "hexadecimal")
    for pattern, name in _PLAIN_SIGNS if _SIGNS.search(text) else ():
        for found in pattern.finditer(text):
            yield _match(found, name)
    for found in _SPELLED_OUT.finditer(text):
        yield _match(found, "one letter at a time")
    for found in _PERCENT.finditer(text) if "%" in text else ():
        if _TELLTALE.search(unquote(found.group()).lower()) or found.group().count("%") > 6:
            yield _match(found, "percent")
    for found in _DECODE.finditer(text):
        yield Match(
            found.span(), message="The text asks the assistant to decode and follow something."
        )
    yield from _letter_ciphers(text)


_PLAIN_SIGNS = (
    (_ESCAPES, "escape code"),
    (_ENTITIES, "character code"),
    (_BINARY, "binary"),
    (_DECIMAL, "character number"),
    (_MORSE, "Morse"),
    (_BRAILLE, "Braille"),
)


def _match(found: re.Match[str], name: str) -> Match:
    return Match(
        found.span(),
        message=f"The text has an encoded passage ({name}) that reviewers cannot read.",
        fix=Fix("Remove it", ""),
    )


def _from_base64(run: str) -> bytes:
    if not (re.search("[a-z]", run) and re.search("[A-Z]", run)):
        return b""
    try:
        body = run.rstrip("=").replace("-", "+").replace("_", "/")
        return base64.b64decode(body + "=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        return b""


def _from_base32(run: str) -> bytes:
    try:
        body = run.rstrip("=")
        return base64.b32decode(body + "=" * (-len(body) % 8))
    except (binascii.Error, ValueError):
        return b""


def _from_hex(run: str) -> bytes:
    digits = re.sub(r"0x|\\x|[ :,-]", "", run)
    return bytes.fromhex(digits[: len(digits) // 2 * 2])


def _reads(raw: bytes) -> bool:
    """Whether bytes are words: valid text, mostly letters."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    if len(text) < 8 or not _PRINTABLE.fullmatch(text):
        return False
    letters = sum(char.isalpha() or char == " " for char in text)
    return letters / len(text) > 0.8


def _letter_ciphers(text: str) -> Iterator[Match]:
    """rot13 and text written backwards: read it the other way and look for an order."""
    lowered = text.lower()
    if not any(word in lowered for word in _TURNED):
        return
    for found in _LETTERS.finditer(text):
        run = found.group()
        for name, turned in (("rot13", codecs.encode(run, "rot13")), ("reversed", run[::-1])):
            telling = len(set(_TELLTALE.findall(turned.lower())))
            if telling >= 2 and not _TELLTALE.search(run.lower()):
                yield _match(found, name)
