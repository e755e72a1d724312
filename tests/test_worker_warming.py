"""When a worker loads the lint's data: before a cutover, never to ask a model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from evals.actions import CHUNK_KIND, VERDICT_KIND
from fleet import warming
from fleet.campaign.actions import CUT_OVER_KIND, EVALUATE_KIND
from fleet.campaign.models import Track


@pytest.fixture(autouse=True)
def loaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What was loaded, instead of loading it."""
    found: list[str] = []
    monkeypatch.setattr("registry.guardrails.warming.warm", lambda: found.append("lexicons"))
    monkeypatch.setattr("registry.guardrails.semantics.warm", lambda: found.append("encoder"))
    warming.warm_once.cache_clear()
    yield found
    warming.warm_once.cache_clear()


def test_asking_a_model_loads_nothing(loaded: list[str]) -> None:
    for kind in (CHUNK_KIND, VERDICT_KIND):
        warming.warm_for(kind)
    assert loaded == []


def test_work_of_a_migration_loads_it_once(loaded: list[str]) -> None:
    for kind in (EVALUATE_KIND, CUT_OVER_KIND, EVALUATE_KIND):
        warming.warm_for(kind)
    assert loaded == ["lexicons", "encoder"]


@pytest.mark.parametrize("open_tracks", [True, False])
def test_a_worker_that_starts_loads_it_where_a_migration_is_under_way(
    loaded: list[str], monkeypatch: pytest.MonkeyPatch, open_tracks: bool
) -> None:
    class Found:
        def filter(self, **_: object) -> Found:
            return self

        def exists(self) -> bool:
            return open_tracks

    monkeypatch.setattr(Track, "objects", Found())
    warming.warm_for_open_tracks()
    assert bool(loaded) == open_tracks
