"""Every address of the site: nobody enters without signing in, and no input brings it down."""

from __future__ import annotations

import itertools
import json
import os
import uuid
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.admin.sites import site
from django.test import Client, override_settings
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from evals.models import EvalRun, Suite
from fleet.adoption.forks import Forks
from fleet.adoption.models import BaseChoice
from fleet.adoption.opening import HandedIn, open_unforking
from fleet.authoring.actions import submit_overlay
from fleet.campaign.actions import open_campaign, settle, start_evaluation
from fleet.campaign.actions.planning import plan_campaign
from fleet.campaign.models import SeenEvidence, Track
from fleet.delivery.keys import create_api_key
from fleet.experiment.models import Experiment
from fleet.ledger.actions import note_hours
from fleet.letter.outbox import owe
from fleet.notify.actions import tell
from fleet.notify.models import Notification
from fleet.planning.goal import Goal
from fleet.release.models import Release
from fleet.review.actions import request_changes
from fleet.review.actions.break_glass import break_glass
from fleet.review.actions.commenting import comment
from fleet.review.models import Review
from fleet.router.actions import propose
from fleet.router.document import Document
from fleet.signoff.links import issue_link
from fleet.signoff.secrets import token_of
from fleet.sweep.actions import start_sweep
from fleet.sweep.plan import plan_library
from fleet.webhook.actions import Wanted, create_endpoint, send_test
from fleet.window.actions import add_blackout
from registry.models import BaseVersion, PolicyVersion, Tenant, User, Variant
from registry.roles import ROLES
from tests.blast.trying import base_draft, try_base
from tests.builders import BASE, Fleet, build_fleet
from tests.bulk.acting import begin
from tests.evals.measured import measure
from tests.replay import again

pytestmark = pytest.mark.django_db

OPEN_TO_ALL = {"healthz", "readyz", "login", "api:openapi-json", "langfuse-health"}
"""What answers a stranger with 200; the API answers a stranger with 401."""

HUGE = "9" * 20
ENDLESS = "9" * 5000
"""More digits than Python turns into an integer."""

GARBAGE = ("", "-1", HUGE, ENDLESS, "'; DROP %\u202e", "x" * 6000)

KEYS = (
    "page", "events", "q", "sort", "state", "owner", "turn", "verdict", "prompt", "segment",
    "model", "locale", "tab", "show", "a", "b", "context", "seen", "source", "target", "name",
    "whose", "line", "slice",
    "next", "pace", "timezone", "address", "part", "rule", "type", "layer", "view", "side",
    "tag", "case", "scope", "period", "missing", "incidents",
)  # fmt: skip

FIELDS = (
    "why", "run", "to", "tracks", "acknowledged", "edition", "over", "rationale", "slot-tone",
    "slot-nothing", "tab", "decision", "contact", "other", "contact_name", "reference", "source",
    "target", "name", "retires_on", "username", "password", "address", "part", "rule", "type",
    "forks", "lines", "version", "choice", "slot", "act", "slug", "all", "base_choice",
    "prompt_slug", "label", "url", "verbs", "tenant", "pace", "timezone", "told", "newest",
    "text", "document", "untried", "test-text", "test-locale", "limits.overlay_chars",
    "percent", "minutes", "by_time", "arm", "question", "prompt", "segment", "step",
    "revision", "back",
    "at", "zone", "reviews", "body", "line", "side", "answers", "note",
    "case", "key", "tags", "weight", "m-0-role", "m-0-content", "x-0-scorer", "x-0-was", "scope",
    "policy", "variant", "head", "v-0-name", "v-0-value", "format", "pasted", "active",
    "first", "last", "weekdays", "opens", "closes", "starts_on", "apart", "deadline", "goes_on",
    "min_pass_rate", "watch_hours", "packed", "add_new", "snapshot", "provider", "input_price",
    "context_window", "everything", "wave", "owner",
    "semver", "way", "variants", "slot-0-name", "slot-0-minimum", "variable-0-name",
    "choice", "code", "email", "role",
    "hours", "what", "on", "track",
    "kind", "locale", "subject", "words", "happened_at", "campaign",
)  # fmt: skip


