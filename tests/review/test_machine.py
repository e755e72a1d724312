"""Many people at one fleet, in any order: nothing serves that was not decided as it is.

A hypothesis state machine drives the product's own actions against PostgreSQL and keeps a
small model beside it: who wrote which Revision, who said yes to it in force, who objects,
which evidence came last. What goes out is held against the model, not against the code's own
blockers. FLEET_MACHINE_EXAMPLES sets how many runs of 20 steps (8 where it is not given).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fleet.release.actions import CannotRollBack, publish, roll_back
from fleet.release.models import Release, Served, Stage
from fleet.review.actions import (
    AlreadyDecided,
    Blocked,
    approve,
    keep_in_line,
    lift,
    open_review,
    overrule,
    rebase,
    request_changes,
    void_stale,
    withdraw,
)
from fleet.review.actions.scheduling import publish_scheduled, schedule
from fleet.review.models import UNDER_WAY, Approval, Objection, Review
from registry.actions import NothingToFreeze, publish_policy
from registry.models import Adoption, PolicyVersion, Revision, User, Variant
from registry.roles import NotAllowed
from registry.transitions import IllegalMove
from tests.builders import RULES, Fleet, build_fleet, make_user
from tests.reviews import answer_all, measure, standard_rules

SEARCHES = "FLEET_MACHINE_EXAMPLES" in os.environ
"""Whether somebody looks for faults, with new examples each time; else the same ones are run."""
EXAMPLES = int(os.environ.get("FLEET_MACHINE_EXAMPLES", "4"))
STEPS = 20
LARGE = 2_000_000
"""EUR a year from which two people are asked for."""

REFUSALS = (
    AlreadyDecided, Blocked, CannotRollBack, IllegalMove, NotAllowed, NothingToFreeze,
)  # fmt: skip
"""How an action says no; anything else it raises is a fault."""

TONES = ("Be brief.", "Be warm.", "Be precise.", "Be kind.")
ANY = st.integers(0, 10_000)


@dataclass
class Model:
    """What a person who watched would know."""

    writers: dict[UUID, set[int]] = field(default_factory=dict)
    yes: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    objectors: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    is_good: dict[UUID, bool] = field(default_factory=dict)


class Many(RuleBasedStateMachine):
    """Steps of six people on two variants, of which one is a large customer's."""

    fleet: Fleet
    went_out = 0
    authors: list[User]
    crew: list[User]

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.undo = transaction.atomic()
        self.undo.__enter__()

    def teardown(self) -> None:
        """Leave the database as this example found it."""
        transaction.set_rollback(True)
        self.undo.__exit__(None, None, None)

    # --- steps -------------------------------------------------------------------------

    @initialize()
    def somebody_began(self) -> None:
        for place in (0, 1):
            self.edit(place, 0, TONES[place], False)

    @rule(which=ANY, who=ANY, tone=st.sampled_from(TONES), follow=st.booleans())
    def edit(self, which: int, who: int, tone: str, follow: bool) -> None:
        variant, by = self._of(self.fleet.variants, which), self._of(self.authors, who)
        waiting = Review.objects.filter(variant=variant).order_by("-pk").first()
        before = waiting if follow else None
        review = self._try(
            lambda: open_review(
                variant, {"tone": tone}, rationale="They asked.", by=by, follows=before
            )
        )
        if review is not None:
            self._note_new(review, by)

    @rule(which=ANY, who=ANY)
    def one_approves(self, which: int, who: int) -> None:
        self._approve(self._review(which), self._of(self.crew, who))

    @rule(which=ANY, out=st.booleans())
    def all_who_may_approve(self, which: int, out: bool) -> None:
        review = self._review(which)
        for by in self.crew[:4]:
            self._approve(review, by)
        if out:
            self._publish(review, self.fleet.operator, True)

    def _approve(self, review: Review, by: User) -> None:
        approval = self._try(lambda: approve(review, by=by))
        if approval is None:
            return
        assert by.pk not in self.model.writers[review.revision_id], "self-approval"
        assert not self.model.objectors[review.pk], "approved past an objection"
        assert (approval.sha256, approval.pins) == (review.revision.sha256, review.revision.pins)
        self.model.yes[review.pk].add(by.pk)

    @precondition(lambda self: not Objection.objects.filter(stage="raised").exists())
    @rule(which=ANY, who=ANY)
    def object_to_it(self, which: int, who: int) -> None:
        review, by = self._review(which), self._of(self.crew, who)
        if self._try(lambda: request_changes(review, by=by, reason="Not so.")) is not None:
            assert by.pk not in self.model.writers[review.revision_id]
            self.model.objectors[review.pk].add(by.pk)

    @precondition(lambda self: Objection.objects.filter(stage="raised").exists())
    @rule(which=ANY, who=ANY, outvote=st.booleans())
    def end_objection(self, which: int, who: int, outvote: bool) -> None:
        objection = self._of(list(Objection.objects.order_by("-stage", "-pk")), which % 2)
        right = self.fleet.policy_owner if outvote else objection.by
        by = self._of(self.crew, who) if who % 3 == 0 else right
        act: Callable[[], Objection] = lambda: lift(objection, by=by)  # noqa: E731
        if outvote:
            act = lambda: overrule(objection, by=by, reason="It may.")  # noqa: E731
        if self._try(act) is not None:
            assert (objection.by_id == by.pk) != outvote
            self.model.objectors[objection.review_id].discard(objection.by_id)

    @rule(which=ANY, who=ANY, tone=st.sampled_from(TONES))
    def rebase_it(self, which: int, who: int, tone: str) -> None:
        review, by = self._review(which), self._of(self.crew, who)
        fresh = self._try(lambda: rebase(review, {"tone": tone}, by=by, rationale="Rebased."))
        if fresh is not None:
            self._note_new(fresh, by)
            self.model.writers[fresh.revision_id] |= self.model.writers[review.revision_id]
            assert Review.objects.get(pk=review.pk).stage == "withdrawn"

    @rule(which=ANY, who=ANY)
    def publish_anything(self, which: int, who: int) -> None:
        self._publish(self._review(which), self._of(self.crew, who), True)

    @precondition(lambda self: Review.objects.filter(stage="approved").exists())
    @rule(which=ANY, ticked=st.booleans())
    def publish_approved(self, which: int, ticked: bool) -> None:
        ready = Review.objects.filter(stage="approved").select_related("revision").order_by("-pk")
        self._publish(self._of(list(ready), which), self.fleet.engineer, ticked)

    def _publish(self, review: Review, by: User, ticked: bool) -> None:
        release = self._try(lambda: publish(review, by=by, acknowledged=ticked))
        if release is not None:
            self._went_out(review)

    @precondition(lambda self: Review.objects.filter(stage="approved").exists())
    @rule(which=ANY, ticked=st.booleans())
    def schedule_it(self, which: int, ticked: bool) -> None:
        review = self._of(list(Review.objects.filter(stage="approved").order_by("pk")), which)
        at = timezone.now() + dt.timedelta(hours=1)
        schedule([review], at=at, by=self.fleet.engineer, acknowledged=ticked)

    @precondition(lambda self: Review.objects.filter(stage="scheduled").exists())
    @rule()
    def its_time_comes(self) -> None:
        Review.objects.filter(stage="scheduled").update(publish_at=timezone.now())
        for review in Review.objects.filter(stage="scheduled"):
            if publish_scheduled(review, batch=str(review.schedule_batch)) is not None:
                self._went_out(review)

    @precondition(lambda self: Release.objects.filter(replaces__isnull=False).exists())
    @rule(which=ANY, who=ANY)
    def go_back(self, which: int, who: int) -> None:
        variant, by = self._of(self.fleet.variants, which), self._of(self.crew, who)
        self._try(lambda: roll_back(variant, by=by, reason="Refusals up."))

    @precondition(lambda self: Review.objects.filter(stage__in=UNDER_WAY).count() > 2)
    @rule(which=ANY, who=ANY)
    def withdraw_it(self, which: int, who: int) -> None:
        review, by = self._review(which), self._of(self.crew, who)
        self._try(lambda: withdraw(review, by=by))

    @precondition(lambda self: PolicyVersion.objects.count() < 3)
    @rule()
    def a_policy_is_published(self) -> None:
        text = f"Never promise a refund. Edition {PolicyVersion.objects.count()}."
        publish_policy(text=text, rules=RULES, by=self.fleet.policy_owner, note="New edition")
        self.model.yes.clear()

    @rule(which=ANY, is_good=st.booleans())
    def newer_evidence_comes(self, which: int, is_good: bool) -> None:
        review = self._review(which)
        measure(review.revision, score=float(is_good))
        void_stale(review)
        self.model.is_good[review.revision_id] = is_good
        if not is_good:
            self.model.yes[review.pk].clear()

    @rule()
    def beat(self) -> None:
        keep_in_line()

    # --- what holds after each ---------------------------------------------------------

    @invariant()
    def one_is_live_and_served_as_it_was_allowed(self) -> None:
        for variant in self.fleet.variants:
            live = Release.objects.get(variant=variant, stage=Stage.LIVE)
            served = Served.objects.get(variant=variant)
            text = json.loads(served.body)["text"]
            sha = hashlib.sha256(text.encode()).hexdigest()
            assert sha == served.sha256 == live.revision.sha256
            given = Approval.objects.filter(revision=live.revision, decision="approve")
            assert (
                sha in given.values_list("sha256", flat=True)
                or Adoption.objects.filter(revision=live.revision).exists()
            )

    @invariant()
    def nobody_said_yes_to_their_own(self) -> None:
        for revision, by in Approval.objects.values_list("revision_id", "by_id"):
            assert by not in self.model.writers[revision]

    @invariant()
    def what_is_objected_to_is_not_on_its_way(self) -> None:
        for review in Review.objects.filter(stage__in=["approved", "scheduled"]):
            assert not self.model.objectors[review.pk]

    # --- helpers -----------------------------------------------------------------------

    def _note_new(self, review: Review, by: User) -> None:
        """A new or reopened review: who wrote it, and what was measured of it."""
        revision = review.revision
        known = self.model.writers.setdefault(revision.pk, set())
        known |= {by.pk, revision.author_id}
        policy = revision.policy_version
        if revision.parent is None or revision.parent.policy_version_id != policy.pk:
            known.add(policy.author_id)
        answer_all(revision.eval_runs.order_by("-started_at").first())
        self.model.is_good[revision.pk] = True

    def _went_out(self, review: Review) -> None:
        """A publish happened: hold it against what the model knows."""
        Many.went_out += 1
        revision = Revision.objects.get(pk=review.revision_id)
        yes = self.model.yes[review.pk]
        approvals = Approval.objects.filter(revision=revision, by__in=yes, decision="approve")
        matching = [
            one for one in approvals if one.sha256 == revision.sha256 and one.pins == revision.pins
        ]
        assert {one.by_id for one in matching} == yes
        assert len(yes) >= (2 if self._is_large(review.variant) else 1)
        assert not yes & self.model.writers[revision.pk], "self-approval"
        assert not self.model.objectors[review.pk]
        assert self.model.is_good[revision.pk]
        newest = PolicyVersion.objects.order_by("-number").first()
        assert revision.policy_version == newest
        if revision.parent is not None and revision.parent.policy_version != newest:
            roles = {role for one in matching for role in one.by.role_names}
            assert "policy_owner" in roles

    @staticmethod
    def _is_large(variant: Variant) -> bool:
        return variant.tenant is not None and variant.tenant.annual_revenue >= LARGE

    def _review(self, which: int) -> Review:
        """One of those under way, where there are some; every third time one of all."""
        found = Review.objects.select_related("revision").order_by("-pk")
        waiting = found.filter(stage__in=UNDER_WAY)
        return self._of(list(waiting) if which % 3 and waiting else list(found), which // 3)

    @staticmethod
    def _of(rows: list[Any], which: int) -> Any:
        return rows[which % len(rows)]

    @staticmethod
    def _try(act: Callable[[], Any]) -> Any:
        """What the action returns, or None where it refuses."""
        try:
            with transaction.atomic():
                return act()
        except REFUSALS:
            return None


@pytest.mark.django_db
def test_in_any_order_only_what_was_decided_as_it_is_goes_out() -> None:
    standard_rules(large=LARGE)
    fleet = build_fleet(tenants=2)
    fleet.variants[1].tenant.annual_revenue = LARGE
    fleet.variants[1].tenant.save()
    fleet.variants[1].tenant.owners.add(fleet.manager)
    Many.fleet = fleet
    second = make_user("prompt_engineer", "engineer-2")
    Many.authors = [fleet.manager, fleet.engineer, second]
    Many.crew = [
        fleet.engineer, second, fleet.policy_owner,
        make_user("policy_owner", "owner-2"), fleet.manager, fleet.operator,
    ]  # fmt: skip
    run_state_machine_as_test(
        Many,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, database=None,
            suppress_health_check=list(HealthCheck), derandomize=not SEARCHES,
            phases=[Phase.generate, *([Phase.shrink] if SEARCHES else [])],
        ),
    )  # fmt: skip
    assert Many.went_out, "too little goes out to show anything"
