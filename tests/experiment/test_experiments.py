"""An experiment: one arm in every variant that has a fit candidate, promoted or ended at once."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fleet import tasks
from fleet.bulk.actions import ROW_KIND, CannotStart
from fleet.bulk.models import BulkAct, BulkRow, BulkStage
from fleet.experiment.actions import end_experiment, promote_arm, start_experiment
from fleet.experiment.joining import variants_of, who_joins
from fleet.experiment.models import Experiment, ExperimentStage
from fleet.release.actions import publish, start_canary
from fleet.release.models import Release, Served, Stage
from fleet.review.actions import AlreadyDecided, request_changes
from fleet.review.models import Review, ReviewStage
from registry.models import WorkItem
from registry.roles import NotAllowed
from tests.builders import Fleet, build_fleet
from tests.release.rollouts import approved, canary_body, served
from tests.replay import again

pytestmark = pytest.mark.django_db


def start(fleet: Fleet, *, segment: str = "", share: float = 0.2) -> tuple[Experiment, BulkAct]:
    """An experiment over the fleet's prompt."""
    return start_experiment(
        name="Shorter answers", arm="short", question="Do people write back less?",
        prompt=fleet.prompt, segment=segment, share=share, by=fleet.engineer,
    )  # fmt: skip


def work() -> None:
    """Do what the workers would."""
    for item in WorkItem.objects.filter(kind=ROW_KIND).order_by("pk"):
        tasks.work(item.pk)


@pytest.fixture
def two(db: None) -> Fleet:
    """A fleet whose first two variants have an approved candidate."""
    return again(approved_twice)


def approved_twice() -> Fleet:
    fleet = build_fleet()
    for variant in fleet.variants[:2]:
        approved(fleet, variant)
    return fleet


@pytest.fixture
def running(db: None) -> tuple[Fleet, Experiment]:
    """An experiment that runs in two of three variants."""
    return again(run)


def run() -> tuple[Fleet, Experiment]:
    fleet = approved_twice()
    experiment, _ = start(fleet)
    work()
    return fleet, experiment


def test_who_joins_and_who_does_not_is_known_before(two: Fleet) -> None:
    found = who_joins(list(variants_of(two.prompt, "", two.engineer)))
    assert [(one.variant.pk, one.joins) for one in found] == [
        (two.variants[0].pk, True), (two.variants[1].pk, True), (two.variants[2].pk, False)
    ]  # fmt: skip
    assert found[2].why_not == "It has no approved revision newer than what is live."


def test_the_arm_takes_its_share_where_there_is_a_candidate_and_control_stays(
    running: tuple[Fleet, Experiment],
) -> None:
    fleet, experiment = running
    arms = Release.objects.filter(experiment=experiment, stage=Stage.CANARY)
    assert {arm.variant_id for arm in arms} == {one.pk for one in fleet.variants[:2]}
    assert {arm.share for arm in arms} == {0.2}
    body = canary_body(fleet.variants[0])
    assert body["experiment"] == {"id": str(experiment.pk), "arm": "short"}
    assert served(fleet.variants[0])["experiment"] is None
    (left,) = BulkRow.objects.filter(state="left")
    assert left.variant == fleet.variants[2] and "no approved revision" in left.said


def test_a_blocked_candidate_does_not_join_and_says_why(two: Fleet) -> None:
    review = Review.objects.get(variant=two.variants[0])
    request_changes(review, by=two.policy_owner, reason="Too curt.")
    found = who_joins(list(variants_of(two.prompt, "", two.engineer)))
    assert "Changes requested" in found[0].why_not


def test_an_objection_between_preview_and_start_leaves_that_variant_alone(two: Fleet) -> None:
    start(two)
    review = Review.objects.get(variant=two.variants[0])
    request_changes(review, by=two.policy_owner, reason="Too curt.")
    work()
    assert Release.objects.filter(stage=Stage.CANARY).count() == 1


def test_a_running_canary_is_not_taken_over(two: Fleet) -> None:
    start_canary(Review.objects.get(variant=two.variants[1]), by=two.engineer)
    found = who_joins(list(variants_of(two.prompt, "", two.engineer)))
    assert found[1].why_not == "Revision 2 runs as a canary there."


def test_only_the_segment_takes_part(two: Fleet) -> None:
    found = who_joins(list(variants_of(two.prompt, "health", two.engineer)))
    assert [one.variant for one in found] == [two.variants[1]]


def test_delivered_five_times_each_arm_starts_once(two: Fleet) -> None:
    start(two)
    for _ in range(5):
        WorkItem.objects.filter(kind=ROW_KIND).update(state="queued", attempts=0)
        work()
    assert Release.objects.filter(stage=Stage.CANARY).count() == 2


def test_promoting_the_arm_makes_it_live_in_every_variant_it_runs_in(
    running: tuple[Fleet, Experiment],
) -> None:
    fleet, experiment = running
    third = Served.objects.get(variant=fleet.variants[2]).etag
    act = promote_arm(experiment, by=fleet.engineer, reason="It holds.")
    work()
    assert [served(one)["revision"] for one in fleet.variants] == [2, 2, 1]
    assert Served.objects.get(variant=fleet.variants[2]).etag == third
    experiment.refresh_from_db()
    act.refresh_from_db()
    assert (experiment.stage, act.stage) == (ExperimentStage.PROMOTED, BulkStage.DONE)