def named_patterns() -> list[tuple[str, URLPattern]]:
    """Every named address of the product; Django's own admin is walked apart."""

    def walk(patterns: list[Any], room: str = "") -> Iterator[tuple[str, URLPattern]]:
        for pattern in patterns:
            if isinstance(pattern, URLPattern):
                yield f"{room}{pattern.name}", pattern
            elif pattern.namespace != "admin":
                yield from walk(
                    pattern.url_patterns, f"{pattern.namespace}:" * bool(pattern.namespace)
                )

    return list(walk(get_resolver().url_patterns))


NAMES = [name for name, _ in named_patterns()]
PATTERNS = dict(named_patterns())


@pytest.fixture
def built(db: None) -> tuple[Fleet, dict[str, Any]]:
    return again(build)


@pytest.fixture
def fleet(built: tuple[Fleet, dict[str, Any]]) -> Fleet:
    return built[0]


@pytest.fixture
def ids(built: tuple[Fleet, dict[str, Any]]) -> dict[str, Any]:
    return built[1]


def build() -> tuple[Fleet, dict[str, Any]]:
    """An id that exists for each address, with a review, a migration and a verdict behind it."""
    fleet = build_fleet()
    campaign = open_campaign(source=fleet.old, target=fleet.new, name="", by=fleet.engineer)
    track = campaign.tracks.order_by("variant_id").first()
    assert track is not None
    run = start_evaluation(track)
    assert run is not None
    measure(run)
    review = _review(fleet)
    pages = _said(fleet, review) | {
        "api:roll_back": fleet.variants[0].pk,
        "revision": track.revision_id, "eval-run": run.pk, "campaign": campaign.pk,
        "preference": run.pk, "api:read": run.pk, "api:start": fleet.variants[0].pk,
        "track": track.pk, "review": review.pk, "variant": fleet.variants[0].pk,
        "letter": _letter(track), "mailbox": 1, **_signed(run, track, fleet.engineer),
        "overlay": fleet.variants[0].pk, "model": fleet.old.pk, "compare-slot": track.revision_id,
        "bulk": begin(fleet.engineer, fleet.variants).pk,
        "release": Release.objects.filter(variant=fleet.variants[0]).latest("released_at").pk,
        "experiment": _experiment(fleet).pk, "suite": Suite.objects.get().pk,
        "sweep": start_sweep(plan_library(date(2026, 11, 1)), by=None)[0].pk,
        "ledger-campaign": campaign.pk, **_hours(fleet.variants[0], fleet.engineer),
    }  # fmt: skip
    return fleet, (
        pages | {"eval-run-start": track.revision_id} | _layers(fleet) | _policies() | _forks(fleet)
        | _told(fleet) | _router(fleet) | _plan(fleet)
    )  # fmt: skip


def _hours(variant: Variant, by: User) -> dict[str, Any]:
    """Ids around hours that somebody noted."""
    noted = note_hours(variant, hours=Decimal(1), what="x", on=timezone.localdate(), by=by)
    mine = dict.fromkeys(("hours-correct", "hours-take-back"), noted.pk)
    return {"ledger-variant": variant.pk, "hours-note": variant.pk, **mine}


def _plan(fleet: Fleet) -> dict[str, Any]:
    """Ids of a plan, of a customer with hours, and of a blackout."""
    plan = plan_campaign(Goal.model(fleet.new, fleet.old), by=fleet.engineer)
    tenant, day = fleet.variants[0].tenant, date(2026, 12, 24)
    assert tenant is not None
    shut = add_blackout(tenant, first=day, last=day, reason="Holiday", by=fleet.engineer)
    hours = {"window": tenant.pk, "blackout-add": tenant.pk, "blackout-remove": shut.pk}
    return {"plan": plan.pk, **hours}


def _letter(track: Track) -> Any:
    """The id of a letter to the track's customer."""
    assert track.variant.tenant is not None
    ana = track.variant.tenant.contacts.create(name="Ana", email="ana@customer.example")
    return owe(track, ana, "notice", key="every-url").pk


