"""Whose turn a track is, from facts alone."""

from __future__ import annotations

import pytest

from fleet.campaign.turns import Facts, turn_of


@pytest.mark.parametrize(
    ("facts", "who", "words"),
    [
        (Facts("queued", "Acme"), "product", "Waiting for a worker to evaluate it"),
        (
            Facts("evaluating", "Acme", done_calls=34, planned_calls=150), "product",
            "Evaluating: 34 of 150 calls",
        ),
        (
            Facts("needs_work", "Acme", verdict="no_go", broken=1), "owner",
            "Mend the overlay: 1 broken case",
        ),
        (
            Facts("needs_work", "Acme", verdict="go", declined_by="Carla"), "owner",
            "Carla declined: mend the overlay",
        ),
        (
            Facts("awaiting_sign_off", "Acme", days=3, approved=True), "customer",
            "Waiting for Acme to sign (3 days)",
        ),
        (
            Facts("signed_off", "Acme"), "approver",
            "Needs approval by somebody who did not open this",
        ),
        (
            Facts("signed_off", "Acme", text_is_new=True), "approver",
            "Its new text waits for a review",
        ),
        (Facts("signed_off", "Acme", approved=True), "engineer", "Ready to cut over"),
        (
            Facts("signed_off", "Acme", approved=True, refusal="The policy moved on."), "engineer",
            "Cutover was refused: The policy moved on.",
        ),
        (Facts("signed_off", "Acme", approved=True, cutting_over=True), "product", "Cutting over"),
        (Facts("done", "Acme"), "nobody", "Done"),
    ],
)  # fmt: skip
def test_turn_names_who_acts_and_what_blocks(facts: Facts, who: str, words: str) -> None:
    turn = turn_of(facts)
    assert (turn.who, turn.words) == (who, words)


@pytest.mark.parametrize(
    ("facts", "who", "words", "asks"),
    [
        (
            Facts("scheduled", "Acme", approved=True, when="Tue 24 Nov, 09:00 CET"), "product",
            "Cuts over Tue 24 Nov, 09:00 CET", "",
        ),
        (
            Facts("scheduled", "Acme", when="Tue 24 Nov, 09:00 CET"), "approver",
            "Needs approval by somebody who did not open this, before Tue 24 Nov, 09:00 CET",
            "approve",
        ),
        (
            Facts("canary", "Acme", share=0.25, when="for 40 min more"), "product",
            "25 % of sessions, soaks for 40 min more", "",
        ),
        (
            Facts("canary", "Acme", share=0.05, by_time=False), "engineer",
            "5 % of sessions: a person takes it on", "release",
        ),
        (
            Facts("canary", "Acme", share=0.05, refusal="The policy moved on."), "engineer",
            "5 % of sessions, held: The policy moved on.", "release",
        ),
        (
            Facts("watched", "Acme", when="Fri 27 Nov, 09:00 CET"), "product",
            "Watched until Fri 27 Nov, 09:00 CET", "",
        ),
        (
            Facts("deferred", "Acme", when="1 Dec 2026", why="Their peak season"), "nobody",
            "Deferred until 1 Dec 2026: Their peak season", "",
        ),
        (Facts("exempt", "Acme", why="Leaves us"), "nobody", "Exempt: Leaves us", ""),
        (
            Facts("awaiting_sign_off", "Acme", paused="wave", why="Incident"), "nobody",
            "Its wave is paused: Incident", "",
        ),
        (Facts("done", "Acme", paused="campaign", why="Incident"), "nobody", "Done", ""),
        (
            Facts("signed_off", "Acme", approved=True, gave_up="OSError: gone", paused="track"),
            "engineer", "Gave up after 5 attempts: try again. OSError: gone", "run_evals",
        ),
        (
            Facts("needs_work", "Acme", verdict="go", declined_by="Carla", wants_change=True),
            "owner", "Carla asked for a change", "author_overlay",
        ),
    ],
)  # fmt: skip
def test_turn_tells_the_time_the_pause_and_what_the_next_act_takes(
    facts: Facts, who: str, words: str, asks: str
) -> None:
    turn = turn_of(facts)
    assert (turn.who, turn.words, turn.asks) == (who, words, asks)
