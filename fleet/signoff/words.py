"""The sentences of the sign-off page: what changes, why, when, and how it went, in words."""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings

from fleet.campaign.models import Campaign, Cause
from fleet.letter.values import day, moment
from fleet.notify.pace import zone
from fleet.signoff.evidence import Evidence, Tally
from fleet.signoff.phrases import Phrases


def company() -> str:
    """Who writes to the customer: the name that stands in our letters' From."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[0] or settings.DEFAULT_FROM_EMAIL


def heading(evidence: Evidence) -> dict[str, str]:
    """Title, whom it is for, and until when it can be used."""
    link, variant, say = evidence.link, evidence.track.variant, evidence.say
    assert variant.tenant is not None
    place = zone(variant.tenant.timezone)
    made, until = (at.astimezone(place).date() for at in (link.created_at, link.expires_at))
    return {
        "title": say.say("title", assistant=variant.prompt.name),
        "for": say.say("for", customer=variant.tenant.name),
        "to_you": say.say(
            "to_you", reader=link.contact.name, day=day(made, say.dates),
            until=day(until, say.dates),
        ),
        "shown": say.say("document_for", reader=link.contact.name, day=day(made, say.dates)),
        "prints": say.say(
            "document_prints", text=link.sha256[:12], model=link.model_snapshot,
            questions=link.eval_hash[:12],
        ),
    }  # fmt: skip


def what(evidence: Evidence) -> list[str]:
    """What changes, in sentences."""
    track, say = evidence.track, evidence.say
    campaign, assistant = track.campaign, track.variant.prompt.name
    values = {"assistant": assistant, "old": _model(campaign, old=True), "new": _new(campaign)}
    wording = "what_wording_new" if evidence.wording else "what_wording_same"
    return [say.say(f"what_{campaign.cause}", **values), say[wording]]


def why(evidence: Evidence) -> str:
    """Why it changes; a retirement date only where it is known."""
    campaign, say = evidence.track.campaign, evidence.say
    if campaign.cause == Cause.MODEL and campaign.source and campaign.source.retires_on:
        return say.say("why_retires", day=day(campaign.source.retires_on, say.dates))
    return say[f"why_{campaign.cause}"]


def when(evidence: Evidence) -> list[str]:
    """When it is to happen, as far as it is known, on the customer's clocks."""
    track, say = evidence.track, evidence.say
    tenant = track.variant.tenant
    assert tenant is not None
    found = []
    if track.due_at is not None:
        at = moment(track.due_at, say.dates, tenant.timezone)
        found.append(say.say("when_at", moment=at))
    elif track.wave is not None and track.wave.starts_on is not None:
        found.append(say.say("when_from", day=day(track.wave.starts_on, say.dates)))
    if track.campaign.deadline is not None and track.due_at is None:
        found.append(say.say("when_by", day=day(track.campaign.deadline, say.dates)))
    back = "when_back_model" if track.campaign.cause == Cause.MODEL else "when_back"
    return [*(found or [say["when_open"]]), say[back]]


def keeper(evidence: Evidence) -> str:
    """Whom to ask."""
    who, say = evidence.keeper, evidence.say
    if who is None or not who.email:
        return say["keeper_nobody"]
    return say.say("keeper", name=who.display_name, email=who.email)


def asked(say: Phrases, tally: Tally) -> str:
    """How many questions were asked, and how many of them are their own."""
    said = say.count("asked", tally.all)
    return f"{said} {say.count('asked_own', tally.own)}" if tally.own else said


def results(say: Phrases, tally: Tally) -> list[str]:
    """“59 of 60 questions are answered as well as before.” and what became of the others."""
    said = [say.count("same", tally.same, all=tally.all)]
    if tally.better:
        said.append(say.count("better", tally.better))
    said.append(say.count("worse", tally.worse) if tally.worse else say["none_worse"])
    if tally.open:
        said.append(say.count("open", tally.open))
    if tally.failing:
        said.append(say.count("failing", tally.failing))
    return said


def _model(campaign: Campaign, *, old: bool) -> str:
    target = campaign.source if old else campaign.target
    return target.snapshot if target is not None else ""


def _new(campaign: Campaign) -> str:
    if campaign.base_version is not None:
        return campaign.base_version.semver
    if campaign.policy_version is not None:
        return str(campaign.policy_version.number)
    return _model(campaign, old=False)
