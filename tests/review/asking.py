"""Reviews and requests as the tests of the review pages want them."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from fleet.review.actions import open_review
from fleet.review.models import Review
from registry.models import User, Variant
from tests.builders import Fleet, build_fleet
from tests.evals.measured import measure
from tests.replay import again


def signed_in(user: User) -> Client:
    """A browser in which this person is signed in."""
    client = Client()
    client.force_login(user)
    return client


def reviewed(variant: Variant, by: User, **measured: Any) -> Review:
    """A review whose revision has been measured; keywords name cases that fail."""
    review = open_review(
        variant, {"tone": f"Be warm, {variant.pk}."}, rationale="They asked.", by=by
    )
    measure(review.revision.eval_runs.get(), **measured)
    return review


def usual_reviewed() -> tuple[Fleet, Review]:
    """A fleet whose manager asked for a review of the first variant, built once a process."""
    return again(_reviewed_first)


def _reviewed_first() -> tuple[Fleet, Review]:
    fleet = build_fleet()
    return fleet, reviewed(fleet.variants[0], fleet.manager)


def page(user: User, review: Review, **query: str) -> str:
    """The page of a review as this person sees it."""
    return signed_in(user).get(review.get_absolute_url(), query).content.decode()


def post(user: User, review: Review, act: str, **data: Any) -> Any:
    """An act on a review, by its address."""
    return signed_in(user).post(reverse(f"review-{act}", args=[review.pk]), data)


def run_of(review: Review) -> str:
    """Id of the run that a page would show."""
    return str(review.revision.eval_runs.latest("started_at").pk)