def _signed(run: EvalRun, track: Track, by: User) -> dict[str, Any]:
    """A customer's open link, a link to void, a contact, and an answer with all that is kept."""
    settle(run)
    track.refresh_from_db()
    assert track.variant.tenant is not None
    people = track.variant.tenant.contacts
    links = [issue_link(track, people.create(name=n, email=f"{n}@c.example"), by) for n in "xy"]
    answer = track.sign_offs.create(
        revision=track.revision, run=run, sha256="x", model_snapshot="x", eval_hash="x",
        decision="declined", contact_name="x", recorded_by=by, document=b"x", document_name="x.txt",
        seen=SeenEvidence.objects.create(sha256="x", html="<style></style>"),
    )  # fmt: skip
    return {
        "sign-off": token_of(links[0]), "sign-off-link-void": links[1].pk,
        "sign-off-seen": answer.pk, "sign-off-file": answer.pk, "contact-edit": people.first().pk,
        "contact-remove": people.last().pk,
    }  # fmt: skip


def _experiment(fleet: Fleet) -> Experiment:
    return Experiment.objects.create(
        name="Shorter", arm="short", question="Less?", prompt=fleet.prompt, share=0.1,
        opened_by=fleet.engineer,
    )  # fmt: skip


def _layers(fleet: Fleet) -> dict[str, Any]:
    """Ids around the bases and policies, with a dry run."""
    radius = try_base(fleet.engineer, base_draft(text=f"{BASE} Bye."))
    version = BaseVersion.objects.get()
    rows = {"blast": radius.pk, "blast-row": radius.rows.get(variant=fleet.variants[0]).pk}
    versions = dict.fromkeys(
        ("base-version", "base-version-revoke", "base-version-roll-back"), version.pk
    )
    return {**rows, "base": version.base_id, **versions, "overlay-version-revoke": _overlay(fleet)}


def _overlay(fleet: Fleet) -> int:
    """The id of an overlay version."""
    overlay = fleet.variants[2].revisions.get(number=1).overlay_version
    assert overlay is not None
    return overlay.pk


def _told(fleet: Fleet) -> dict[str, Any]:
    """Ids of an endpoint, of one of its deliveries, and of a notification."""
    wanted = Wanted("Billing", "https://hooks.example.com/in", ["release.promoted"])
    with override_settings(WEBHOOK_ALLOWED_HOSTS=["hooks.example.com"]):
        endpoint = create_endpoint(wanted, by=fleet.operator)
    again = send_test(endpoint, by=fleet.operator)
    tell("every-url", "review.opened", [fleet.engineer], subject="Look", path="/")
    told = Notification.objects.get(key__startswith="every-url")
    return {"webhook": endpoint.pk, "webhook-resend": again.pk, "notification": told.pk}


def _forks(fleet: Fleet) -> dict[str, Any]:
    """Ids of an un-fork and of one of its forks."""
    forks = Forks(None, {"one": "Be kind.\nHi.\n", "two": "Be kind.\nBye.\n"})
    given = HandedIn("new-one", fleet.old, forks, {}, BaseChoice.PROPOSED)
    unforking = open_unforking(given, by=fleet.engineer)
    fork = unforking.files.first()
    assert fork is not None
    return {"unfork": unforking.pk, "fork": fork.pk}


def _policies() -> dict[str, Any]:
    """Ids of the policy and of its version."""
    version = PolicyVersion.objects.get()
    pages = ("policy-version", "policy-version-file", "policy-version-revoke")
    versions = dict.fromkeys((*pages, "policy-version-roll-back"), version.pk)
    return {"policy": version.policy_id, **versions}


def _router(fleet: Fleet) -> dict[str, Any]:
    """Ids of a review of router rules and of their version."""
    review = propose(None, Document.of([], {}), why="x", started_from=0, by=fleet.engineer)
    return {"router": review.pk, "router-roll-back": review.version_id}


