"""The files of a zip archive, unpacked in memory; no path of it ever touches the disk."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator

from fleet.adoption.reading.limits import (
    MAX_ARCHIVE_BYTES,
    MAX_ENTRIES,
    MAX_FILE_BYTES,
    MAX_RATIO,
    megabytes,
)
from fleet.adoption.reading.source import Source, unwanted
from registry.border import UnusableText

_ENTRY_BEGINS = b"PK\x01\x02"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1

_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, OSError, ValueError,
    IndexError,
)  # fmt: skip
"""What reading an entry may raise on bytes that are no honest archive."""


def from_archive(data: bytes, name: str) -> Iterator[Source]:
    """Every file of the archive, by path. UnusableText where it cannot be opened at all.

    Sizes an archive declares are not believed: no more than the limit is ever unpacked.
    """
    if len(data) > MAX_ARCHIVE_BYTES:
        raise UnusableText(
            f"{name} holds {megabytes(len(data))}; at most {megabytes(MAX_ARCHIVE_BYTES)} are read."
        )
    if data.count(_ENTRY_BEGINS) > MAX_ENTRIES:  # counted before the list of them is built
        raise UnusableText(f"{name} holds more than {MAX_ENTRIES:,} files. Split it.")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _BROKEN:
        raise UnusableText(f"{name} is no zip file that can be opened.") from None
    with archive:
        for entry in sorted(archive.infolist(), key=lambda entry: entry.filename):
            if not entry.filename.endswith("/"):
                yield _source(archive, entry)


def _source(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Source:
    why = _unfit(entry) or unwanted(entry.filename, entry.file_size)
    if why:
        return Source(entry.filename, why=why)
    try:
        with archive.open(entry) as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except _BROKEN:
        return Source(entry.filename, why="it is damaged and cannot be unpacked")
    if len(data) > MAX_FILE_BYTES:
        why = f"it unpacks to more than {megabytes(MAX_FILE_BYTES)}, whatever the archive says"
        return Source(entry.filename, why=why)
    return Source(entry.filename, data)


def _unfit(entry: zipfile.ZipInfo) -> str:
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "a symbolic link is not followed"
    if entry.flag_bits & _ENCRYPTED:
        return "it is encrypted"
    if entry.compress_type not in _METHODS:
        return "it is packed in a way that is not read (deflate and stored are)"
    if entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
        return f"it unpacks to more than {MAX_RATIO} times its size, as no prompt does"
    return ""
