"""Which texts of a config name files, and which files they are."""

from __future__ import annotations

from pathlib import Path

from evals.importers.folder import Folder
from evals.importers.parsed import UnusableFile

CODE = frozenset({".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".py", ".rb", ".go", ".sh"})
TEXT = frozenset({".txt", ".md", ".json", ".jsonl", ".yaml", ".yml", ".csv", ".j2", ".html"})
BINARY = frozenset(
    {".png", ".jpg", ".jpeg", ".gif", ".webp", ".pdf", ".mp3", ".wav", ".mp4", ".xlsx", ".xls"}
)
MOST_MATCHES = 1_000


def is_file_name(text: str) -> bool:
    """Whether a text is the name of a file: `file://…`, or one word with a file's ending."""
    if text.startswith("file://"):
        return True
    plain = text.strip()
    if not plain or len(plain) > 200 or any(blank in plain for blank in " \n{}"):
        return False
    return Path(plain).suffix.lower() in CODE | TEXT


def matches(folder: Folder, beside: Path, reference: str) -> list[Path]:
    """The files that a name or a pattern (`tests/*.yaml`) means.

    Raises UnusableFile, naming the file, where there is none.
    """
    path = folder.find(beside, reference)
    if not any(sign in reference for sign in "*?["):
        if not path.is_file():
            raise UnusableFile(f"the file {folder.name(path)} is not in the folder")
        return [path]
    if not path.is_relative_to(folder.root):
        raise UnusableFile(f"{reference} lies outside of the folder, where nothing is read")
    pattern = str(path.relative_to(folder.root))
    found = [one for one in sorted(folder.root.glob(pattern))[:MOST_MATCHES] if one.is_file()]
    if not found:
        raise UnusableFile(f"no file of the folder is called {pattern}")
    return found
