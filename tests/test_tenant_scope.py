"""A customer-success manager meets nothing of a customer who is not theirs, on any page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from evals.models import EvalRun, Suite
from fleet.authoring.actions import submit_overlay
from fleet.campaign.actions import open_campaign, start_evaluation
from fleet.campaign.models import Campaign, SeenEvidence, SignOff, Track, TrackStage
from fleet.letter.models import Letter
from fleet.letter.outbox import owe
from fleet.review.actions import request_changes
from fleet.review.actions.commenting import comment
from fleet.review.models import Comment, Objection, Review
from registry.models import Event, ModelTarget, Tenant, User, Variant
from tests.builders import Fleet, build_fleet
from tests.evals.measured import measure
from tests.replay import again

pytestmark = pytest.mark.django_db


@dataclass
class Foreign:
    """Everything there is of the one customer the manager does not own."""

    variant: Variant
    track: Track
    review: Review
    said: Comment
    objection: Objection
    letter: Letter
    answer: SignOff
    run: EvalRun
    suite: Suite
    client: Client
    fleet: Fleet

    @property
    def tenant(self) -> Tenant:
        assert self.variant.tenant is not None
        return self.variant.tenant

    @property
    def campaign(self) -> Campaign:
        return self.track.campaign


@pytest.fixture
def foreign(db: None) -> Foreign:
    found = again(build_foreign)
    found.client.force_login(found.fleet.manager)
    return found


def build_foreign() -> Foreign:
    fleet = build_fleet()
    variant = fleet.variants[-1]
    assert variant.tenant is not None
    Tenant.objects.filter(pk=variant.tenant_id).update(name="Zyx Secret", annual_revenue=7_654_321)
    campaign = open_campaign(source=fleet.old, target=fleet.new, name="Move", by=fleet.engineer)
    for track in campaign.tracks.order_by("variant_id"):
        run = start_evaluation(track)
        assert run is not None
        measure(run)
    review = submit_overlay(variant, {"tone": "Be brief."}, "They asked.", fleet.engineer)
    said = comment(review, by=fleet.engineer, body="Why?")
    objection = request_changes(review, by=fleet.policy_owner, reason="Not like this.")
    suite = Suite.objects.create(
        scope="slice", name="Zyx Secret", prompt=variant.prompt, tenant=variant.tenant
    )
    track = campaign.tracks.select_related("campaign").get(variant=variant)
    assert track.run is not None
    variant.refresh_from_db()
    contact = variant.tenant.contacts.create(name="Zoe", email="zoe@zyx.example")
    letter = owe(track, contact, "notice", key="foreign")
    return Foreign(
        Variant.objects.get(pk=variant.pk),
        track,
        review,
        said,
        objection,
        letter,
        _answered(track, fleet),
        track.run,
        suite,
        Client(),
        fleet,
    )


def _answered(track: Track, fleet: Fleet) -> SignOff:
    """An answer of the foreign customer, with all that is kept of it."""
    assert track.run is not None
    seen = SeenEvidence.objects.create(sha256="x", html="Zyx Secret")
    return track.sign_offs.create(
        revision=track.revision, run=track.run, sha256="x", model_snapshot="x", eval_hash="x",
        decision="declined", contact_name="x", recorded_by=fleet.operator, seen=seen,
        document=b"x", document_name="x.txt",
    )  # fmt: skip


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def pages_of(foreign: Foreign) -> list[str]:
    """Every address that names the foreign customer's rows."""
    named: list[tuple[Any, tuple[str, ...]]] = [
        (foreign.variant.pk, (
            "variant-withdraw", "variant-restore",
            "variant-detail", "variant-releases", "variant-roll-back", "overlay-edit",
            "overlay-check", "overlay-submit", "overlay-discard", "overlay-save", "overlay-drafts",
            "overlay-restore", "overlay-merge", "overlay-visit", "variant-stages",
            "variant-changelog", "variant-changelog-text", "variant-canary", "variant-shadow",
            "variant-staging", "variant-feedback", "ledger-variant", "hours-note",
        )),
        (foreign.review.pk, (
            "review-detail", "review-approve", "review-reject", "review-withdraw", "review-publish",
            "review-request-changes", "review-resume", "review-schedule", "review-unschedule",
            "review-break-glass", "review-rebase", "review-comment",
        )),
        (foreign.tenant.pk, ("window-edit", "window-preview", "window-usual", "blackout-add")),
        (foreign.said.pk, ("comment-resolve", "comment-reopen", "comment-case")),
        (foreign.suite.pk, (
            "suite-detail", "suite-edit", "suite-switch", "suite-freeze", "suite-discard",
            "suite-try", "suite-add",
        )),
        (foreign.letter.pk, ("letter-detail", "letter-retry")),
        (foreign.objection.pk, ("objection-lift", "objection-overrule")),
        (foreign.review.revision_id, (
            "revision-detail", "compare-slot", "eval-run-start", "revision-revoke",
        )),
        (foreign.variant.releases.get().pk, ("release-next", "release-promote", "release-stop")),
        (foreign.run.pk, (
            "eval-run-detail", "eval-run-progress", "eval-run-cancel", "eval-run-report",
            "eval-run-csv", "eval-run-json", "eval-run-junit", "preference", "eval-run-pause",
            "eval-run-resume", "eval-run-cap",
        )),
        (foreign.track.pk, (
            "track-detail", "track-re-evaluate", "track-sign-off", "track-cut-over",
            "track-roll-back", "track-contact-add",
        )),
        (foreign.letter.contact_id, ("contact-edit", "contact-remove")),
        (foreign.answer.pk, ("sign-off-seen", "sign-off-file")),
    ]  # fmt: skip
    return [reverse(name, args=[pk]) for pk, names in named for name in names]


