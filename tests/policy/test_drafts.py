"""Drafts of a policy: who may write them, what a stale form meets, what publishing keeps."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from fleet.review.barred import contributors
from registry.actions import (
    NothingToPublish,
    PolicyContent,
    PolicyDraftConflict,
    discard_policy_draft,
    freeze,
    open_policy,
    publish_policy_draft,
    save_policy_draft,
)
from registry.border import UnusableText
from registry.guardrails import PolicyError
from registry.models import Event, Policy, PolicyDraft, PolicyVersion, Revocation, User
from registry.roles import NotAllowed
from tests.builders import RULES, Fleet, build_fleet, make_user
from tests.policy.conftest import write

pytestmark = pytest.mark.django_db


@pytest.fixture
def second(fleet: Fleet) -> User:
    """Another policy owner."""
    return make_user("policy_owner", "second")


def content(text: str = "New.", **entries: Any) -> PolicyContent:
    return PolicyContent(text, {**RULES, **entries})


def test_opening_writes_nothing_and_gives_what_is_current(policy: Policy) -> None:
    opened = open_policy(policy)
    assert opened.content == PolicyContent("Never promise a refund.", RULES)
    assert (opened.edition, opened.draft, opened.changed) == (0, None, False)
    assert not PolicyDraft.objects.exists()


def test_saving_keeps_text_and_document(policy: Policy, fleet: Fleet) -> None:
    draft = save_policy_draft(policy, content("A\r\nB"), edition=0, by=fleet.policy_owner)
    draft.refresh_from_db()
    assert (draft.text, draft.rules, draft.edition) == ("A\nB", RULES, 1)
    assert open_policy(policy).changed


def test_saving_the_same_again_is_no_edition(policy: Policy, fleet: Fleet) -> None:
    for _ in range(2):
        save_policy_draft(policy, content(), edition=0, by=fleet.policy_owner)
    assert PolicyDraft.objects.get().edition == 1


@pytest.mark.parametrize("role", ["prompt_engineer", "customer_success", "operator", "viewer"])
def test_nobody_else_writes_a_policy(policy: Policy, fleet: Fleet, role: str) -> None:
    by = fleet.people[role]
    with pytest.raises(NotAllowed):
        save_policy_draft(policy, content(), edition=0, by=by)
    write(policy, fleet.policy_owner, text="New.")
    with pytest.raises(NotAllowed):
        discard_policy_draft(policy, edition=1, by=by)
    with pytest.raises(NotAllowed):
        publish_policy_draft(policy, edition=1, note="x", by=by)
    assert PolicyVersion.objects.count() == 1


def test_second_save_is_refused_and_both_stay(policy: Policy, fleet: Fleet, second: User) -> None:
    save_policy_draft(policy, content("Theirs."), edition=0, by=second)
    with pytest.raises(PolicyDraftConflict) as refused:
        save_policy_draft(policy, content("Mine."), edition=0, by=fleet.policy_owner)
    assert refused.value.theirs.content.text == "Theirs."
    assert "second" in str(refused.value)
    assert PolicyDraft.objects.get().text == "Theirs."


@pytest.mark.parametrize("close", ["publish", "discard"])
def test_form_of_a_draft_that_was_closed_is_refused(
    policy: Policy, fleet: Fleet, second: User, close: str
) -> None:
    held = write(policy, second, text="First.").edition
    if close == "publish":
        publish_policy_draft(policy, edition=held, note="Why", by=second)
    else:
        discard_policy_draft(policy, edition=held, by=second)
    with pytest.raises(PolicyDraftConflict):
        save_policy_draft(policy, content("Late."), edition=held, by=fleet.policy_owner)
    fresh = open_policy(policy).edition
    assert save_policy_draft(policy, content("Late."), edition=fresh, by=fleet.policy_owner)


@pytest.mark.parametrize(
    ("entries", "error"),
    [
        ({"rules": [{"id": "a"}]}, PolicyError),
        ({"rules": [*RULES["rules"], RULES["rules"][0]]}, PolicyError),  # type: ignore[index, misc]
        ({"note": "a\x00b"}, UnusableText),
        ({"no\ud800te": "x"}, UnusableText),
        ({"own": [{"deep": ["\ud83d"]}]}, UnusableText),
        ({"own": 1e999}, UnusableText),
    ],
)
def test_document_that_cannot_be_kept_is_refused(
    policy: Policy, fleet: Fleet, entries: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        save_policy_draft(policy, content(**entries), edition=0, by=fleet.policy_owner)
    assert not PolicyDraft.objects.exists()


def test_publishing_appends_and_moves_no_variant(policy: Policy, fleet: Fleet) -> None:
    write(policy, fleet.policy_owner, text="New.")
    version = publish_policy_draft(policy, edition=1, note="Because.", by=fleet.policy_owner)
    assert (version.number, version.text, version.note) == (2, "New.", "Because.")
    assert not PolicyDraft.objects.exists()
    assert {v.revisions.get().policy_version.number for v in fleet.variants} == {1}
    assert Event.objects.filter(verb="policy.published", why="Because.").count() == 1


def test_everybody_who_typed_is_barred_from_approving(
    policy: Policy, fleet: Fleet, second: User
) -> None:
    write(policy, second, text="Theirs.")
    write(policy, fleet.policy_owner, text="Both.")
    version = publish_policy_draft(policy, edition=2, note="Why", by=fleet.policy_owner)
    assert set(version.contributor_ids) == {second.pk, fleet.policy_owner.pk}
    variant = fleet.variants[0]
    revision = freeze(
        variant, by=fleet.engineer, note="Repin", target=fleet.old, overlay=None, policy=version
    )  # fmt: skip
    assert contributors(revision) >= {second.pk, fleet.policy_owner.pk}


def test_publishing_what_is_current_already_is_refused(policy: Policy, fleet: Fleet) -> None:
    with pytest.raises(NothingToPublish):
        publish_policy_draft(policy, edition=0, note="x", by=fleet.policy_owner)
    write(policy, fleet.policy_owner, text="New.")
    write(policy, fleet.policy_owner, text="Never promise a refund.")
    with pytest.raises(NothingToPublish):
        publish_policy_draft(policy, edition=2, note="x", by=fleet.policy_owner)


def test_publishing_a_draft_that_moved_on_is_refused(
    policy: Policy, fleet: Fleet, second: User
) -> None:
    write(policy, fleet.policy_owner, text="Seen.")
    write(policy, second, text="Not seen.")
    with pytest.raises(PolicyDraftConflict):
        publish_policy_draft(policy, edition=1, note="x", by=fleet.policy_owner)
    assert PolicyVersion.objects.count() == 1


def test_revoked_version_is_neither_current_nor_given_back(policy: Policy, fleet: Fleet) -> None:
    write(policy, fleet.policy_owner, text="Bad.")
    bad = publish_policy_draft(policy, edition=1, note="x", by=fleet.policy_owner)
    Revocation.objects.create(policy_version=bad, reason="Wrong.", by=fleet.policy_owner)
    assert open_policy(policy).content.text == "Never promise a refund."
    write(policy, fleet.policy_owner, text="Bad.")
    again = publish_policy_draft(
        policy, edition=open_policy(policy).edition, note="x", by=fleet.policy_owner
    )
    assert again.number == 3


def test_policy_owner_writes_a_prompts_own_line_too(policy: Policy, fleet: Fleet) -> None:
    own = Policy.objects.create(prompt=fleet.prompt, name="Within")
    save_policy_draft(own, content("Own."), edition=0, by=fleet.policy_owner)
    version = publish_policy_draft(own, edition=1, note="x", by=fleet.policy_owner)
    assert (version.policy, version.number) == (own, 1)


@pytest.mark.django_db(transaction=True)
def test_two_saves_at_once_keep_exactly_one() -> None:
    fleet = build_fleet(tenants=1)
    policy = Policy.objects.get()
    ready, refused = threading.Barrier(2), []

    def save(text: str) -> None:
        try:
            ready.wait(10)
            save_policy_draft(policy, content(text), edition=0, by=fleet.policy_owner)
        except PolicyDraftConflict:
            refused.append(text)
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=[text]) for text in ("One.", "Two.")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert PolicyDraft.objects.get().text in {"One.", "Two."} - set(refused)
