"""OpenAI evals: a registry's YAML with the samples it names, or sample files alone.

The class that the YAML names decides how samples are scored. A samples file that no YAML names
is read as the framework's `Match`: the answer has to begin with one of the ideals.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.importers.documents import json_of, yaml_of
from evals.importers.folder import Folder
from evals.importers.openai_classes import ALONE, samples_of
from evals.importers.parsed import Options, Parsed, UnusableFile

SAMPLES = (".jsonl", ".json")


def parse(path: Path, options: Options) -> list[Parsed]:
    """One suite for each eval that a YAML describes, and one for each samples file left over."""
    if path.is_file() and path.suffix.lower() not in (".yaml", ".yml"):
        folder = Folder(path.parent)
        return [_alone(folder, path.resolve(), options)]
    folder = Folder(_root(path))
    here = Folder(path).files(".yaml", ".yml") if path.is_dir() else [path.resolve()]
    found = [parsed for one in here for parsed in _registry(folder, one, options)]
    if folder.root == path.resolve():
        left = [one for one in folder.files(*SAMPLES) if one.resolve() not in folder.read]
        found += [_alone(folder, one, options) for one in left]
    return found


def _root(path: Path) -> Path:
    """The folder that may be read: for a registry's `evals` the one that also holds its `data`."""
    above = path.resolve() if path.is_dir() else path.resolve().parent
    return above.parent if above.name == "evals" and (above.parent / "data").is_dir() else above


def _registry(folder: Folder, path: Path, options: Options) -> Iterator[Parsed]:
    name = folder.name(path)
    try:
        document = yaml_of(folder.text(path), name)
    except UnusableFile as error:
        yield _unread(name, str(error))
        return
    entries = document if isinstance(document, dict) else {}
    described = {
        key: value for key, value in entries.items() if isinstance(value, dict) and "class" in value
    }
    names = {
        value["id"]: key
        for key, value in entries.items()
        if isinstance(value, dict) and isinstance(value.get("id"), str)
    }
    if not described:
        yield _unread(name, "it describes no eval (nothing in it has a `class`)")
    for key, entry in described.items():
        yield _eval(folder, path, str(names.get(key, key)), entry, options)


def _unread(name: str, reason: str) -> Parsed:
    parsed = Parsed(name=Path(name).stem, file=name)
    parsed.leave_out(name, reason)
    return parsed


def _eval(folder: Folder, path: Path, name: str, entry: dict[str, Any], options: Options) -> Parsed:
    parsed, place = Parsed(name=name, file=folder.name(path)), name
    args = entry.get("args") if isinstance(entry.get("args"), dict) else {}
    samples = args.get("samples_jsonl", args.get("dataset"))  # type: ignore[union-attr]
    if not isinstance(samples, str):
        kind = str(entry.get("class")).rpartition(":")[2]
        parsed.leave_out(place, f"it names no samples file (its class {kind} makes its own)")
        return parsed
    try:
        where = _data(folder, path, samples)
        text = folder.text(where)
        parsed.file = folder.name(where)
        shots = _few_shots(folder, path, args or {}, parsed, place)
    except UnusableFile as error:
        parsed.leave_out(place, str(error))
        return parsed
    samples_of(
        text, parsed, kind=str(entry.get("class")), args=args or {}, shots=shots, options=options
    )
    return parsed


def _data(folder: Folder, path: Path, reference: str) -> Path:
    """Where a samples file of that name stands: in `data` beside `evals`, or beside the YAML.

    Raises UnusableFile, naming the file, where it is not in the folder.
    """
    found = folder.find(path, reference)
    plain = reference.removeprefix("file://")
    for root in (path.parent.parent / "data", path.parent / "data", folder.root / "data"):
        beside = folder.find(root / "x", plain)
        if beside.is_file():
            return beside
    if found.is_file():
        return found
    raise UnusableFile(f"its samples file {plain} is not in the folder")


def _few_shots(
    folder: Folder, path: Path, args: dict[str, Any], parsed: Parsed, place: str
) -> list[Any]:
    """The worked examples that stand before each question, as many as the YAML says."""
    wanted, reference = args.get("num_few_shot"), args.get("few_shot_jsonl")
    if not isinstance(wanted, int) or wanted < 1 or not isinstance(reference, str):
        return []
    text = folder.text(_data(folder, path, reference))
    rows = [json_of(line, reference) for line in text.split("\n") if line.strip()][:wanted]
    if len(rows) < wanted:
        parsed.note(place, f"{reference} holds {len(rows)} examples, {wanted} are asked for")
    return [row.get("sample") for row in rows if isinstance(row, dict)]


def _alone(folder: Folder, path: Path, options: Options) -> Parsed:
    name = path.parent.name if path.stem == "samples" else path.stem
    parsed = Parsed(name=name, file=folder.name(path))
    try:
        text = folder.text(path)
        samples_of(text, parsed, kind=ALONE, args={}, shots=[], options=options)
    except UnusableFile as error:
        parsed.leave_out(folder.name(path), str(error))
    return parsed
