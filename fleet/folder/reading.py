"""Make sense of a folder's files: each line's versions, and which were edited by hand. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fleet.folder import paths
from fleet.folder.disk import UnusableFolder

Files = Mapping[str, str]


@dataclass(frozen=True)
class VersionFiles:
    """One version of a line: its `about.json` and its other files by name."""

    folder: str
    about: dict[str, Any]
    files: dict[str, str]

    @property
    def number(self) -> int:
        """Its number within the line."""
        number = self.about.get("number")
        if not isinstance(number, int) or isinstance(number, bool) or number < 1:
            raise UnusableFolder(f"{self.folder}/about.json: “number” must be a whole number.")
        return number

    def text(self, name: str) -> str:
        """A text file's content without the line end that every file has."""
        if name not in self.files:
            raise UnusableFolder(f"{self.folder}/{name} is missing.")
        return self.files[name].removesuffix("\n")

    def document(self, name: str) -> Any:
        """A JSON file's content."""
        if name not in self.files:
            raise UnusableFolder(f"{self.folder}/{name} is missing.")
        return parse(self.files[name], f"{self.folder}/{name}")


def parse(text: str, name: str) -> Any:
    """A file's JSON; UnusableFolder names the file and the line."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnusableFolder(f"{name} is not JSON: {error}") from None


def record(files: Files, name: str) -> dict[str, Any]:
    """A file that holds a JSON object."""
    document = parse(files[name], name)
    if not isinstance(document, dict):
        raise UnusableFolder(f"{name} must hold a JSON object.")
    return document


def records(files: Files, prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every `*.json` object below a folder, in order of path."""
    for name in sorted(files):
        if name.startswith(prefix) and name.endswith(".json"):
            yield name, record(files, name)


def lines(files: Files, room: Sequence[str], depth: int) -> dict[str, list[VersionFiles]]:
    """Lines in a room, `depth` parts deep: folder of the line -> versions, oldest first.

    `room` is the parts a path begins with; an empty one stands for any.
    """
    folders: dict[str, dict[str, str]] = {}
    for name, text in files.items():
        parts = name.split("/")
        if all(want in ("", part) for want, part in zip(room, parts, strict=False)):
            folder, _, leaf = name.rpartition("/")
            folders.setdefault(folder, {})[leaf] = text
    found: dict[str, list[VersionFiles]] = {}
    for folder in sorted(folders):
        if "about.json" not in folders[folder]:
            continue
        line = "/".join(folder.split("/")[:depth])
        about = parse(folders[folder].pop("about.json"), f"{folder}/about.json")
        if not isinstance(about, dict):
            raise UnusableFolder(f"{folder}/about.json must hold a JSON object.")
        found.setdefault(line, []).append(VersionFiles(folder, about, folders[folder]))
    for line, versions in found.items():
        versions.sort(key=lambda version: version.number)
        _refuse_gaps(line, versions)
    return found


def _refuse_gaps(line: str, versions: list[VersionFiles]) -> None:
    numbers = [version.number for version in versions]
    if numbers != list(range(1, len(numbers) + 1)):
        lacking = sorted(set(range(1, max(numbers) + 1)) - set(numbers))
        what = f"lacks version {lacking[0]}" if lacking else "holds a version twice"
        raise UnusableFolder(f"{line} {what}: versions count 1, 2, 3 without gaps.")


def slot_texts(version: VersionFiles) -> dict[str, str]:
    """An overlay version's texts by slot."""
    return {
        paths.unsafe(name.removesuffix(".md")): version.text(name)
        for name in sorted(version.files)
        if name.endswith(".md")
    }
