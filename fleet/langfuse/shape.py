"""A served prompt in the words of Langfuse's API, version 2 of its prompts. Pure.

Written from what the public `langfuse` SDK for Python (5.0) sends and parses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PRODUCTION = "production"
LATEST = "latest"
STAGING = "staging"

DEFAULT_LABELS = (PRODUCTION, LATEST)
"""Labels of the platform default. Only what is live is served, so the latest is what serves."""

PROJECT = {
    "id": "prompt-fleet", "name": "Prompt fleet", "metadata": {},
    "organization": {"id": "prompt-fleet", "name": "Prompt fleet"},
}  # fmt: skip
"""The one project there is: `auth_check` wants to see one."""

SERVER_VERSION = "3.0.0"
"""What /health calls itself: the first Langfuse server whose API is this one."""

MAX_VERSION_DIGITS = 9


class NotAVersion(ValueError):
    """`version` is no number."""


@dataclass(frozen=True)
class Question:
    """What a Langfuse client asks for. `tenant` None: the platform default.

    `version` is a revision's number; None takes what serves.
    """

    tenant: str | None
    staging: bool
    version: int | None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Question:
        """From the query parameters `label` and `version`. Raises NotAVersion."""
        label, version = query.get("label") or PRODUCTION, query.get("version") or ""
        if version and not (
            version.isascii() and version.isdigit() and len(version) <= MAX_VERSION_DIGITS
        ):
            raise NotAVersion("“version” is the number of a revision.")
        tenant = None if label in (*DEFAULT_LABELS, STAGING) else label
        return cls(tenant, label == STAGING, int(version) if version else None)

    @property
    def parameters(self) -> dict[str, str]:
        """The same question to `GET /api/v1/prompts/{slug}`."""
        asked = {"tenant": self.tenant, "stage": STAGING if self.staging else None}
        return {name: value for name, value in asked.items() if value}

    @property
    def labels(self) -> list[str]:
        """The labels under which the answer is found."""
        if self.staging:
            return [STAGING]
        return [self.tenant] if self.tenant else list(DEFAULT_LABELS)


def as_langfuse(name: str, served: Mapping[str, Any], labels: list[str]) -> dict[str, Any]:
    """A Langfuse prompt of type text, from an answer of `GET /api/v1/prompts/{slug}`.

    Its `{{variables}}` are written as Langfuse writes them. `config` carries the model to call
    and the numbers to log the call under.
    """
    kept = (
        "prompt_id", "release_id", "stage", "sha256", "tenant", "locale", "lane", "layers",
        "variables",
    )  # fmt: skip
    model = served.get("model") or {}
    return {
        "id": served["prompt_id"],
        "name": name,
        "version": served["revision"],
        "type": "text",
        "prompt": served["text"],
        "config": {
            "model": model.get("snapshot"),
            "provider": model.get("provider"),
            "base_version": served.get("version"),
            **{field: served.get(field) for field in kept},
        },
        "labels": labels,
        "tags": [],
        "commitMessage": None,
        "resolutionGraph": None,
    }
