"""The prompts of a config: what is asked, with the variables still in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from evals.importers.cases import LeaveOut, messages_of
from evals.importers.documents import json_of, yaml_of
from evals.importers.folder import Folder
from evals.importers.parsed import Parsed, UnusableFile
from evals.importers.promptfoo.files import CODE, is_file_name, matches

Prompt = list[dict[str, str]]
"""Chat messages whose contents still hold `{{ variables }}`."""

_SEPARATOR = re.compile(r"^---[ \t]*$", re.M)


def prompts_of(value: Any, folder: Folder, beside: Path, parsed: Parsed) -> list[Prompt]:
    """The prompts that can be read, in order; what cannot is left out with its reason."""
    if value is None:
        return []
    items = list(value) if isinstance(value, list | dict) else [value]
    found: list[Prompt] = []
    for number, item in enumerate(items, 1):
        place = f"prompt {number}" if len(items) > 1 else "prompts"
        try:
            found += _prompt(item, folder, beside)
        except (LeaveOut, UnusableFile) as error:
            parsed.leave_out(place, str(error))
    return found


def _prompt(item: Any, folder: Folder, beside: Path) -> list[Prompt]:
    if isinstance(item, dict):
        item = item.get("raw") or item.get("path") or item.get("id") or item.get("prompt")
    if not isinstance(item, str):
        raise LeaveOut("it is neither a text nor the name of a file")
    plain = item.removeprefix("file://").partition("#")[0]
    if item.startswith(("exec:", "python:", "langfuse://", "portkey://", "helicone://")):
        raise LeaveOut(f"{item[:80]} is made by a program or a service, which is not run")
    if not is_file_name(item):
        return [_messages(item)]
    if Path(re.sub(r":\w+$", "", plain)).suffix.lower() in CODE:
        raise LeaveOut(f"{plain} is code, which is not run")
    return [prompt for path in matches(folder, beside, plain) for prompt in _of_file(folder, path)]


def _of_file(folder: Folder, path: Path) -> list[Prompt]:
    text, ending = folder.text(path), path.suffix.lower()
    if ending in (".json", ".jsonl"):
        lines = [line for line in text.split("\n") if line.strip()]
        texts = lines if ending == ".jsonl" else [text]
        return [messages_of(json_of(one, folder.name(path))) for one in texts]
    if ending in (".yaml", ".yml"):
        found = yaml_of(text, folder.name(path))
        return [messages_of(found if isinstance(found, list) else text)]
    return [_messages(part.strip()) for part in _SEPARATOR.split(text) if part.strip()]


def _messages(text: str) -> Prompt:
    """A prompt's text as messages: a JSON list of them, or one question."""
    if text.lstrip().startswith("[") and '"role"' in text:
        return messages_of(json_of(text, "the prompt"))
    return messages_of(text)
