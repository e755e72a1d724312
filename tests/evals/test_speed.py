"""How much is claimed ahead follows how quickly answers come."""

from __future__ import annotations

from evals.runner.speed import Speed


def test_answers_of_the_last_second_count_and_older_ones_do_not() -> None:
    speed = Speed()
    assert speed.of("simulator") == 0
    speed.note(["simulator", "simulator", "other"], 10.0)
    speed.note(["simulator"], 10.6)
    assert (speed.of("simulator"), speed.of("other")) == (3, 1)
    speed.note([], 11.1)
    assert (speed.of("simulator"), speed.of("other")) == (1, 0)
    speed.note([], 20.0)
    assert speed.of("simulator") == 0
