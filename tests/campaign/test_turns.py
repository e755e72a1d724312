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