def test_foreign_rows_are_not_found_and_nothing_happens(foreign: Foreign) -> None:
    before = Event.objects.count()
    for url in pages_of(foreign):
        typed = {"why": "x", "rationale": "x", "slot-tone": "x", "run": str(foreign.run.pk)}
        assert foreign.client.get(url).status_code in (404, 405), url
        assert foreign.client.post(url, typed).status_code in (404, 405), url
    assert Event.objects.count() == before


def test_platform_default_is_not_the_managers_either(foreign: Foreign) -> None:
    default = foreign.fleet.default
    for name in ("variant-detail", "overlay-edit", "variant-releases"):
        assert foreign.client.get(reverse(name, args=[default.pk])).status_code == 404


def test_comparison_needs_both_revisions_to_be_ones_own(foreign: Foreign) -> None:
    own = foreign.fleet.variants[0].revisions.first()
    theirs = foreign.review.revision_id
    assert own is not None
    for a, b in ((own.pk, theirs), (theirs, own.pk), (theirs, theirs), ("", theirs)):
        answer = foreign.client.get(reverse("compare"), {"a": str(a), "b": str(b)})
        assert answer.status_code == 404


def listed() -> list[tuple[str, dict[str, str]]]:
    """Every page that lists, with filters that would find the foreign customer."""
    asked: list[tuple[str, dict[str, str]]] = []
    for name in (
        "home", "review-queue", "eval-run-list", "eval-matrix", "eval-compare", "campaign-list",
        "model-list", "jump", "drift",
        "compare-find", "bulk-list", "revocation-list", "experiment-list", "suite-list",
        "coverage", "window-list", "ledger", "ledger-waiting",
        "letter-list", "letter-words", "feedback-list",
    ):  # fmt: skip
        asked += [(name, {}), (name, {"q": "Zyx"})]
    states = [("review-queue", {"state": state}) for state in ("open", "approved")]
    return [*asked, *states, ("home", {"owner": "none"}), ("eval-run-list", {"verdict": "go"})]


def test_no_list_names_a_foreign_customer(foreign: Foreign) -> None:
    for name, query in listed():
        text = foreign.client.get(reverse(name), query).content.decode()
        assert "Zyx Secret" not in text, (name, query)
        assert foreign.variant.get_absolute_url() not in text, (name, query)
        assert "7,654,321" not in text, (name, query)
        assert "7654321" not in text, (name, query)
    assert "Zyx Secret" in signed_in(foreign.fleet.viewer).get("/").content.decode()


