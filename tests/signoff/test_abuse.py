"""Links in wrong hands, too late, or too often: each is refused with a page that says why."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from evals.suites import write_suite
from fleet.campaign.actions import re_evaluate, record_sign_off
from fleet.campaign.models import SignOff, TrackStage
from fleet.letter.models import Letter
from fleet.signoff import codes, guesses
from fleet.signoff.codes import AN_HOUR, TRIES, WrongCode, send_code
from fleet.signoff.contacts import save_contact
from fleet.signoff.deciding import decide_by_link
from fleet.signoff.holding import LinkRefused, Problem
from fleet.signoff.links import issue_link, void_link
from fleet.signoff.models import SignOffLink
from fleet.signoff.secrets import new_code, new_token, token_of
from registry.models import Contact
from tests.builders import make_cases
from tests.signoff.asking import CHOICE, Asked, usual_asked

GONE = {
    Problem.EXPIRED: "has expired",
    Problem.USED: "used already",
    Problem.ANSWERED: "was given already",
    Problem.CHANGED: "has changed since",
    Problem.WITHDRAWN: "was withdrawn",
}


PAGES = ("sign-off", "sign-off-blind", "sign-off-document")
FORMS = ("sign-off-code", "sign-off-decide", "sign-off-blind")


@pytest.fixture
def sent(db: None) -> Asked:
    return usual_asked()


def assert_refused(sent: Asked, problem: Problem, form: str = "") -> None:
    """The link's page says why, and no form of it does anything."""
    before = SignOff.objects.count(), Letter.objects.count()
    for name in ("sign-off",) if problem != Problem.EXPIRED else PAGES:
        answer = Client().get(sent.url(name))
        assert answer.status_code == 410 and GONE[problem] in answer.content.decode(), name
    for name in ("sign-off-decide",) if problem != Problem.EXPIRED else FORMS:
        answer = sent.client.post(sent.url(name), {"form": form, "code": "000000", **CHOICE})
        assert answer.status_code == 410 and GONE[problem] in answer.content.decode(), name
    assert (SignOff.objects.count(), Letter.objects.count()) == before


@pytest.mark.django_db
def test_expired_link_is_refused(sent: Asked) -> None:
    form = sent.form()
    SignOffLink.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert_refused(sent, Problem.EXPIRED, form)


@pytest.mark.django_db
def test_used_link_is_refused_to_whoever_comes_after(sent: Asked) -> None:
    sent.decide()
    sent.client = Client()
    assert_refused(sent, Problem.USED)


CHANGES: dict[str, tuple[Callable[[Asked], object], Problem]] = {
    "evaluated again": (
        lambda sent: re_evaluate(sent.track, by=sent.fleet.engineer), Problem.CHANGED,
    ),
    "recorded meanwhile": (
        lambda sent: record_sign_off(
            sent.track, decision="approved", contact_name="C", reference="m",
            by=sent.fleet.manager,
        ),
        Problem.ANSWERED,
    ),
    "new questions": (
        lambda sent: write_suite(
            prompt=sent.fleet.prompt, cases=make_cases(4), by=sent.fleet.engineer
        ),
        Problem.CHANGED,
    ),
    "another address": (
        lambda sent: save_contact(
            Contact(pk=sent.contact.pk, tenant=sent.contact.tenant, name="E", email="e@e.example"),
            by=sent.fleet.manager,
        ),
        Problem.CHANGED,
    ),
    "another address, past the product's own page": (
        lambda sent: _readdress(sent.contact), Problem.CHANGED,
    ),
    "contact moved on": (
        lambda sent: Contact.objects.filter(pk=sent.contact.pk).update(
            tenant=sent.fleet.variants[1].tenant
        ),
        Problem.CHANGED,
    ),
    "withdrawn": (lambda sent: void_link(sent.link, by=sent.fleet.manager), Problem.WITHDRAWN),
}  # fmt: skip


def _readdress(contact: Contact) -> None:
    contact.email = "eve@elsewhere.example"
    contact.save()


@pytest.mark.django_db
@pytest.mark.parametrize("change", CHANGES)
def test_link_is_void_once_what_it_is_about_changed(sent: Asked, change: str) -> None:
    act, problem = CHANGES[change]
    act(sent)
    assert_refused(sent, problem)


