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


def test_measuring_loads_nothing(loaded: list[str]) -> None:
    for kind in (CHUNK_KIND, VERDICT_KIND, EVALUATE_KIND):
        warming.warm_for(kind)
    assert loaded == []


def test_a_cutover_loads_it_once(loaded: list[str]) -> None:
    for kind in (CUT_OVER_KIND, CUT_OVER_KIND):
        warming.warm_for(kind)
    assert loaded == ["lexicons", "encoder"]


class Tracks:
    """Open tracks in these stages, instead of rows."""

    def __init__(self, *stages: str) -> None:
        self.stages = stages

    def filter(self, **_: object) -> Tracks:
        """As a QuerySet."""
        return self

    order_by = distinct = lambda self: self

    def values_list(self, *_: object, **__: object) -> Tracks:
        """As a QuerySet."""
        return self

    def __iter__(self) -> Iterator[str]:
        return iter(self.stages)


@pytest.mark.parametrize(
    ("stages", "loads"),
    [
        ((), False),
        (("evaluating", "awaiting_sign_off"), False),
        (("queued",), False),
        (("awaiting_sign_off", "needs_work"), True),
        (("scheduled",), True),
    ],
)
def test_it_is_loaded_once_tracks_near_their_cutover_and_none_is_measured(
    loaded: list[str], monkeypatch: pytest.MonkeyPatch, stages: tuple[str, ...], loads: bool
) -> None:
    monkeypatch.setattr(Track, "objects", Tracks(*stages))
    warming.warm_for_open_tracks()
    assert bool(loaded) == loads
