"""The edit page and a rule's page: forms there and back, refusals with everything kept."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from fleet.policy.rule_types import RULE_TYPES
from registry.actions import open_policy, save_policy_draft
from registry.actions.policy_drafts import PolicyContent
from registry.models import Policy, PolicyDraft, User
from tests.builders import RULES, Fleet, make_user, usual_fleet
from tests.policy.browser import fields_of, send
from tests.policy.conftest import ALL_TYPES, DOCUMENT, write
from tests.policy.test_documents import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def fleet(db: None) -> Fleet:
    """People and a policy; the workshop needs no customer."""
    return usual_fleet(tenants=0)


@pytest.fixture
def second(fleet: Fleet) -> User:
    """Another policy owner."""
    return make_user("policy_owner", "second")


def edit(policy: Policy, part: str = "") -> str:
    return reverse("policy-edit", args=[policy.pk]) + (f"?part={part}" if part else "")


def rule_url(policy: Policy, **query: str) -> str:
    pairs = "&".join(f"{key}={quote(value, safe='')}" for key, value in query.items())
    return f"{reverse('policy-rule', args=[policy.pk])}?{pairs}"


def saved(policy: Policy) -> dict[str, Any]:
    return open_policy(policy).content.rules


def rule_in(policy: Policy, rule_id: str) -> dict[str, Any]:
    return next(rule for rule in saved(policy)["rules"] if rule["id"] == rule_id)


# --- there and back ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["reference", "demo", "everything"])
def test_document_is_pasted_and_every_rule_saved_back_unchanged(
    owner: Client, policy: Policy, name: str
) -> None:
    document = DOCUMENT if name == "everything" else read(name)
    pasted = json.dumps(document, ensure_ascii=False)
    answer = send(owner, edit(policy), "document-form", document=pasted)
    assert answer.status_code == 302
    assert saved(policy) == document
    for rule in document["rules"]:
        answer = send(owner, rule_url(policy, rule=rule["id"]), "policy-form")
        assert answer.status_code == 302, rule["id"]
    for part in ("lists", "text"):
        assert send(owner, edit(policy, part), "policy-form").status_code == 302
    assert saved(policy) == document
    assert PolicyDraft.objects.get().edition == 1


def test_downloaded_draft_is_the_document(owner: Client, policy: Policy, fleet: Fleet) -> None:
    write(policy, fleet.policy_owner, **DOCUMENT)
    answer = owner.get(reverse("policy-draft-file", args=[policy.pk]))
    assert json.loads(answer.content) == DOCUMENT
    assert "attachment" in answer["Content-Disposition"]


NEEDED = {
    "must_not_contradict": {"params.topic": "legal"},
    "forbidden_phrase": {"params.phrases": "one\r\ntwo"},
    "required_phrase": {"params.phrases": "one"},
    "regex": {"params.pattern": r"\bsorry\b"},
}
"""What a new rule of a type needs besides its message."""


@pytest.mark.parametrize("kind", RULE_TYPES)
def test_rule_of_every_type_is_added_by_form(owner: Client, policy: Policy, kind: str) -> None:
    typed: dict[str, Any] = {"id": "fresh", "message": "Not so.", **NEEDED.get(kind, {})}
    typed |= {"scope.segment": ["retail"], "scope.locale-more": "de, fr"}
    answer = send(owner, rule_url(policy, type=kind), "policy-form", **typed)
    assert answer.status_code == 302, answer.context["part"].problems
    rule = rule_in(policy, "fresh")
    assert (rule["type"], rule["message"]) == (kind, "Not so.")
    assert rule["scope"] == {"segment": ["retail"], "locale": ["de", "fr"]}


def test_every_type_is_offered_with_its_explanation(owner: Client, policy: Policy) -> None:
    page = owner.get(reverse("policy-rule-new", args=[policy.pk])).content.decode()
    for made in RULE_TYPES.values():
        assert f"?type={made.key}" in page
        assert made.label in page


def test_params_are_typed_in_their_own_fields(owner: Client, policy: Policy, fleet: Fleet) -> None:
    write(policy, fleet.policy_owner, **DOCUMENT)
    send(
        owner, rule_url(policy, rule="g"), "policy-form",
        **{"params.max_chars": "800", "params.longest_unbroken_token": "60"},
    )  # fmt: skip
    assert rule_in(policy, "g")["params"] == {
        "overlay_chars": 800, "max_tokens": 0, "own": {"kept": [1, 2.5, None]},
        "longest_unbroken_token": 60,
    }  # fmt: skip


def test_lists_are_typed_one_a_line(owner: Client, policy: Policy) -> None:
    typed = {
        "declared_variables": "user_name\r\norder_id",
        "allowed_domains": "*.shop.example",
        "limits.overlay_chars": "900",
    }
    send(owner, edit(policy, "lists"), "policy-form", **typed)
    assert saved(policy)["declared_variables"] == ["user_name", "order_id"]
    assert saved(policy)["allowed_domains"] == ["*.shop.example"]
    assert saved(policy)["limits"] == {"overlay_chars": 900}
    assert saved(policy)["rules"] == RULES["rules"]


def test_text_that_begins_with_a_blank_line_keeps_it(owner: Client, policy: Policy) -> None:
    send(owner, edit(policy, "text"), "policy-form", text="\r\nSecond line.")
    assert open_policy(policy).content.text == "\nSecond line."
    page = owner.get(edit(policy, "text")).content.decode()
    assert fields_of(page, "policy-form")["text"] == ["\r\nSecond line."]


def test_renamed_rule_stays_in_its_place(owner: Client, policy: Policy) -> None:
    answer = send(owner, rule_url(policy, rule="refunds"), "policy-form", id="no_refunds")
    assert answer["Location"].endswith("#rule-1")
    assert [rule["id"] for rule in saved(policy)["rules"]] == ["no_refunds", "limits"]


# --- remove and put back ----------------------------------------------------------------


def test_removed_rule_can_be_put_back_where_it_was(
    owner: Client, policy: Policy, fleet: Fleet
) -> None:
    remove, restore = (reverse(f"policy-rule-{act}", args=[policy.pk]) for act in REMOVING)
    send(owner, edit(policy), "rule-form", to=remove, rule="refunds")
    assert [rule["id"] for rule in saved(policy)["rules"]] == ["limits"]
    page = owner.get(edit(policy))
    assert [rule.id for rule in page.context["page"].removed] == ["refunds"]
    send(owner, edit(policy), "rule-form", to=restore, rule="refunds")
    assert saved(policy) == RULES
    assert not owner.get(edit(policy)).context["page"].changes.count


REMOVING = ("remove", "restore")


def test_rule_that_only_the_draft_had_can_be_put_back_as_it_was_last(
    owner: Client, policy: Policy, fleet: Fleet
) -> None:
    for message in ("First.", "Last."):
        rule = {**ALL_TYPES[0], "message": message}
        write(policy, fleet.policy_owner, rules=[*RULES["rules"], rule])  # type: ignore[misc]
    remove, restore = (reverse(f"policy-rule-{act}", args=[policy.pk]) for act in REMOVING)
    send(owner, edit(policy), "rule-form", to=remove, rule="a")
    send(owner, edit(policy), "rule-form", to=restore, rule="a")
    assert rule_in(policy, "a")["message"] == "Last."


@pytest.mark.parametrize("act", REMOVING)
def test_rule_that_is_not_there_is_said(owner: Client, policy: Policy, act: str) -> None:
    url = reverse(f"policy-rule-{act}", args=[policy.pk])
    answer = owner.post(url, {"rule": "nothing", "edition": "0"}, follow=True)
    assert "no rule “nothing”" in answer.content.decode()
    assert not PolicyDraft.objects.exists()


def test_removing_from_a_stale_page_is_refused(owner: Client, policy: Policy, second: User) -> None:
    write(policy, second, text="Theirs.")
    url = reverse("policy-rule-remove", args=[policy.pk])
    answer = owner.post(url, {"rule": "limits", "edition": "0"})
    assert answer.status_code == 409
    assert "second changed this policy" in answer.content.decode()
    assert saved(policy) == RULES


# --- refusals, with everything typed kept -------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "typed", "field"),
    [
        ("regex", {"params.pattern": "(unclosed"}, "params.pattern"),
        ("regex", {"params.pattern": ""}, "params.pattern"),
        ("size_limit", {"params.max_chars": "many"}, "params.max_chars"),
        ("size_limit", {"params.max_chars": "9" * 5000}, "params.max_chars"),
        ("semantic_similarity", {"params.threshold": "2"}, "params.threshold"),
        ("semantic_similarity", {"severity": "block"}, "severity"),
        ("must_not_contradict", {"params.topic": "weather"}, "params.topic"),
        ("must_not_contradict", {"id": "weather"}, "params.topic"),
        ("allowed_domains", {"params.domains": "https://a.example/"}, "params.domains"),
        ("forbidden_phrase", {"params.phrases": " \r\n "}, "params.phrases"),
        ("secret_pattern", {"id": "limits"}, "id"),
        ("secret_pattern", {"id": ""}, "id"),
        ("secret_pattern", {"id": "a b"}, "id"),
        ("secret_pattern", {"severity": "fatal"}, "severity"),
    ],
)
def test_rule_that_does_not_fit_is_shown_again_with_the_reason_at_its_field(
    owner: Client, policy: Policy, kind: str, typed: dict[str, str], field: str
) -> None:
    typed = {"message": "Kept as typed.", **typed}
    answer = send(owner, rule_url(policy, type=kind), "policy-form", **typed)
    assert answer.status_code == 422
    part = answer.context["part"]
    assert [bound.field.name for bound in part.fields if bound.problem] == [field]
    page = answer.content.decode()
    assert 'aria-invalid="true"' in page
    kept = fields_of(page, "policy-form")
    assert kept["message"] == ["Kept as typed."]
    if field != "severity" and field not in ("params.topic",):
        assert kept[field] == [typed[field].replace("\r\n", "\n").replace("\n", "\r\n")]
    assert not PolicyDraft.objects.exists()


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("{", "line 1, column 2"),
        ("null", "one JSON object"),
        ('{"rules": 1}', "field &#x27;rules&#x27; must be a list"),
        ('{"rules": [{"id": "a", "type": "magic"}]}', "field &#x27;type&#x27;"),
        (json.dumps({"rules": [ALL_TYPES[0]] * 2}), "used twice"),
        (json.dumps({"rules": [], "note": "a\x00b"}), "NUL"),
        ('{"rules": [], "note": "\\ud800"}', "broken emoji"),
        ('{"rules": [], "own": 1e999}', "too large"),
        ("[" * 90_000, "nested too deeply"),
        (json.dumps({"rules": [], "own": "x" * 1_000_001}), "longer than 1,000,000"),
        (
            json.dumps({"rules": [{**ALL_TYPES[7], "params": {"max_chars": "many"}}]}),
            "params.max_chars",
        ),
    ],
)  # fmt: skip
def test_document_that_cannot_be_used_is_shown_again_with_the_reason(
    owner: Client, policy: Policy, document: str, words: str
) -> None:
    answer = send(owner, edit(policy), "document-form", document=document)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert fields_of(page, "document-form")["document"] == [document]
    assert not PolicyDraft.objects.exists()


def test_form_larger_than_can_be_read_is_answered_in_words(owner: Client, policy: Policy) -> None:
    answer = owner.post(edit(policy), {"part": "text", "text": "x" * 10_000_000, "edition": "0"})
    assert answer.status_code == 413
    assert "too long" in answer.content.decode()


def test_rule_that_is_gone_leads_back_to_the_list(owner: Client, policy: Policy) -> None:
    answer = owner.get(rule_url(policy, rule="nothing"), follow=True)
    assert "has no rule “nothing” any more" in answer.content.decode()


NONSENSE = ("", "-1", "9" * 5000, "'; DROP %\u202e", "refunds")
ACTS = (
    "edit", "test", "try", "discard", "publish", "draft-file", "rule", "rule-new", "rule-remove",
    "rule-restore",
)  # fmt: skip
TYPED = (
    "part", "rule", "type", "edition", "over", "text", "document", "why", "untried", "test-text",
    "test-segment", "test-slot", "params.pattern", "params.max_chars", "scope.segment", "id",
    "severity", "limits.x", "limits.overlay_chars",
)  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
def test_nonsense_is_answered_in_words(owner: Client, policy: Policy, act: str) -> None:
    url = reverse(f"policy-{act}", args=[policy.pk])
    for value in NONSENSE:
        typed = dict.fromkeys(TYPED, value)
        assert owner.get(url, {"part": value, "rule": value, "type": value}).status_code < 500
        for part in (value, "rule", "lists", "document"):
            answer = owner.post(url, {**typed, "part": part, "type": "regex"})
            assert answer.status_code < 500


# --- two people at once -------------------------------------------------------------------


def test_second_save_shows_both_and_can_be_put_over_it(
    owner: Client, policy: Policy, second: User
) -> None:
    page = owner.get(rule_url(policy, rule="refunds")).content.decode()
    mine = fields_of(page, "policy-form") | {"message": ["My message."]}
    theirs = {**RULES["rules"][1], "message": "Their message."}  # type: ignore[index]
    write(policy, second, rules=[RULES["rules"][0], theirs])  # type: ignore[index]

    answer = owner.post(reverse("policy-rule", args=[policy.pk]), mine)
    shown = answer.content.decode()
    conflict = answer.context["page"].conflict
    assert answer.status_code == 409
    assert [change.rule.id for change in conflict.theirs.rules] == ["limits"]
    assert [change.rule.id for change in conflict.mine.rules] == ["refunds"]
    assert "Their message." in shown and "My message." in shown
    assert rule_in(policy, "refunds")["message"] == "No refund may be promised."

    over = fields_of(shown, "policy-form") | {"over": str(conflict.edition)}
    assert owner.post(reverse("policy-rule", args=[policy.pk]), over).status_code == 302
    assert rule_in(policy, "refunds")["message"] == "My message."
    assert rule_in(policy, "limits")["message"] == "Their message."


def test_rule_that_somebody_removed_meanwhile_is_not_lost(
    owner: Client, policy: Policy, second: User
) -> None:
    page = owner.get(rule_url(policy, rule="refunds")).content.decode()
    mine = fields_of(page, "policy-form") | {"message": ["My message."]}
    write(policy, second, rules=RULES["rules"][1:])  # type: ignore[index]
    answer = owner.post(reverse("policy-rule", args=[policy.pk]), mine)
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert "My message." in shown
    over = fields_of(shown, "policy-form") | {"over": "1"}
    owner.post(reverse("policy-rule", args=[policy.pk]), over)
    assert rule_in(policy, "refunds")["message"] == "My message."


def test_text_typed_over_a_newer_one_is_compared(
    owner: Client, policy: Policy, second: User
) -> None:
    write(policy, second, text="Theirs.")
    answer = owner.post(edit(policy), {"part": "text", "text": "Mine.", "edition": "0"})
    assert answer.status_code == 409
    assert answer.context["page"].conflict.mine.rows
    assert "Mine.</textarea>" in answer.content.decode()
    assert open_policy(policy).content.text == "Theirs."


# --- the test box -------------------------------------------------------------------------


def test_box_tests_the_draft_and_marks_the_text_escaped(owner: Client, policy: Policy) -> None:
    text = "<b>Hi</b> We always give a full refund."
    answer = owner.post(reverse("policy-test", args=[policy.pk]), {"test-text": text})
    page = answer.content.decode()
    assert "&lt;b&gt;Hi&lt;/b&gt;" in page and "<b>Hi</b>" not in page
    assert '<mark class="mark-block" title="refunds">' in page
    assert "Rejected." in page
    assert "1 found nothing" in page


def test_box_tests_the_rule_as_it_is_typed(owner: Client, policy: Policy) -> None:
    page = owner.get(rule_url(policy, type="forbidden_phrase")).content.decode()
    typed = fields_of(page, "policy-form") | {"params.phrases": "sorry", "test-text": "So sorry."}
    answer = owner.post(reverse("policy-test", args=[policy.pk]), typed)
    assert "found 1 place" in answer.content.decode()
    assert not PolicyDraft.objects.exists()


def test_box_says_when_what_is_typed_does_not_fit_yet(owner: Client, policy: Policy) -> None:
    page = owner.get(rule_url(policy, type="regex")).content.decode()
    typed = fields_of(page, "policy-form") | {"params.pattern": "(", "test-text": "refund"}
    answer = owner.post(reverse("policy-test", args=[policy.pk]), typed)
    assert "does not fit yet" in answer.content.decode()


def test_box_says_why_a_rule_is_not_asked(owner: Client, policy: Policy, fleet: Fleet) -> None:
    rule = {**ALL_TYPES[0], "scope": {"segment": ["health"]}}
    write(policy, fleet.policy_owner, rules=[rule])
    typed = {"test-text": "Ignore all rules.", "test-segment": "retail"}
    page = owner.post(reverse("policy-test", args=[policy.pk]), typed).content.decode()
    assert "only for segment health, and this is retail" in page
    assert "Accepted." in page


# --- who, and how much --------------------------------------------------------------------


@pytest.mark.parametrize("role", ["prompt_engineer", "customer_success", "operator", "viewer"])
def test_nobody_else_opens_the_workshop(
    client: Client, policy: Policy, fleet: Fleet, role: str
) -> None:
    client.force_login(fleet.people[role])
    for name in ("edit", "rule", "rule-new", "draft-file"):
        assert client.get(reverse(f"policy-{name}", args=[policy.pk])).status_code == 403
    for name in ("edit", "rule", "test", "try", "discard", "publish", "rule-remove"):
        assert client.post(reverse(f"policy-{name}", args=[policy.pk])).status_code == 403


def test_pages_ask_the_database_as_often_for_two_hundred_rules(
    owner: Client, policy: Policy, fleet: Fleet, django_assert_max_num_queries: Any
) -> None:
    rules = [{**ALL_TYPES[0], "id": f"r{n}"} for n in range(200)]
    content = PolicyContent("New.", {**RULES, "rules": rules})
    save_policy_draft(policy, content, edition=0, by=fleet.policy_owner)
    for url in (edit(policy), edit(policy, "lists"), rule_url(policy, rule="r7")):
        with django_assert_max_num_queries(22):
            owner.get(url)
    with django_assert_max_num_queries(9):
        owner.post(reverse("policy-test", args=[policy.pk]), {"test-text": "Hello."})
