"""What the pages behind a link show."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page
from django.urls import reverse

from fleet.campaign.models import SignOffDecision
from fleet.letter.values import moment
from fleet.signoff import blind
from fleet.signoff.codes import GOOD_FOR
from fleet.signoff.document import about
from fleet.signoff.evidence import Compared, Evidence
from fleet.signoff.forms import DecisionForm
from fleet.signoff.opening import Opened
from fleet.signoff.secrets import DIGITS
from fleet.signoff.words import company

AFTERWARDS = {
    SignOffDecision.APPROVED: "done_approved",
    SignOffDecision.CHANGE_REQUESTED: "done_change",
    SignOffDecision.DECLINED: "done_declined",
}


def main(opened: Opened, evidence: Evidence, shown: Page[Compared]) -> dict[str, Any]:
    """The page: what changes, how it went, the answers, the decision."""
    say = evidence.say
    pairs = blind.pairs_of(evidence)
    return about(evidence) | _addresses(opened) | {
        "shown": shown,
        "page_of": say.say("page_of", page=shown.number, pages=shown.paginator.num_pages),
        "own_begin": bool(shown.object_list) and shown.number == 1,
        "first_other": next((one.case_id for one in shown.object_list if not one.own), None),
        "blind_left": len(pairs) - len(evidence.picks),
        "blind_start": say.count("blind_start", len(pairs)) if pairs else "",
        "code_why": say.say("code_why", address=masked(opened.link.contact.email)),
    }  # fmt: skip


def blind_page(
    opened: Opened, evidence: Evidence, pair: blind.Pair, *, at: int, of: int
) -> dict[str, Any]:
    """One pair, neither side named."""
    say = evidence.say
    return _addresses(opened) | {
        "say": say, "lang": say.locale, "answers_lang": evidence.track.variant.locale,
        "company": company(), "pair": pair, "at": at, "of": of,
        "blind_at": say.say("blind_at", n=at + 1, all=of),
        "simulated": evidence.simulated,
    }  # fmt: skip


def confirm(opened: Opened, form: DecisionForm) -> dict[str, Any]:
    """What was chosen, and the place for the code."""
    say, minutes = opened.say, int(GOOD_FOR.total_seconds() // 60)
    chosen = form.cleaned_data["choice"]
    return _addresses(opened) | {
        "say": say, "lang": say.locale, "company": company(), "choice": chosen,
        "note": form.cleaned_data["note"],
        "you_chose": say.say("you_chose", decision=say[chosen]),
        "code_sent": say.say(
            "code_sent", n=DIGITS, address=masked(opened.link.contact.email), minutes=minutes
        ),
    }  # fmt: skip


def done(opened: Opened) -> dict[str, Any]:
    """Thanks, and what happens next."""
    say, sign_off, tenant = opened.say, opened.link.sign_off, opened.track.variant.tenant
    assert sign_off is not None and tenant is not None
    at = moment(sign_off.at, say.dates, tenant.timezone)
    return _addresses(opened) | {
        "say": say, "lang": say.locale, "company": company(),
        "next": say[AFTERWARDS[SignOffDecision(sign_off.decision)]],
        "done_at": say.say("done_at", moment=at),
    }  # fmt: skip


def masked(email: str) -> str:
    """“k…@nordklinik.example”: enough for its owner, too little for whoever was forwarded it."""
    name, _, host = email.rpartition("@")
    return f"{name[:1]}…@{host}"


def file_name(opened: Opened) -> str:
    """What the document is called: `nordklinik-support-triage.html`."""
    variant = opened.track.variant
    assert variant.tenant is not None
    return f"{variant.tenant.slug}-{variant.prompt.slug}.html"


def _addresses(opened: Opened) -> dict[str, Any]:
    names = ("blind", "code", "decide", "document")
    urls = {name: reverse(f"sign-off-{name}", args=[opened.token]) for name in names}
    return {"urls": urls | {"page": opened.path}, "form_token": opened.visit.form_token}