def test_a_blocked_arm_is_left_while_the_others_go_live(
    running: tuple[Fleet, Experiment],
) -> None:
    fleet, experiment = running
    review = Review.objects.get(variant=fleet.variants[0])
    request_changes(review, by=fleet.policy_owner, reason="Too curt.")
    act = promote_arm(experiment, by=fleet.engineer, reason="It holds.")
    work()
    assert [served(one)["revision"] for one in fleet.variants] == [1, 2, 1]
    assert "Too curt" in act.rows.get(state="left").said


def test_ending_stops_every_arm_and_asks_for_new_decisions(
    running: tuple[Fleet, Experiment],
) -> None:
    fleet, experiment = running
    end_experiment(experiment, by=fleet.engineer, reason="No difference.")
    work()
    assert not Release.objects.filter(stage=Stage.CANARY).exists()
    stages = set(Review.objects.values_list("stage", flat=True))
    assert stages == {ReviewStage.CHANGES_REQUESTED}
    assert [served(one)["revision"] for one in fleet.variants] == [1, 1, 1]


def test_a_closed_experiment_is_not_closed_again(running: tuple[Fleet, Experiment]) -> None:
    fleet, experiment = running
    end_experiment(experiment, by=fleet.engineer, reason="No difference.")
    with pytest.raises(AlreadyDecided, match="closed"):
        promote_arm(experiment, by=fleet.engineer, reason="Or yes?")


def test_an_arm_that_was_published_alone_is_live_and_stays_so(
    running: tuple[Fleet, Experiment],
) -> None:
    fleet, experiment = running
    publish(Review.objects.get(variant=fleet.variants[0]), by=fleet.engineer)
    end_experiment(experiment, by=fleet.engineer, reason="No difference.")
    work()
    assert [served(one)["revision"] for one in fleet.variants] == [2, 1, 1]


@pytest.mark.parametrize("share", [0.0, 0.51, float("nan")])
def test_a_share_outside_1_to_50_percent_is_refused(two: Fleet, share: float) -> None:
    with pytest.raises(CannotStart, match="between 1 % and 50 %"):
        start(two, share=share)


def test_an_experiment_that_nobody_joins_is_refused(fleet: Fleet) -> None:
    with pytest.raises(CannotStart, match="No variant would join"):
        start(fleet)
    assert not Experiment.objects.exists()


def test_a_policy_owner_starts_no_experiment(two: Fleet) -> None:
    with pytest.raises(NotAllowed):
        start_experiment(
            name="x", arm="x", question="x", prompt=two.prompt, segment="", share=0.1,
            by=two.policy_owner,
        )  # fmt: skip


# --- pages -------------------------------------------------------------------------------


def test_the_form_shows_who_joins_and_starts_it(client: Client, two: Fleet) -> None:
    client.force_login(two.engineer)
    shown = client.get(f"/experiments/open/?prompt={two.prompt.pk}").content.decode()
    assert "2 of 3" in shown and "It has no approved revision" in shown
    typed = {"name": "Shorter", "question": "Less?", "arm": "short", "percent": "20"}
    refused = client.post("/experiments/open/", typed)
    assert refused.status_code == 422 and 'value="Shorter"' in refused.content.decode()
    answer = client.post("/experiments/open/", {**typed, "prompt": two.prompt.pk})
    experiment = Experiment.objects.get()
    assert answer["Location"] == experiment.get_absolute_url()
    work()
    page = client.get(answer["Location"]).content.decode()
    assert "Tenant 0" in page and "not measured yet" in page and "Did not join" in page
    assert "Shorter" in client.get("/experiments/").content.decode()


def test_ending_without_a_reason_opens_the_dialog_again(
    client: Client, running: tuple[Fleet, Experiment]
) -> None:
    fleet, experiment = running
    client.force_login(fleet.engineer)
    answer = client.post(f"/experiments/{experiment.pk}/end/", {"why": " "})
    assert answer.status_code == 422 and "data-dialog-now" in answer.content.decode()
    experiment.refresh_from_db()
    assert experiment.stage == ExperimentStage.RUNNING


def test_a_manager_sees_the_arms_of_own_tenants_alone(
    client: Client, running: tuple[Fleet, Experiment]
) -> None:
    fleet, experiment = running
    assert fleet.variants[1].tenant is not None
    fleet.variants[1].tenant.owners.clear()
    client.force_login(fleet.manager)
    page = client.get(f"/experiments/{experiment.pk}/").content.decode()
    assert "Tenant 0" in page and "Tenant 1" not in page and "Tenant 2" not in page
    assert fleet.variants[0].tenant is not None
    fleet.variants[0].tenant.owners.clear()
    assert client.get(f"/experiments/{experiment.pk}/").status_code == 404
    assert "Shorter answers" not in client.get("/experiments/").content.decode()


def test_the_list_costs_the_same_queries_however_many_there_are(
    client: Client, running: tuple[Fleet, Experiment]
) -> None:
    fleet, _ = running
    client.force_login(fleet.viewer)
    counts = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            client.get("/experiments/")
        counts.append(len(queries))
        for n in range(2):
            Experiment.objects.create(
                name=f"E{n}", arm="a", question="?", prompt=fleet.prompt, share=0.1,
                opened_by=fleet.engineer,
            )  # fmt: skip
    assert counts[1] == counts[2]
