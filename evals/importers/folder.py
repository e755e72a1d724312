"""Files of the folder that is imported: read within bounds, and never beyond the folder.

No address is fetched, no link followed out of the folder, no special file opened.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from evals.importers.parsed import UnusableFile
from registry.border import UnusableText, check

LARGEST = 10 * 1024 * 1024
"""Bytes of one file; a suite of more is split by whoever writes it."""

MOST_FILES = 5_000
"""Entries looked at in one folder."""

SKIPPED = {"node_modules", "__pycache__", "venv"}


class Folder:
    """The folder an import may read. Paths are given relative to it, or to a file in it."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.read: set[Path] = set()
        """Files that were read, so that what nobody read can be named."""

    def text(self, path: Path) -> str:
        """The text of a file of the folder. Raises UnusableFile, which says what is wrong."""
        name = self.name(path)
        if not path.resolve().is_relative_to(self.root):
            raise UnusableFile(f"{name} lies outside of the folder, where nothing is read")
        if not path.exists():
            raise UnusableFile(f"{name} is not there")
        if not path.is_file():
            raise UnusableFile(f"{name} is not a file")
        with path.open("rb") as handle:
            data = handle.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise UnusableFile(f"{name} has more than {LARGEST // 1024 // 1024} MB: split it")
        self.read.add(path.resolve())
        return decoded(data, name)

    def name(self, path: Path) -> str:
        """How a path is called in what people read: relative to the folder."""
        plain = Path(os.path.normpath(path))
        return str(plain.relative_to(self.root)) if plain.is_relative_to(self.root) else path.name

    def find(self, beside: Path, reference: str) -> Path:
        """The path that a file names beside itself (`file://` or plain).

        Raises UnusableFile for an address, an absolute path and a way out of the folder.
        """
        plain = reference.removeprefix("file://").strip()
        if "://" in plain or plain.startswith(("huggingface:", "az:", "s3:")):
            raise UnusableFile(f"{plain} is an address: nothing is fetched")
        if not plain or "\x00" in plain or len(plain) > 500:
            raise UnusableFile("the name of the file is empty or unusable")
        if Path(plain).is_absolute() or plain.startswith("~"):
            raise UnusableFile(f"{plain} lies outside of the folder, where nothing is read")
        return Path(os.path.normpath(beside.parent / plain))

    def files(self, *endings: str) -> Iterator[Path]:
        """Files below the folder with one of the endings, in a stable order; links are skipped."""
        seen = 0
        for place, folders, names in os.walk(self.root):
            folders[:] = sorted(n for n in folders if n not in SKIPPED and not n.startswith("."))
            for name in sorted(names):
                seen += 1
                if seen > MOST_FILES:
                    raise UnusableFile(f"the folder has more than {MOST_FILES:,} files")
                path = Path(place) / name
                if path.suffix.lower() in endings and not path.is_symlink():
                    yield path


def decoded(data: bytes, name: str) -> str:
    """The text of a file's bytes: UTF-8, or UTF-16 with its mark. UnusableFile says what else."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
        check(text)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UnusableFile(
            f"{name} is not UTF-8 (byte {error.start}, line {line}): save it as UTF-8"
        ) from None
    except UnusableText as error:
        raise UnusableFile(f"{name}: {error}") from None
    if text.startswith("version https://git-lfs.github.com/spec/"):
        raise UnusableFile(f"{name} is only a Git LFS pointer: run “git lfs pull” first")
    return text
