"""The folder on disk: only what changed is written, only what is ours is removed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fleet.folder import paths
from registry.border import UnusableText, from_file

MOST_BYTES = 5_000_000
"""Of one file: thrice the longest thing the product itself can write."""


class UnusableFolder(ValueError):
    """The folder cannot be read or written; the message names the file and what to do."""


@dataclass(frozen=True)
class Written:
    """How many files an export wrote, left as they were, and removed."""

    changed: int
    same: int
    removed: int


def write(folder: Path, files: Iterable[tuple[str, str]]) -> Written:
    """Bring the folder to exactly these files; what else stands in it (`.git`, notes) stays.

    UnusableFolder for a directory that holds something else than an export.
    """
    _refuse_linked_rooms(folder)
    foreign = any((folder / room).exists() for room in paths.ROOMS)
    if foreign and not (folder / paths.MARKER).exists():
        raise UnusableFolder(f"{folder} holds other things and no {paths.MARKER}. Choose another.")
    kept: set[str] = set()
    changed = 0
    for name, text in files:
        kept.add(name)
        _refuse_links(folder, PurePosixPath(name).parent)
        changed += _write_one(folder / name, text.encode())
    stale = [name for name in _ours(folder) if name not in kept]
    for name in stale:
        (folder / name).unlink()
    _drop_empty(folder)
    return Written(changed, len(kept) - changed, len(stale))


def _write_one(path: Path, data: bytes) -> bool:
    if path.is_file() and not path.is_symlink() and path.read_bytes() == data:
        return False
    if path.is_symlink():
        raise UnusableFolder(f"{path} is a link. Replace it by the file itself.")
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new~")
    new.unlink(missing_ok=True)  # of an export that was killed, or a link to somewhere else
    with new.open("xb") as file:
        file.write(data)
    os.replace(new, path)
    return True


def _refuse_linked_rooms(folder: Path) -> None:
    for room in paths.ROOMS:
        _refuse_links(folder, PurePosixPath(room))


def _refuse_links(folder: Path, within: PurePosixPath) -> None:
    """UnusableFolder where a folder on the way down is a link: it may lead out of here."""
    for way in (within, *within.parents):
        if way.name and (folder / way).is_symlink():
            raise UnusableFolder(f"{folder / way} is a link. Replace it by the folder itself.")


def _ours(folder: Path) -> list[str]:
    """Files below the export's rooms, as paths with `/`."""
    return [
        path.relative_to(folder).as_posix()
        for room in paths.ROOMS
        for path in sorted((folder / room).rglob("*"))
        if path.is_file() or path.is_symlink()
    ]


def _drop_empty(folder: Path) -> None:
    for room in paths.ROOMS:
        for path in sorted((folder / room).rglob("*"), reverse=True):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()


def read(folder: Path) -> dict[str, str]:
    """Every file of an export by its path; UnusableFolder names the one that cannot be read."""
    marker = folder / paths.MARKER
    if not marker.is_file():
        raise UnusableFolder(f"{folder} holds no {paths.MARKER}: it is no exported fleet.")
    if _format(marker) != paths.FORMAT:
        raise UnusableFolder(f"{marker} is of another format than {paths.FORMAT}.")
    _refuse_linked_rooms(folder)
    return {name: _read_one(folder, name) for name in _ours(folder)}


def _format(marker: Path) -> object:
    try:
        document = json.loads(marker.read_bytes())
    except ValueError as error:
        raise UnusableFolder(f"{marker} is not JSON: {error}") from None
    return document.get("format") if isinstance(document, dict) else None


def _read_one(folder: Path, name: str) -> str:
    path = folder / name
    if path.is_symlink():
        raise UnusableFolder(f"{name} is a link. Put the file itself there.")
    if path.stat().st_size > MOST_BYTES:
        raise UnusableFolder(f"{name} has more than {MOST_BYTES:,} bytes.")
    try:
        return from_file(path.read_bytes(), name)
    except UnusableText as error:
        told = str(error)
        raise UnusableFolder(told if told.startswith(name) else f"{name}: {told}") from None