def _said(fleet: Fleet, review: Review) -> dict[str, Any]:
    """Ids of a comment, of an objection, and of what went out past the gate."""
    said = comment(review, by=fleet.engineer, body="Why?", side="new", line=1)
    objection = request_changes(review, by=fleet.policy_owner, reason="Not like this.")
    other = submit_overlay(fleet.variants[2], {"tone": "Be kind."}, "Now.", fleet.engineer)
    glass = break_glass(other, by=fleet.operator, reason="It answers nonsense.").break_glass
    return {"comment": said.pk, "objection": objection.pk, "break-glass": glass.pk}


def _review(fleet: Fleet) -> Review:
    variant, tone = fleet.variants[1], {"tone": "Be brief."}
    return submit_overlay(variant, tone, "They asked.", fleet.manager)


def address(name: str, ids: dict[str, Any]) -> str:
    """The address with an id that exists."""
    converters = PATTERNS[name].pattern.converters
    if not converters:
        return reverse(name)
    if "rest" in converters:
        return reverse(name, args=["v1/nothing"])
    if "scope" in converters:
        return reverse(name, args=[0])
    if "number" in converters:
        return reverse(name, args=[ids[_noun(name)], *_further(name)])
    if "act" in converters:
        return reverse(name, args=[ids[_noun(name)], *_further(name)])
    if "slug" in converters:
        return reverse(name, args=["support-triage"])
    return reverse(name, args=[ids.get(name) or ids[_noun(name)]])


def _further(name: str) -> list[Any]:
    """What an address wants beside the id: a version's number, a kind of file, an act."""
    converters = PATTERNS[name].pattern.converters
    wanted = {"number": 1, "kind": "csv", "act": "pause"}
    return [value for what, value in wanted.items() if what in converters]


def _noun(name: str) -> str:
    return next(noun for noun in ("eval-run", *NOUNS) if name.startswith(noun))


NOUNS = (
    "unfork", "fork", "base", "blast", "revision", "campaign", "track", "review", "variant",
    "overlay", "model", "policy", "bulk", "router", "release", "experiment",
    "webhook", "notification", "comment", "objection", "break-glass", "suite", "sweep", "plan",
    "window", "letter", "mailbox", "sign-off",
)  # fmt: skip


