"""How much is read at most, so that no file and no archive costs more than it may be worth."""

from __future__ import annotations

MAX_FILES = 2_000
"""Prompts and files of one reading. The largest fleet this was built for has 500 tenants."""

MAX_ENTRIES = 3 * MAX_FILES
"""Files and folders looked at, read or not."""

MAX_FILE_BYTES = 2_000_000
"""One file, unpacked. The longest prompt of the public collections has 60 kB."""

MAX_TOTAL_BYTES = 50_000_000
"""All files together, unpacked."""

MAX_ARCHIVE_BYTES = 20_000_000
"""A zip file as it comes in: it is held in memory."""

MAX_RATIO = 200
"""Unpacked to packed size of one file. Prose deflates 2 to 5 fold, a bomb 1,000 fold."""

MAX_NAME = 200
"""Characters of a fork's name."""


def megabytes(size: int) -> str:
    """A size in bytes for people: "10.4 MB"."""
    return f"{size / 1_000_000:.1f} MB"
