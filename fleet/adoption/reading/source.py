"""A file as it lies somewhere: its path and bytes, or why it has none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from fleet.adoption.reading.limits import MAX_FILE_BYTES, megabytes

ENDINGS = (".md", ".txt", ".json", ".csv")

GENERIC_NAMES = frozenset({"prompt", "system", "system-prompt", "system_prompt", "index"})
"""File names that say nothing: such a file is called by its folder."""

_ZIP_BEGINS = (b"PK\x03\x04", b"PK\x05\x06")


@dataclass(frozen=True)
class Source:
    """One file; `why` is set where it is left out, and then `data` is empty."""

    path: str
    data: bytes = b""
    why: str = ""

    @property
    def ending(self) -> str:
        """The file's ending in small letters, with its dot."""
        return PurePosixPath(self.path).suffix.lower()

    @property
    def stem(self) -> str:
        """What its fork is called: the file's name, or its folder's where that says more."""
        path = PurePosixPath(self.path)
        if path.stem.lower() in GENERIC_NAMES and path.parent.name:
            return path.parent.name
        return path.stem


def is_archive(data: bytes) -> bool:
    """Whether these bytes begin as a zip file does."""
    return data.startswith(_ZIP_BEGINS)


def unwanted(path: str, size: int) -> str:
    """Why a file is left out by its name or its size; "" where it may be read."""
    parts = PurePosixPath(path).parts
    if not path or not path.isprintable() or not _is_storable(path):
        return "its file name is empty or holds characters that no text can hold"
    if ".." in parts or path.startswith("/"):
        return "its path leads out of the archive"
    if any(part.startswith((".", "__MACOSX")) for part in parts):
        return "a hidden file"
    if PurePosixPath(path).suffix.lower() == ".zip":
        return "an archive within an archive is not opened"
    if PurePosixPath(path).suffix.lower() not in ENDINGS:
        return f"not one of {', '.join(ENDINGS)}"
    if size > MAX_FILE_BYTES:
        return f"it holds {megabytes(size)}; at most {megabytes(MAX_FILE_BYTES)} are read"
    return ""


def _is_storable(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
