"""Invariants 1 and 3: PostgreSQL itself refuses, whoever asks."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from evals.actions import record_verdict, start_run
from evals.models import Calibration, Case, CaseResult, EvalRun, Outcome, Preference
from fleet.campaign.actions import open_campaign
from fleet.campaign.models import SeenEvidence, SignOff
from fleet.feedback.models import Feedback
from fleet.models import RouterApproval, RouterVersion
from fleet.release.actions import revoke
from fleet.review.models import AcceptedRisk, Approval
from registry.models import Revision, Variant
from registry.transitions import IllegalMove, move
from tests.builders import Fleet

APPEND_ONLY = [
    "registry.PolicyVersion", "registry.BaseVersion", "registry.OverlayVersion",
    "registry.Revision", "registry.Adoption", "registry.Revocation", "registry.Event",
    "evals.SuiteVersion", "evals.Case", "evals.CaseResult", "evals.Verdict",
    "evals.Calibration", "evals.Preference",
    "fleet.Approval", "fleet.SignOff", "fleet.RouterVersion", "fleet.RouterApproval",
    "fleet.AcceptedRisk", "fleet.SeenEvidence", "fleet.Feedback",
]  # fmt: skip


@pytest.fixture
def one_of_each(fleet: Fleet) -> Fleet:
    """A fleet in which every append-only table holds a row."""
    variant = fleet.variants[0]
    revision = variant.revisions.get()
    run = start_run(revision, baseline=None, by=fleet.engineer)
    for case in Case.objects.all():
        CaseResult.objects.create(
            run=run, arm="candidate", case=case, outcome=Outcome.ANSWERED, answer="Yes.", score=1.0
        )
    record_verdict(run)
    Calibration.objects.create(
        judge=revision, run=run, labelled=1, answered=1, passed=False, said="Too few labels."
    )
    Preference.objects.create(
        run=run, case=Case.objects.all()[0], choice="tie", new_was_left=True, by=fleet.manager
    )
    AcceptedRisk.objects.create(run=run, reason="A small customer.", by=fleet.policy_owner)
    Approval.objects.create(
        revision=revision, decision="approve", sha256=revision.sha256, pins=revision.pins,
        by=fleet.policy_owner,
    )  # fmt: skip
    track = open_campaign(
        source=fleet.old, target=fleet.new, name="", by=fleet.engineer
    ).tracks.first()
    assert track is not None
    SignOff.objects.create(
        track=track, revision=revision, run=run, sha256=revision.sha256, model_snapshot="x-1",
        eval_hash="0", decision="approved", contact_name="Ana", reference="Mail of today",
        recorded_by=fleet.manager,
    )  # fmt: skip
    SeenEvidence.objects.create(sha256="0" * 64, html="<p>As seen.</p>")
    Feedback.objects.create(
        variant=variant, kind="complaint", words="Too long.", happened_at=run.started_at,
        by=fleet.manager,
    )  # fmt: skip
    revoke(fleet.variants[1].revisions.first(), by=fleet.policy_owner, reason="Wrong price")
    rules = RouterVersion.objects.create(
        number=1, sha256="0" * 64, note="Premium first", author=fleet.engineer
    )
    RouterApproval.objects.create(
        version=rules, decision="approve", sha256=rules.sha256, by=fleet.policy_owner
    )
    return fleet


def _refused(sql: str) -> None:
    refused = pytest.raises(DatabaseError, match="append-only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # the fixture's own checks first
        cursor.execute(sql)


@pytest.mark.parametrize("label", APPEND_ONLY)
def test_a_frozen_row_is_neither_changed_nor_deleted_nor_truncated(
    label: str, one_of_each: Fleet
) -> None:
    model = apps.get_model(label)
    table, key = model._meta.db_table, model._meta.pk.column
    assert model._default_manager.exists(), f"the test needs a row of {label}"
    _refused(f'UPDATE {table} SET "{key}" = "{key}"')
    _refused(f"DELETE FROM {table}")
    _refused(f"TRUNCATE {table} CASCADE")


def test_the_list_of_frozen_tables_is_the_list_of_their_triggers(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE '%_append_only'"
        )
        guarded = {row[0] for row in cursor.fetchall()}
    assert guarded == {apps.get_model(label)._meta.db_table for label in APPEND_ONLY}


def _staged_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if hasattr(model, "ARROWS")]


def test_every_staged_table_has_the_arrows_of_its_code_in_its_trigger(db: None) -> None:
    for model in _staged_models():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = %s",
                [f"{model._meta.db_table}_guard_stage"],
            )
            definition = cursor.fetchone()[0]
        pairs = {
            f"'{origin.value}>{goal.value}'"
            for origin, goals in model.ARROWS.items()  # type: ignore[attr-defined]
            for goal in goals
        }
        found = {part.strip() for part in definition.split("(", 1)[1].rstrip(")").split(",")}
        assert found == pairs, model


def test_a_stage_written_past_move_is_refused(fleet: Fleet) -> None:
    with pytest.raises(DatabaseError, match="only through move"), transaction.atomic():
        Variant.objects.filter(pk=fleet.variants[0].pk).update(stage="withdrawn")


def test_an_arrow_that_is_not_in_the_table_is_refused_by_code_and_by_database(
    fleet: Fleet,
) -> None:
    variant = move(fleet.variants[0], "retired", by=fleet.operator, why="Gone")
    with pytest.raises(IllegalMove, match="Retired"):
        move(variant, "active", by=fleet.operator)
    with pytest.raises(DatabaseError, match="no arrow"), transaction.atomic():
        Variant.objects.filter(pk=variant.pk).update(stage="active")


def test_a_move_is_recorded_with_who_and_why(fleet: Fleet) -> None:
    variant = move(fleet.variants[0], "withdrawn", by=fleet.operator, why="Recall")
    event = variant.events.first()
    assert (event.verb, event.actor, event.why, event.data["origin"]) == (
        "variant.withdrawn", fleet.operator, "Recall", "active",
    )  # fmt: skip
    assert variant.history.first().stage == "withdrawn"


def test_a_revision_whose_sha256_is_not_of_its_text_is_refused(fleet: Fleet) -> None:
    good = fleet.variants[0].revisions.get()
    with pytest.raises(DatabaseError, match="revision_sha256_is_of_its_text"), transaction.atomic():
        Revision.objects.create(
            variant=good.variant, number=99, policy_version=good.policy_version,
            base_version=good.base_version, model_target=good.model_target, text="Other",
            sha256=good.sha256, author=fleet.engineer,
        )  # fmt: skip


def test_an_eval_run_goes_from_running_to_done_only_once(one_of_each: Fleet) -> None:
    run = EvalRun.objects.get(verdict__isnull=False)
    with pytest.raises(IllegalMove):
        move(run, "cancelled", by=one_of_each.engineer)
