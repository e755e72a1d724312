"""Which arm a session gets: shares hold, and who has a canary keeps it while it grows."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from fleet.release.traffic import Arm, choose, place_of

SHARES = st.floats(0.01, 0.5).map(lambda share: round(share, 4))
SALTS = st.text("abcdefgh/-", min_size=1, max_size=20)
SESSIONS = 4000


def arms(share: float) -> list[Arm]:
    """A live arm and a canary with this share."""
    return [Arm("live", round(1 - share, 6), "live"), Arm("canary", share, "canary")]


@given(SALTS, SHARES)
def test_a_canary_gets_its_share_of_many_sessions(salt: str, share: float) -> None:
    got = sum(choose(arms(share), salt, f"s{n}").stage == "canary" for n in range(SESSIONS))
    # Six standard deviations: one false alarm in 500 million.
    assert abs(got / SESSIONS - share) <= 6 * math.sqrt(share * (1 - share) / SESSIONS)


@given(SALTS, SHARES, SHARES, st.text(min_size=1))
def test_a_session_in_the_canary_stays_there_while_it_grows(
    salt: str, one: float, other: float, session: str
) -> None:
    small, large = sorted([one, other])
    if choose(arms(small), salt, session).stage == "canary":
        assert choose(arms(large), salt, session).stage == "canary"


@given(SALTS, SHARES, st.text(min_size=1))
def test_the_same_session_gets_the_same_arm_always(salt: str, share: float, session: str) -> None:
    assert choose(arms(share), salt, session) == choose(list(reversed(arms(share))), salt, session)


@given(SHARES)
def test_without_a_session_the_live_arm_answers(share: float) -> None:
    assert choose(arms(share), "salt", None).stage == choose(arms(share), "salt", "").stage
    assert choose(arms(share), "salt", None).stage == "live"


@given(SALTS, st.text())
def test_a_place_lies_from_0_up_to_1(salt: str, session: str) -> None:
    assert 0 <= place_of(salt, session) < 1


def test_two_variants_do_not_pick_the_same_sessions() -> None:
    both = sum(
        choose(arms(0.5), "a", f"s{n}").stage == choose(arms(0.5), "b", f"s{n}").stage
        for n in range(SESSIONS)
    )
    assert abs(both / SESSIONS - 0.5) < 0.05
