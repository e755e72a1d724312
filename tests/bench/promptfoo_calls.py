"""The same calls made by promptfoo, where it is installed, for `bench_evals` to compare with.

It is taken from FLEET_BENCH_PROMPTFOO (the path of its command), else from the PATH. It stores
what it finds in its own database, in a directory of its own, and talks to the given port only.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

QUIET = {
    "PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1",
    "PROMPTFOO_DISABLE_REMOTE_GENERATION": "1", "PROMPTFOO_DISABLE_SHARING": "1",
}  # fmt: skip
"""It asks nobody but the model."""


def promptfoo() -> str | None:
    """Its command, None where it is not installed."""
    return os.environ.get("FLEET_BENCH_PROMPTFOO") or shutil.which("promptfoo")


def run(
    command: str, *, port: int, in_flight: int, snapshot: str, texts: Sequence[str],
    cases: Sequence[tuple[str, Any]],
) -> str:  # fmt: skip
    """Ask every case (its question and its expectation's values) with every text; its version."""
    with TemporaryDirectory() as place:
        config = Path(place) / "config.json"
        config.write_text(json.dumps(_config(port, snapshot, texts, cases)))
        env = {**os.environ, **QUIET, "PROMPTFOO_CONFIG_DIR": place}
        arguments = ["--no-cache", "--no-progress-bar", "--no-table", "-j", str(in_flight)]
        subprocess.run(
            [command, "eval", "-c", str(config), *arguments],
            env=env, cwd=place, check=True, capture_output=True,
        )  # fmt: skip
        said = subprocess.run([command, "--version"], env=env, cwd=place, capture_output=True)
    return said.stdout.decode().strip()


def _config(
    port: int, snapshot: str, texts: Sequence[str], cases: Sequence[tuple[str, Any]]
) -> dict[str, Any]:
    """A prompt a text, a test a case. Its template language must find nothing in a text."""
    return {
        "prompts": [
            {"label": f"variant {number}", "raw": json.dumps([
                {"role": "system", "content": text.replace("{{", "{ {").replace("{%", "{ %")},
                {"role": "user", "content": "{{question}}"},
            ])}
            for number, text in enumerate(texts)
        ],
        "providers": [{
            "id": f"openai:chat:{snapshot}",
            "config": {
                "apiBaseUrl": f"http://127.0.0.1:{port}/v1", "apiKey": "none", "temperature": 0,
            },
        }],
        "tests": [
            {
                "vars": {"question": question},
                "assert": [{"type": "not-contains", "value": value} for value in values],
            }
            for question, values in cases
        ],
    }  # fmt: skip
