"""A dry run over the fleet: what it finds, and that nothing stops it half done."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fleet.blast import job
from fleet.blast.actions import cancel_dry_run, start_dry_run
from fleet.blast.models import BlastRadius, BlastStage
from registry import work
from registry.actions import publish_base, publish_policy
from registry.models import Base, Prompt, Variant, VariantStage, WorkItem, WorkState
from registry.transitions import move
from tests.blast.trying import (
    base_draft,
    claim,
    forbid,
    policy_draft,
    try_base,
    try_policy,
    with_slot,
)
from tests.builders import SLOTS, VARIABLES, Fleet, _make_variant, build_fleet

ENDING = "You help.\n\n{{> tone}}\n\n{{> citations}}\nGoodbye."


def test_new_words_change_every_text_and_break_nothing(fleet: Fleet) -> None:
    radius = try_base(fleet.engineer, base_draft(text=ENDING))
    assert radius.stage == BlastStage.DONE
    assert radius.total == radius.seen == 4
    assert radius.summary["counts"]["text"] == radius.rows.count() == 4
    assert not radius.rows.exclude(changes_text=True, breaks=[], warns=[]).exists()


def test_the_same_words_change_nothing(fleet: Fleet) -> None:
    radius = try_base(fleet.engineer, base_draft())
    assert radius.rows.count() == 0
    assert radius.summary["untouched"] == 4


def test_a_default_changes_the_text_of_those_without_their_own(fleet: Fleet) -> None:
    radius = try_base(fleet.engineer, with_slot("tone", default="Be warm."))
    assert [row.variant for row in radius.rows.all()] == [fleet.default]


def test_a_default_that_says_what_a_tenant_says_makes_the_slot_redundant(fleet: Fleet) -> None:
    radius = try_base(fleet.engineer, with_slot("tone", default="Be formal, variant 1."))
    row = radius.rows.get(variant=fleet.variants[1])
    assert row.redundant == [{"slot": "tone", "label": "Tone", "now": "Be formal, variant 1."}]
    assert not row.changes_text


def test_a_slot_taken_away_leaves_its_overlays_without_a_text(fleet: Fleet) -> None:
    draft = base_draft(text="Plain.", slots=[])
    radius = try_base(fleet.engineer, draft)
    assert radius.summary["counts"]["problem"] == 3
    assert "tone" in radius.rows.get(variant=fleet.variants[0]).problem


def test_a_forbidden_phrase_blocks_those_who_say_it(fleet: Fleet) -> None:
    radius = try_policy(fleet.policy_owner, policy_draft(forbid("variant 2")))
    row = radius.rows.get()
    assert row.variant == fleet.variants[2]
    assert row.breaks[0]["quote"] == "variant 2"
    assert row.breaks[0]["slot"] == "tone"
    assert not row.changes_text
    assert radius.summary["rules"] == [
        {"rule": "no-variant 2", "breaks": 1, "warns": 0, "heals": 0}
    ]
    assert radius.summary["revenue"]["breaks"] == 300_000


def test_policy_words_change_every_text(fleet: Fleet) -> None:
    radius = try_policy(fleet.policy_owner, policy_draft(text="Never promise anything."))
    assert radius.summary["counts"]["text"] == 4


def test_a_prompt_with_its_own_policy_is_out_of_reach(fleet: Fleet) -> None:
    publish_policy(text="", rules={"rules": []}, by=fleet.operator, note="Own", prompt=fleet.prompt)
    radius = try_policy(fleet.policy_owner, policy_draft(forbid("formal")))
    assert radius.total == 0


def test_a_base_for_one_locale_reaches_that_locale_only(fleet: Fleet) -> None:
    Variant.objects.filter(pk=fleet.variants[0].pk).update(locale="de")
    german = Base.objects.create(prompt=fleet.prompt, locale="de")
    radius = job_of(start_dry_run(by=fleet.engineer, base=german, document=base_draft(text=ENDING)))
    assert [row.variant for row in radius.rows.all()] == [fleet.variants[0]]
    publish_base(
        prompt=fleet.prompt, text=ENDING, slots=SLOTS, variables=VARIABLES, by=fleet.engineer,
        note="German", semver="1.0.0", locale="de",
    )  # fmt: skip
    everyone_else = try_base(fleet.engineer, base_draft(text="Oh.", slots=[]))
    assert everyone_else.total == 3


def test_another_prompt_is_out_of_reach_of_a_base(fleet: Fleet) -> None:
    other = Prompt.objects.create(slug="other", name="Other")
    line = Base.objects.create(prompt=other)
    radius = start_dry_run(by=fleet.engineer, base=line, document=base_draft(text=ENDING))
    assert job_of(radius).total == 0


def test_a_withdrawn_variant_is_not_looked_at(fleet: Fleet) -> None:
    move(fleet.variants[0], VariantStage.WITHDRAWN, by=fleet.operator)
    assert try_base(fleet.engineer, base_draft(text=ENDING)).total == 3


def test_largest_accounts_and_those_in_trouble_are_to_be_measured(fleet: Fleet) -> None:
    radius = try_base(fleet.engineer, base_draft(text=ENDING))
    evals = radius.summary["evals"]
    assert len(evals["variants"]) == 4
    assert evals["calls"] == 2 * 60 * 4


def test_a_run_that_was_killed_is_done_once_by_whoever_takes_it_again(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    radius = start_dry_run(
        by=fleet.engineer, base=Base.objects.get(), document=base_draft(text=ENDING)
    )
    item = claim(radius)
    store = job._store

    def killed(*args: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(job, "_store", killed)
    with pytest.raises(KeyboardInterrupt):
        job.try_out(item)
    monkeypatch.setattr(job, "_store", store)
    assert BlastRadius.objects.get().stage == BlastStage.RUNNING
    WorkItem.objects.update(state=WorkState.QUEUED, lease_until=None)
    again = claim(radius)
    with pytest.raises(work.LeaseLost):
        job.try_out(item)
    job.try_out(again)
    assert BlastRadius.objects.get().stage == BlastStage.DONE
    assert radius.rows.count() == 4


def test_a_run_cancelled_meanwhile_stores_nothing(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    radius = start_dry_run(
        by=fleet.engineer, base=Base.objects.get(), document=base_draft(text=ENDING)
    )
    real = job.trial_of

    def cancelled_on_the_way(radius: BlastRadius) -> Any:
        cancel_dry_run(BlastRadius.objects.get(pk=radius.pk), by=fleet.engineer)
        return real(radius)

    monkeypatch.setattr(job, "trial_of", cancelled_on_the_way)
    assert job_of(radius).stage == BlastStage.CANCELLED
    assert radius.rows.count() == 0
    assert WorkItem.objects.get(payload__radius=str(radius.pk)).state == WorkState.DONE


def test_a_run_that_is_given_up_says_so(fleet: Fleet) -> None:
    radius = start_dry_run(by=fleet.engineer, base=Base.objects.get(), document=base_draft())
    job.give_up(claim(radius))
    radius.refresh_from_db()
    assert radius.stage == BlastStage.FAILED
    assert "Try again" in radius.error


def test_queries_do_not_grow_with_the_fleet(db: None) -> None:
    fleet = build_fleet(tenants=3)
    _queries(fleet)  # the policy's rules are read once a process
    few = _queries(fleet)
    for n in range(3, 12):
        _make_variant(fleet, n, owned=True)
    assert _queries(fleet) == few


def _queries(fleet: Fleet) -> int:
    text = f"{ENDING} {BlastRadius.objects.count()}"
    with CaptureQueriesContext(connection) as asked:
        try_base(fleet.engineer, base_draft(text=text))
    return len(asked)


def job_of(radius: BlastRadius) -> BlastRadius:
    job.try_out(claim(radius))
    return BlastRadius.objects.get(pk=radius.pk)
