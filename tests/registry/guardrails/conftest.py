"""The policies the engine is held against: the project's own and the shared reference."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from registry.guardrails import Policy, load_policy

ROOT = Path(__file__).resolve().parents[3]
POLICIES = {
    "demo": ROOT / "fleet/demo/data/policy/rules.json",
    "reference": ROOT.parent / "shared/reference_policy.json",
}


def read_policy(name: str) -> Policy:
    """Load a policy by name; skips the test where its file is not there."""
    path = POLICIES[name]
    if not path.is_file():
        pytest.skip(f"no {name} policy here")
    return load_policy(json.loads(path.read_text(encoding="utf-8")))


@pytest.fixture(params=sorted(POLICIES))
def policy(request: pytest.FixtureRequest) -> Policy:
    """Each policy in turn."""
    return read_policy(request.param)
