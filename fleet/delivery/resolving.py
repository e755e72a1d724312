"""From the ground to the row that answers: whom, in which lane, with which lanes behind."""

from __future__ import annotations

from http import HTTPStatus

from fleet.delivery.choosing import lane_of, router_of
from fleet.delivery.lookup import Ground, Row
from fleet.delivery.problems import Problem
from fleet.delivery.wanted import LONGEST_NAME, Wanted
from fleet.router.rules import Asked, fallbacks_for


def resolve(wanted: Wanted, ground: Ground) -> tuple[Row, list[Row]]:
    """The row that answers and those behind it; a 404 or 410 Problem says what there is instead."""
    refuse_unknown(wanted, ground)
    if not ground.rows:
        slug = wanted.slug[:LONGEST_NAME]
        raise Problem(HTTPStatus.NOT_FOUND, f"Nothing is live for {slug} yet.")
    lanes = {row.lane: row for row in ground.rows}
    row = lanes[lane_among(wanted, ground, sorted(lanes))]
    if row.gone:
        raise withdrawn()
    named = fallbacks_for(router_of(ground.rules, ground.fallbacks)[1], row.lane)
    there = [lanes[name] for name in named if name in lanes]
    return row, [one for one in there if one.stands_behind and not one.gone]


def refuse_unknown(wanted: Wanted, ground: Ground) -> None:
    """A 404 Problem for a prompt or tenant nobody knows."""
    if not ground.prompt_known:
        slug = wanted.slug[:LONGEST_NAME]
        raise Problem(HTTPStatus.NOT_FOUND, f"There is no prompt called {slug}.")
    if wanted.tenant and ground.home is None:
        tenant = wanted.tenant[:LONGEST_NAME]
        raise Problem(HTTPStatus.NOT_FOUND, f"There is no tenant called {tenant}.")


def lane_among(wanted: Wanted, ground: Ground, lanes: list[str]) -> str:
    """The lane out of these that the caller named or the router chooses; else a 404 Problem."""
    asked = Asked(
        segment=ground.segment or "", tenant=wanted.tenant,
        locale=wanted.locale or ground.home or "", task_tier=wanted.task_tier,
    )  # fmt: skip
    lane = lane_of(wanted.lane, router_of(ground.rules, ground.fallbacks), asked, lanes)
    if lane is None:
        named = f"There is no lane {wanted.lane[:LONGEST_NAME]} here."
        why = named if wanted.lane else "The router finds no lane here."
        raise Problem(HTTPStatus.NOT_FOUND, f"{why} Lanes: {', '.join(lanes)}.", lanes=lanes)
    return lane


def withdrawn() -> Problem:
    """410: a retired or withdrawn text."""
    return Problem(
        HTTPStatus.GONE, "This prompt was withdrawn. Do not use a copy of it; ask its owner."
    )