@pytest.mark.django_db
def test_guessed_link_is_unknown_and_many_guesses_have_to_wait(
    sent: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guesses, "MOST", 3)
    tokens = ["x", "-" * 43, new_token(sent.track.pk), f"{sent.url().split('/')[2][:-1]}_"]
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):  # Redis is away
        answers = [sent.client.get(sent.url(token=token)) for token in tokens]
    assert [answer.status_code for answer in answers] == [404, 404, 404, 429]
    told = {answer.content for answer in answers[:3]}
    assert len(told) == 1 and b"not valid" in told.pop() and b"Tenant" not in answers[0].content
    assert sent.look().status_code == 200, "a link that exists is not refused for others' guesses"


@pytest.mark.django_db
def test_scanner_that_opens_a_link_many_times_changes_nothing_at_all(sent: Asked) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked_for:
        for name in ("sign-off", "sign-off-blind", "sign-off-code", "sign-off-decide",
                     "sign-off-document"):  # fmt: skip
            for method in ("get", "head"):
                answer = getattr(Client(), method)(sent.url(name))
                assert answer.status_code in (200, 302), name
    written = [q["sql"] for q in asked_for if not q["sql"].startswith("SELECT")]
    assert written == []
    assert sent.decide().status_code == 302, "and the reader can still decide"


@pytest.mark.django_db
def test_forwarded_link_shows_but_does_not_decide_without_the_mailed_code(sent: Asked) -> None:
    sent.code()
    sent.client = Client()  # somebody else's browser
    for left in range(TRIES - 1, -1, -1):
        answer = sent.send("sign-off-decide", **CHOICE, code=wrong(sent))
        said = answer.content.decode()
        assert answer.status_code == 422
        assert ("have a new one mailed" in said.lower()) if not left else f"{left} more" in said
    answer = sent.send("sign-off-decide", **CHOICE, code=sent.digits())
    assert answer.status_code == 422, "the code is used up by the tries"
    assert not SignOff.objects.exists()
    sent.track.refresh_from_db()
    assert sent.track.stage == TrackStage.AWAITING_SIGN_OFF


def wrong(sent: Asked) -> str:
    return f"{(int(sent.digits()) + 1) % 1_000_000:06}"


@pytest.mark.django_db
@pytest.mark.parametrize("slip", ["", "12", "1234567", "abcdef", "١٢٣٤٥٦"])
def test_slip_of_the_keyboard_costs_no_try(sent: Asked, slip: str) -> None:
    sent.code()
    answer = sent.send("sign-off-decide", **CHOICE, code=slip)
    assert answer.status_code == 422 and sent.link.codes.get().tries == 0
    assert sent.send("sign-off-decide", **CHOICE, code=sent.digits()).status_code == 302


@pytest.mark.django_db
def test_link_ends_after_many_wrong_codes_in_all(
    sent: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codes, "MOST_WRONG", TRIES + 1)
    for n in range(TRIES + 1):
        if n % TRIES == 0:
            sent.link.codes.update(created_at=timezone.now() - dt.timedelta(hours=n + 1))
            send_code(sent.link)
        with pytest.raises(WrongCode):
            decide_by_link(sent.link, "approved", "", wrong(sent), seen="x")
    assert_refused(sent, Problem.WITHDRAWN)


@pytest.mark.django_db
def test_code_works_for_minutes_and_only_the_newest_one(sent: Asked) -> None:
    old = sent.code()
    sent.link.codes.update(created_at=timezone.now() - dt.timedelta(minutes=1))
    new = sent.code()
    assert old != new
    assert sent.send("sign-off-decide", **CHOICE, code=old).status_code == 422
    sent.link.codes.update(expires_at=timezone.now())
    assert sent.send("sign-off-decide", **CHOICE, code=new).status_code == 422
    assert not SignOff.objects.exists()


@pytest.mark.django_db
def test_only_so_many_codes_are_mailed_in_an_hour(sent: Asked) -> None:
    for n in range(AN_HOUR):
        sent.code()
        sent.link.codes.update(created_at=timezone.now() - dt.timedelta(minutes=n + 1))
    answer = sent.send("sign-off-code", **CHOICE)
    assert answer.status_code == 429 and "wait an hour" in answer.content.decode()
    assert Letter.objects.count() == AN_HOUR


