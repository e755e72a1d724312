"""The files of a folder and those below it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from fleet.adoption.reading.limits import MAX_FILE_BYTES, megabytes
from fleet.adoption.reading.source import Source, unwanted


def from_folder(folder: Path, leave: Collection[Path] = ()) -> Iterator[Source]:
    """Every file below `folder`, by path; `leave` is passed over in silence.

    Links are not followed and hidden folders not entered; both are named.
    """
    passed = {path.resolve() for path in leave}
    for path in _walk(folder):
        if path.resolve() not in passed:
            yield _source(path, path.relative_to(folder).as_posix())


def _walk(folder: Path) -> Iterator[Path]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
            yield from _walk(Path(entry.path))
        else:
            yield Path(entry.path)


def _source(path: Path, name: str) -> Source:
    if path.is_symlink():
        return Source(name, why="a symbolic link is not followed")
    if path.is_dir():
        return Source(name, why="a hidden folder")
    if not path.is_file():
        return Source(name, why="not a plain file")
    try:
        why = unwanted(name, path.stat().st_size)
        if why:
            return Source(name, why=why)
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        return Source(name, why=f"it cannot be read: {error.strerror}")
    if len(data) > MAX_FILE_BYTES:  # it grew since it was asked for its size
        return Source(name, why=f"it holds more than {megabytes(MAX_FILE_BYTES)}")
    return Source(name, data)
