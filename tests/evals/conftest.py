"""A provider of the test's own, in place of the simulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.evals.endpoint import Provider, provider


@pytest.fixture
def asked(settings: Any) -> Iterator[Provider]:
    """Whoever the fleet's models are asked of; a test may say what it answers."""
    with provider() as found:
        settings.PROVIDERS = {"simulator": {"base_url": found.url, "key": "k", "concurrency": 16}}
        yield found
