"""The customer's answer as a file: what may be kept of it. Pure."""

from __future__ import annotations

import re

LARGEST = 5 * 1024 * 1024
"""Bytes."""

KINDS: dict[str, tuple[bytes, ...]] = {
    "pdf": (b"%PDF-",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
    "msg": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",),
    "eml": (),
    "txt": (),
}
"""Ending of the name -> how such a file begins; none: it is text."""

LONGEST_NAME = 120


class UnusableFile(ValueError):
    """The file cannot be kept; the message says why and what would do."""


def check_file(name: str, data: bytes) -> str:
    """The name to keep a file under. UnusableFile for what is too large, empty or something else.

    Nothing of it is ever shown in a page: it is handed out as a download alone.
    """
    kept = clean_name(name)
    ending = kept.rpartition(".")[2].lower()
    if ending not in KINDS:
        raise UnusableFile("Attach a PDF, an e-mail (.eml, .msg), a picture (PNG, JPEG) or text.")
    if not data:
        raise UnusableFile("This file is empty. Save it again and attach it once more.")
    if len(data) > LARGEST:
        raise UnusableFile("This file is larger than 5 MB. Attach the part that holds the answer.")
    if not _begins_as(ending, data):
        raise UnusableFile(f"This file is not what its ending .{ending} says. Save it again.")
    return kept


def clean_name(name: str) -> str:
    """A file's own name without its folders and without what a header or a disk cannot hold."""
    last = re.split(r"[/\\]", name)[-1]
    kept = re.sub(r"[^\w.() -]", "-", last).strip(". ")
    stem, dot, ending = kept.rpartition(".")
    return f"{stem[: LONGEST_NAME - len(ending)]}{dot}{ending}" if dot else kept[:LONGEST_NAME]


def _begins_as(ending: str, data: bytes) -> bool:
    marks = KINDS[ending]
    return data.startswith(marks) if marks else b"\x00" not in data[:4096]