def signed_in(user: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def test_stranger_is_sent_to_sign_in(ids: dict[str, Any]) -> None:
    for method, name in itertools.product(["get", "post", "put", "delete"], NAMES):
        answer = getattr(Client(), method)(address(name, ids))
        if name in OPEN_TO_ALL:
            assert answer.status_code in (200, 405, 503), name
        elif "token" in PATTERNS[name].pattern.converters:  # for whoever holds the link
            assert answer.status_code in (200, 302, 403, 405), name
            assert "login" not in answer.get("Location", ""), name
        elif answer.status_code == 302:
            assert answer["Location"].startswith(reverse("login")), name
        else:
            assert answer.status_code in (401, 403, 404, 405), name


STRIDE = 1 if "FLEET_ALL_GARBAGE" in os.environ else 6
"""CI meets each address with one sort of garbage a role; all of them take a quarter of an hour."""


@pytest.mark.long
def test_every_page_survives_every_role(fleet: Fleet, ids: dict[str, Any]) -> None:
    for role, client in _everybody(fleet).items():
        for name in NAMES:
            if name != "readyz":
                assert_sound(client.get(address(name, ids)), f"{name} as {role}")


def test_every_page_survives_three_roles(fleet: Fleet, ids: dict[str, Any]) -> None:
    """An engineer and two more in turn, so that two addresses beside each other share none."""
    clients = _everybody(fleet)
    engineer = ("prompt_engineer", clients.pop("prompt_engineer"))
    others = itertools.cycle(clients.items())
    for name in NAMES:
        if name != "readyz":
            for role, client in (engineer, next(others), next(others)):
                assert_sound(client.get(address(name, ids)), f"{name} as {role}")


def _everybody(fleet: Fleet) -> dict[str, Client]:
    """A client for each role, and for somebody who has none."""
    none = User.objects.create_user("new", password="x")
    return {role: signed_in(fleet.people.get(role, none)) for role in [*ROLES, "none"]}


def _garbage(fleet: Fleet) -> Iterator[tuple[Client, str, str]]:
    """Each address with some of the garbage, another part for each of two people."""
    for turn, role in ((0, "prompt_engineer"), (3, "customer_success")):
        client = signed_in(fleet.people[role])
        for place, name in enumerate(NAMES):
            for value in GARBAGE[(place + turn) % STRIDE :: STRIDE]:
                yield client, name, value


def test_nonsense_in_the_query_is_answered_in_words(fleet: Fleet, ids: dict[str, Any]) -> None:
    for client, name, value in _garbage(fleet):
        if name != "readyz":
            answer = client.get(address(name, ids), dict.fromkeys(KEYS, value))
            assert_sound(answer, f"{name} {value[:20]}")


URLENCODED = "application/x-www-form-urlencoded"
"""What a form without a file sends; as multipart the reading alone takes a third of the time."""


@cache
def _form(value: str) -> bytes:
    return urlencode(dict.fromkeys(FIELDS, value)).encode()


def test_nonsense_in_a_form_is_answered_in_words(fleet: Fleet, ids: dict[str, Any]) -> None:
    for client, name, value in _garbage(fleet):
        if name not in ("readyz", "logout"):
            answer = client.generic("POST", address(name, ids), _form(value), URLENCODED)
            assert_sound(answer, f"{name} {value[:20]}")


BODIES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "application/x-www-form-urlencoded"),
    "json": (b'{"why": 1}', "application/json"),
    "broken json": (b'{"why', "application/json"),
    "broken multipart": (b"--x\r\nhalf", "multipart/form-data"),
    "multipart without end": (
        b'--x\r\nContent-Disposition: form-data; name="why"\r\n\r\nhalf',
        "multipart/form-data; boundary=x",
    ),
    "nul": (
        b"why=a%00b&slot-tone=%00&to=%00&tracks=%00&q=%00",
        "application/x-www-form-urlencoded",
    ),
    "surrogate": (b"why=%ED%A0%80&rationale=%ED%A0%80", "application/x-www-form-urlencoded"),
    "bytes": (bytes(range(256)), "application/octet-stream"),
    "too large": (b"why=" + b"x" * 10_000_000, "application/x-www-form-urlencoded"),
    "too many": (b"&".join(b"a%d=1" % n for n in range(1500)), "application/x-www-form-urlencoded"),
    "foreign charset": (b"why=%41", "application/x-www-form-urlencoded; charset=base64"),
    "no codec": (b"why=%41", "application/x-www-form-urlencoded; charset=nonsense"),
}


def test_unusable_body_is_refused(fleet: Fleet, ids: dict[str, Any]) -> None:
    client = signed_in(fleet.engineer)
    for place, name in enumerate(NAMES):
        for kind in list(BODIES)[place % STRIDE :: STRIDE]:
            if name not in ("readyz", "logout"):
                answer = client.generic("POST", address(name, ids), *BODIES[kind])
                assert_sound(answer, f"{name} {kind}")


def test_unusable_bytes_in_path_or_query_are_refused(fleet: Fleet) -> None:
    client = signed_in(fleet.engineer)
    for part in ("%00", "%ED%A0%80", "%FF", "..%2f", "%0d%0aSet-Cookie:x"):
        for path in ("/", "/jump/", "/compare/", "/api/v1/prompts/x", "/eval-runs/", "/login/"):
            for key in ("q", "a", "b", "page", "tenant", "next", "prompt"):
                assert_sound(client.get(f"{path}?{key}={part}"), path)
        for path in (f"/{part}", f"/variants/{part}/", f"/api/v1/prompts/{part}", f"/admin/{part}"):
            assert_sound(client.get(path), path)


def test_cookie_with_a_nul_is_refused_not_failed() -> None:
    from django.conf import settings

    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = "abcdefgh\x00abcdefgh"
    assert_sound(client.get("/"), "cookie")


