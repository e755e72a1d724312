"""Inspect samples: JSONL, JSON or CSV with input, target, choices, id, metadata.

A samples file does not say how it is scored; that stands in Python, which is not read. Targets
are taken as Inspect's `includes` takes them (the answer holds one of them, capitals aside),
choices as its `choice` does (the answer names the letter).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evals.importers.cases import Gatherer, LeaveOut, messages_of, plain, tags_of, texts_of
from evals.importers.documents import json_of
from evals.importers.folder import Folder
from evals.importers.parsed import Options, Parsed, UnusableFile
from evals.importers.rows import Row, json_list, jsonl, table

ENDINGS = (".jsonl", ".json", ".csv")

NEEDS = {
    "sandbox": "a sandbox",
    "files": "files in a sandbox",
    "setup": "a script that sets up a sandbox",
}
"""Fields that say a sample needs more than a question, in words."""

INPUTS = ("input", "question", "prompt", "problem", "query")
TARGETS = ("target", "answer", "answer_matching_behavior", "ideal", "solution", "expected")
"""Names a question and its ideal answer go by, likeliest first; the first is Inspect's own."""

SENTENCE = 6
"""Words from which an ideal answer is a sentence to be compared in meaning, not found as it is."""

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def parse(path: Path, options: Options) -> list[Parsed]:
    """One suite for each samples file."""
    folder = Folder(path if path.is_dir() else path.parent)
    files = list(folder.files(*ENDINGS)) if path.is_dir() else [path.resolve()]
    return [_file(folder, one, options) for one in files]


def _file(folder: Folder, path: Path, options: Options) -> Parsed:
    name = folder.name(path)
    parsed = Parsed(name=path.stem, file=name)
    try:
        rows = list(_rows(folder.text(path), parsed, path, name))
    except UnusableFile as error:
        parsed.leave_out(name, str(error))
        return parsed
    reader = _Reader(parsed, name, options)
    for place, row in rows:
        try:
            reader.take(place, row)
        except (LeaveOut, UnusableFile) as error:
            parsed.leave_out(place, str(error))
    reader.say()
    return parsed


def _rows(text: str, parsed: Parsed, path: Path, name: str) -> list[Row]:
    if path.suffix.lower() == ".csv":
        return list(table(text, parsed, name))
    if path.suffix.lower() == ".json" or text.lstrip().startswith("["):
        return list(json_list(text, parsed, name))
    return list(jsonl(text, parsed))


class _Reader:
    """Takes the samples of one file in, and says at its end what holds for all of them."""

    def __init__(self, parsed: Parsed, name: str, options: Options) -> None:
        self.parsed, self.name, self.options = parsed, name, options
        self.gatherer = Gatherer(parsed)
        self.aliases: dict[str, str] = {}
        self.sentences = 0

    def take(self, place: str, row: Mapping[str, Any]) -> None:
        """One sample. Raises LeaveOut with the reason where it cannot be a case."""
        if _filled(row.get("files")) or _filled(row.get("setup")):
            needed = [words for field, words in NEEDS.items() if _filled(row.get(field))]
            raise LeaveOut(f"it needs {' and '.join(needed)}")
        question = messages_of(self._field(row, self.options.input_field, INPUTS, "question"))
        choices = _choices(row.get("choices"))
        target = self._field(row, self.options.target_field, TARGETS, "ideal answer")
        if choices:
            question, expectations = _multiple(question, choices, target)
        else:
            expectations = [self._expect(texts_of(target))]
        metadata = _metadata(row)
        if _filled(row.get("sandbox")):
            self.parsed.change(place, "its sandbox is left out: only the answer's text is scored")
        self.gatherer.add(
            place, key=_key(row, place), messages=question, expectations=expectations,
            tags=tags_of(metadata),
        )  # fmt: skip

    def _field(self, row: Mapping[str, Any], told: str, usual: tuple[str, ...], words: str) -> Any:
        names = (told,) if told else usual
        for name in names:
            if name in row and row[name] not in (None, "", []):
                if name != usual[0]:
                    self.aliases[name] = words
                return row[name]
        held = ", ".join(list(map(str, row))[:8])
        raise LeaveOut(f"it has no {words} (no `{names[0]}` among {held})")

    def _expect(self, targets: list[str]) -> dict[str, Any]:
        if not targets:
            raise LeaveOut("its ideal answer is empty")
        scorer = self.options.scorer
        if not scorer and all(len(target.split()) >= SENTENCE for target in targets):
            self.sentences += 1
            if self.options.judge:
                return {
                    "scorer": "llm_judge", "judge": self.options.judge, "reference": targets[0],
                    "criteria": "The answer says what the ideal answer says.",
                }  # fmt: skip
        if scorer == "exact" and len(targets) == 1:
            return {"scorer": "exact", "value": targets[0]}
        return {"scorer": scorer or "contains_any", "values": targets}

    def say(self) -> None:
        """What holds for the whole file, once."""
        for name, words in self.aliases.items():
            self.parsed.note(self.name, f"`{name}` is read as the {words}")
        if self.sentences and not self.options.judge:
            self.parsed.change(
                self.name, f"{self.sentences} ideal answers are whole sentences, which an answer "
                "hardly holds word for word: name a judge with --judge",
            )  # fmt: skip


def _multiple(
    question: list[dict[str, str]], choices: list[str], target: Any
) -> tuple[list[dict[str, str]], list[dict[str, Any]]]:
    """The question with its choices under it, and the letter that answers it."""
    if len(choices) > len(_LETTERS):
        raise LeaveOut(f"it has {len(choices)} choices, more than there are letters")
    letters = list(_LETTERS[: len(choices)])
    wanted = [one for text in texts_of(target) for one in text.replace(",", " ").split()]
    if len(wanted) != 1:
        raise LeaveOut("it wants several choices at once, which no scorer here compares")
    if wanted[0] not in letters:
        raise LeaveOut(f"its target {wanted[0]!r} names none of its {len(choices)} choices")
    listed = "\n".join(f"{at}) {choice}" for at, choice in zip(letters, choices, strict=True))
    ask = f"{question[-1]['content']}\n\n{listed}\n\nAnswer with the letter of one choice, alone."
    last = {"role": question[-1]["role"], "content": ask}
    return [*question[:-1], last], [{"scorer": "label", "value": wanted[0], "labels": letters}]


def _choices(value: Any) -> list[str]:
    """Choices as Inspect reads them: a list, or a text split at commas, else at blanks."""
    if isinstance(value, str):
        parts = value.split(",")
        value = parts if len(parts) > 1 else value.split()
    found = value if isinstance(value, list) else []
    return [plain(one).strip() for one in found if plain(one).strip()]


def _metadata(row: Mapping[str, Any]) -> Mapping[str, Any]:
    found = row.get("metadata")
    if isinstance(found, str) and found.strip():
        found = json_of(found, "its metadata")
    return found if isinstance(found, dict) else {}


def _key(row: Mapping[str, Any], place: str) -> str:
    found = row.get("id")
    known = plain(found).strip() if isinstance(found, str | int) else ""
    return known or f"sample-{place.split()[-1]:0>4}"


def _filled(value: Any) -> bool:
    return value not in (None, "", [], {})