def test_board_and_its_fragment_hold_own_rows_only(foreign: Foreign) -> None:
    for name in ("campaign-board", "campaign-rows", "ledger-campaign"):
        url = reverse(name, args=[foreign.campaign.pk])
        for query in ({}, {"owner": "nobody"}, {"q": "Zyx"}, {"state": "evaluating"}):
            text = foreign.client.get(url, query).content.decode()
            assert "Zyx Secret" not in text
            assert str(foreign.track.pk) not in text


def test_models_page_counts_own_variants_only(foreign: Foreign) -> None:
    lines = foreign.client.get(reverse("model-list")).context["lines"]
    found = {line.target.pk: (line.variants, line.revenue) for line in lines}
    assert found[foreign.fleet.old.pk] == (2, 300_000)
    assert found[foreign.fleet.new.pk] == (0, 0)


def test_bulk_acts_pass_over_foreign_tracks(foreign: Foreign) -> None:
    own = foreign.campaign.tracks.exclude(pk=foreign.track.pk)
    chosen = [str(track.pk) for track in foreign.campaign.tracks.all()]
    url = reverse("campaign-sign-off", args=[foreign.campaign.pk])
    typed = {"tracks": chosen, "contact_name": "Carla", "reference": "mail"}
    text = foreign.client.post(url, typed, follow=True).content.decode()
    assert "Zyx Secret" not in text
    assert list(SignOff.objects.filter(track=foreign.track)) == [foreign.answer]
    assert own.filter(stage=TrackStage.CANCELLED).count() == 0


def test_campaign_without_own_tracks_is_neither_shown_nor_named(foreign: Foreign) -> None:
    other = User.objects.create_user("elsewhere", password="x")
    other.groups.set(foreign.fleet.manager.groups.all())
    client = signed_in(other)
    assert client.get(foreign.campaign.get_absolute_url()).status_code == 404
    for name in ("home", "model-list", "campaign-list"):
        text = client.get(reverse(name)).content.decode()
        assert str(foreign.campaign.pk) not in text, name


def test_whoever_has_no_role_yet_sees_no_customer(foreign: Foreign) -> None:
    client = signed_in(User.objects.create_user("new", password="x"))
    assert client.get(foreign.variant.get_absolute_url()).status_code == 404
    for name, query in listed():
        assert "Zyx Secret" not in client.get(reverse(name), query).content.decode()


def test_acts_are_refused_to_a_viewer_whatever_the_page_shows(foreign: Foreign) -> None:
    """Views hide the buttons; the actions themselves say no."""
    viewer, before = signed_in(foreign.fleet.viewer), Event.objects.count()
    campaign, typed = foreign.campaign, _typed(foreign)
    urls = [url for url in pages_of(foreign) if viewer.get(url).status_code in (403, 405)]
    urls += [
        reverse(f"campaign-{act}", args=[campaign.pk]) for act in ("approve", "cut-over", "cancel")
    ]
    urls += [reverse("campaign-open"), reverse("model-announce", args=[foreign.fleet.old.pk])]
    assert len(urls) > 15
    for url in urls:
        assert viewer.post(url, typed).status_code in (403, 405), url
    sign_off = reverse("campaign-sign-off", args=[campaign.pk])
    viewer.post(sign_off, typed)
    assert list(SignOff.objects.all()) == [foreign.answer]
    assert Event.objects.count() == before
    assert not ModelTarget.objects.filter(retires_on__isnull=False).exists()


def _typed(foreign: Foreign) -> dict[str, Any]:
    return {
        "why": "x", "rationale": "x", "slot-tone": "x",
        "run": str(foreign.review.revision.eval_runs.get().pk),
        "tracks": [str(foreign.track.pk)], "contact_name": "C", "reference": "R",
        "decision": "approved", "contact": "-", "other": "C", "retires_on": "2027-01-01",
        "source": str(foreign.fleet.old.pk), "target": str(foreign.fleet.new.pk),
    }  # fmt: skip