@pytest.mark.django_db
def test_button_pressed_twice_mails_one_code_and_decides_once(sent: Asked) -> None:
    typed = {**CHOICE, "code": (sent.code(), sent.code())[1]}
    assert Letter.objects.count() == 1
    form = sent.form()
    for _ in range(2):
        answer = sent.client.post(sent.url("sign-off-decide"), {"form": form, **typed})
        assert answer.status_code == 302
    assert SignOff.objects.count() == 1


@pytest.mark.django_db
def test_code_of_another_customers_link_does_not_confirm(sent: Asked) -> None:
    tenant = sent.fleet.variants[1].tenant
    assert tenant is not None
    theirs = Contact.objects.create(tenant=sent.contact.tenant, name="O", email="o@o.example")
    other = issue_link(sent.track, theirs, sent.fleet.manager)
    send_code(other)
    stolen = other.codes.get()
    sent.code()
    answer = sent.send("sign-off-decide", **CHOICE, code=new_code(stolen.pk))
    assert answer.status_code == 422 and not SignOff.objects.exists()


@pytest.mark.django_db
def test_form_of_another_page_is_refused_and_nothing_typed_is_lost(sent: Asked) -> None:
    code = sent.code()
    stranger = Client()
    typed = {"choice": "decline", "note": "Never <b>.", "code": code}
    for form in ("", sent.form()):
        answer = stranger.post(sent.url("sign-off-decide"), {"form": form, **typed})
        assert answer.status_code == 403 and "Never &lt;b&gt;." in answer.content.decode()
    assert not SignOff.objects.exists()


@pytest.mark.django_db
def test_somebody_of_ours_gains_and_loses_nothing_by_opening_the_link(sent: Asked) -> None:
    sent.client.force_login(sent.fleet.operator)
    sent.decide()
    assert sent.client.get(reverse("home")).status_code == 200
    newest = sent.track.history.first()
    assert newest.stage == TrackStage.SIGNED_OFF and newest.history_user is None
    stored = SignOff.objects.get()
    assert stored.recorded_by is None and stored.contact == sent.contact


@pytest.mark.django_db
def test_refusals_leave_no_address_of_a_link_in_the_log(
    sent: Asked, caplog: pytest.LogCaptureFixture
) -> None:
    sent.send("sign-off-code", choice="ask")
    sent.client.post(sent.url("sign-off-decide"))
    assert token_of(sent.link) not in caplog.text


@pytest.mark.django_db
def test_pages_let_nothing_out(sent: Asked) -> None:
    for answer in (sent.look(), sent.client.get(sent.url(token="x"))):
        assert answer["Referrer-Policy"] == "no-referrer"
        assert answer["Cache-Control"] == "no-store"
        assert "noindex" in answer["X-Robots-Tag"]
        assert "unsafe-inline" not in answer["Content-Security-Policy"]
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert b"http://" not in answer.content and b"https://" not in answer.content
    cookie = sent.look().cookies.get("fleet_sign_off") or sent.client.cookies["fleet_sign_off"]
    assert cookie["path"] == sent.url() and cookie["httponly"] and cookie["samesite"] == "Strict"
    assert "sessionid" not in sent.client.cookies and len(sent.client.cookies) == 1


@pytest.mark.django_db
def test_page_names_no_other_customer_and_none_of_our_codes(sent: Asked) -> None:
    said = sent.look().content.decode() + sent.look("sign-off-document").content.decode()
    for other in sent.fleet.variants[1:]:
        assert str(other.tenant) not in said
    for ours in ("general", "@@never@@", "prompt_engineer", str(sent.track.pk), str(sent.link.pk)):
        assert ours not in said


@pytest.mark.django_db(transaction=True)
def test_two_decisions_at_once_are_one() -> None:
    sent = usual_asked()
    send_code(sent.link)
    code, gate, ends = sent.digits(), threading.Barrier(2), []

    def decide(decision: str) -> None:
        try:
            gate.wait(10)
            decide_by_link(sent.link, decision, "So.", code, seen="seen")
            ends.append("decided")
        except LinkRefused as refused:
            ends.append(refused.problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=[one]) for one in ("approved", "declined")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(ends) == ["decided", Problem.USED]
    assert SignOff.objects.count() == 1