UNKNOWN = {"int": (0, 10**19, 10**40), "uuid": (uuid.UUID(int=0), uuid.uuid4())}


def test_id_of_nothing_is_not_found(fleet: Fleet) -> None:
    client = signed_in(fleet.engineer)
    for place, (name, pattern) in enumerate(PATTERNS.items()):
        if "pk" not in pattern.pattern.converters:
            continue
        kind = type(pattern.pattern.converters["pk"]).__name__
        further = _further(name)
        unknown = UNKNOWN["int" if kind == "IntConverter" else "uuid"]
        for pk in unknown if STRIDE == 1 else [unknown[place % len(unknown)]]:
            for method in (client.get, client.post):
                url = reverse(name, args=[pk, *further])
                answer = method(url, {"contact_name": "C", "reference": "R"})
                assert answer.status_code in (404, 405), name


def test_pages_of_a_variant_that_never_served_answer(fleet: Fleet, ids: dict[str, Any]) -> None:
    tenant = Tenant.objects.create(slug="empty", name="Empty", segment="retail")
    variant = Variant.objects.create(prompt=fleet.prompt, tenant=tenant)
    client = signed_in(fleet.engineer)
    for name in NAMES:
        if name.startswith(("variant", "overlay")):
            url = reverse(name, args=[variant.pk])
            assert_sound(client.get(url), name)
            assert_sound(client.post(url, {"why": "x", "slot-tone": "x", "rationale": "x"}), name)
    assert_sound(client.get("/"), "home")


def test_workshop_lists_answer(fleet: Fleet, ids: dict[str, Any]) -> None:
    client = signed_in(fleet.operator)
    queries = ("p=99999999999999999999", "q=%27", "o=99", "id__exact=abc")
    for place, model in enumerate(site._registry):
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for query in ("", *queries[place % STRIDE % len(queries) :: STRIDE]):
            assert_sound(client.get(f"{url}?{query}"), f"{url}?{query}")


def test_workshop_is_closed_to_whoever_is_no_staff(fleet: Fleet) -> None:
    for model in site._registry:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert signed_in(fleet.engineer).get(url).status_code == 302
        assert Client().get(url).status_code == 302


REFUSED: dict[str, Callable[[Client, str], Any]] = {
    "nul in the slug": lambda client, key: client.get("/api/v1/prompts/a%00b", headers=bearer(key)),
    "nul in the query": lambda client, key: client.get(
        "/api/v1/prompts/support-triage?tenant=%00", headers=bearer(key)
    ),
    "no such address": lambda client, key: client.get("/api/v1/nothing", headers=bearer(key)),
    "slash in the slug": lambda client, key: client.get("/api/v1/prompts/a/b", headers=bearer(key)),
    "unknown slug": lambda client, key: client.get("/api/v1/prompts/a", headers=bearer(key)),
    "wrong method": lambda client, key: client.post(
        "/api/v1/prompts/support-triage", headers=bearer(key)
    ),
    "no key": lambda client, key: client.get("/api/v1/prompts/support-triage"),
    "nul in the key": lambda client, key: client.get(
        "/api/v1/prompts/support-triage", headers=bearer("pf_\x00_x")
    ),
    "broken key": lambda client, key: client.get(
        "/api/v1/prompts/support-triage", headers=bearer("pf_ä_ö")
    ),
}


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_api_refuses_with_a_problem_document(fleet: Fleet) -> None:
    _, secret = create_api_key(name="App", scopes=["prompts:read"], by=fleet.operator)
    for kind, ask in REFUSED.items():
        answer = ask(Client(raise_request_exception=False), secret.bearer)
        assert 400 <= answer.status_code < 500, kind
        assert answer["Content-Type"] == "application/problem+json", kind
        assert json.loads(answer.content)["status"] == answer.status_code, kind
        if answer.status_code == 405:
            assert answer["Allow"] == "GET, HEAD", kind


def assert_sound(answer: Any, where: str) -> None:
    """Anything but a failure of ours."""
    assert answer.status_code < 500, f"{where}: {answer.status_code} {answer.exc_info}"
