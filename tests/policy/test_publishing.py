"""Try a draft on the fleet, publish it, throw it away; and read what was published."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from fleet.blast.models import BlastRadius
from fleet.policy.actions import NotTried, publish_draft
from registry.actions import open_policy, publish_policy_draft
from registry.models import Policy, PolicyDraft, PolicyVersion, Revocation
from tests.blast.trying import forbid, run
from tests.builders import RULES, Fleet, make_user, usual_fleet
from tests.policy.browser import fields_of, send
from tests.policy.conftest import write

pytestmark = pytest.mark.django_db


def url(name: str, pk: int) -> str:
    return reverse(f"policy-{name}", args=[pk])


def block_formal(policy: Policy, fleet: Fleet) -> None:
    """A draft that would block every overlay of the fleet."""
    rules = [*RULES["rules"], forbid("formal")]  # type: ignore[misc]
    write(policy, fleet.policy_owner, rules=rules)


def test_trying_saves_what_is_typed_and_leads_to_the_dry_run(owner: Client, policy: Policy) -> None:
    page = url("edit", policy.pk) + "?part=text"
    answer = send(owner, page, "policy-form", to=url("try", policy.pk), text="New.")
    radius = BlastRadius.objects.get()
    assert answer["Location"] == radius.get_absolute_url()
    assert PolicyDraft.objects.get().text == "New."
    assert radius.document == {"text": "New.", "rules": RULES}


def test_trying_what_does_not_fit_is_refused(owner: Client, policy: Policy) -> None:
    page = url("edit", policy.pk) + "?part=lists"
    typed = {"limits.overlay_chars": "many"}
    answer = send(owner, page, "policy-form", to=url("try", policy.pk), **typed)
    assert answer.status_code == 422
    assert not BlastRadius.objects.exists()


def test_page_says_what_was_tried_and_when_the_draft_moved_on(
    owner: Client, policy: Policy, fleet: Fleet
) -> None:
    block_formal(policy, fleet)
    edit = url("edit", policy.pk)
    assert "has not been tried" in owner.get(edit).content.decode()
    owner.post(url("try", policy.pk), fields_of(owner.get(edit).content.decode(), "policy-form"))
    assert "A dry run of this draft: waiting" in owner.get(edit).content.decode()
    run(BlastRadius.objects.get())
    assert "<strong>3 would newly be blocked</strong>" in owner.get(edit).content.decode()
    write(policy, fleet.policy_owner, text="Another.")
    page = owner.get(edit).content.decode()
    assert "has changed since it was" in page and "newly be blocked</strong>" not in page


def test_publishing_untried_needs_a_tick(owner: Client, policy: Policy, fleet: Fleet) -> None:
    block_formal(policy, fleet)
    publish, typed = url("publish", policy.pk), {"edition": "1", "why": "Because."}
    answer = owner.post(publish, typed)
    assert answer.status_code == 422
    assert "has not been tried on the fleet" in answer.content.decode()
    assert "Because.</textarea>" in answer.content.decode()
    assert "data-dialog-now" in answer.content.decode()
    assert PolicyVersion.objects.count() == 1
    answer = owner.post(publish, typed | {"untried": "1"}, follow=True)
    version = PolicyVersion.objects.get(number=2)
    assert answer.redirect_chain == [(url("version", version.pk), 302)]
    assert "No variant changed" in answer.content.decode()


def test_publishing_what_was_tried_needs_none(owner: Client, policy: Policy, fleet: Fleet) -> None:
    block_formal(policy, fleet)
    owner.post(url("try", policy.pk), {"edition": "1"})
    run(BlastRadius.objects.get())
    assert "3 live overlays would newly be blocked at their next edit" in " ".join(
        owner.get(url("edit", policy.pk)).content.decode().split()
    )
    owner.post(url("publish", policy.pk), {"edition": "1", "why": "Because."})
    assert PolicyVersion.objects.get(number=2).note == "Because."


def test_dry_run_of_other_content_does_not_count(policy: Policy, fleet: Fleet) -> None:
    block_formal(policy, fleet)
    opened = open_policy(policy)
    publish = {"edition": opened.edition, "why": "x", "untried": False, "by": fleet.policy_owner}
    with pytest.raises(NotTried):
        publish_draft(policy, **publish)  # type: ignore[arg-type]


def test_whoever_may_roll_out_is_led_there(client: Client, policy: Policy, fleet: Fleet) -> None:
    both = make_user("policy_owner", "both")
    both.groups.add(Group.objects.get(name="prompt_engineer"))
    client.force_login(both)
    block_formal(policy, fleet)
    typed = {"edition": "1", "why": "Because.", "untried": "1"}
    page = client.post(url("publish", policy.pk), typed, follow=True).content.decode()
    version = PolicyVersion.objects.get(number=2)
    assert page.count(f'href="{reverse("rollout-open")}?policy={version.pk}"') == 2
    assert "Roll out to 4" in page


@pytest.mark.parametrize("why", ["", "  "])
def test_publishing_needs_a_reason(owner: Client, policy: Policy, fleet: Fleet, why: str) -> None:
    block_formal(policy, fleet)
    answer = owner.post(url("publish", policy.pk), {"edition": "1", "why": why, "untried": "1"})
    assert answer.status_code == 422
    assert "Say why" in answer.content.decode()
    assert PolicyVersion.objects.count() == 1


def test_publishing_a_draft_that_moved_on_shows_it_again(
    owner: Client, policy: Policy, fleet: Fleet
) -> None:
    block_formal(policy, fleet)
    write(policy, fleet.policy_owner, text="Later.")
    answer = owner.post(url("publish", policy.pk), {"edition": "1", "why": "x", "untried": "1"})
    assert answer.status_code == 409
    assert PolicyVersion.objects.count() == 1


def test_address_of_a_refusal_can_be_loaded_again(owner: Client, policy: Policy) -> None:
    assert owner.get(url("publish", policy.pk))["Location"] == url("edit", policy.pk)


def test_discarding_leaves_what_is_current(owner: Client, policy: Policy, fleet: Fleet) -> None:
    block_formal(policy, fleet)
    assert owner.post(url("discard", policy.pk), {"edition": "0"}).status_code == 409
    assert PolicyDraft.objects.exists()
    assert owner.post(url("discard", policy.pk), {"edition": "1"}).status_code == 302
    assert not PolicyDraft.objects.exists()
    assert open_policy(policy).content.rules == RULES


def test_first_policy_is_begun_from_nothing(client: Client, db: None) -> None:
    client.force_login(make_user("policy_owner"))
    assert "There is no policy yet" in client.get(reverse("policy-list")).content.decode()
    answer = client.post(reverse("policy-begin"), follow=True)
    assert "No rule yet" in answer.content.decode()
    policy = Policy.objects.get()
    send(client, url("edit", policy.pk) + "?part=text", "policy-form", text="Be good.")
    client.post(url("publish", policy.pk), {"edition": "1", "why": "First.", "untried": "1"})
    assert PolicyVersion.objects.get().text == "Be good."


# --- reading ------------------------------------------------------------------------------


@pytest.fixture
def second_version(policy: Policy, fleet: Fleet) -> PolicyVersion:
    """A second version with a rule more, which nothing pins."""
    block_formal(policy, fleet)
    return publish_policy_draft(policy, edition=1, note="Stricter.", by=fleet.policy_owner)


@pytest.mark.parametrize("role", ["customer_success", "viewer", "policy_owner"])
def test_everybody_reads_policies(
    client: Client, fleet: Fleet, second_version: PolicyVersion, role: str
) -> None:
    client.force_login(fleet.people[role])
    page = client.get(reverse("policy-list")).content.decode()
    assert "version 2" in page and "Stricter." in page
    assert (">Edit</a>" in page) == (role == "policy_owner")
    page = client.get(url("version", second_version.pk)).content.decode()
    assert "Do not say formal." in page and "What changed since version 1" in page
    assert ("Edit the policy" in page) == (role == "policy_owner")
    document = client.get(url("version-file", second_version.pk)).content
    assert json.loads(document) == second_version.rules


def test_version_counts_within_the_readers_reach(
    client: Client, fleet: Fleet, policy: Policy
) -> None:
    first = policy.versions.get()
    for user, live in ((fleet.viewer, 4), (fleet.manager, 2)):
        client.force_login(user)
        page = client.get(url("version", first.pk)).context["page"]
        assert (page.live, page.pinned) == (live, live)
        line = client.get(reverse("policy-list")).context["lines"][0]
        assert line.live == live


def test_superseded_and_revoked_versions_say_so(
    owner: Client, fleet: Fleet, policy: Policy, second_version: PolicyVersion
) -> None:
    first = policy.versions.get(number=1)
    assert "Superseded" in owner.get(url("version", first.pk)).content.decode()
    Revocation.objects.create(
        policy_version=second_version, reason="Too strict", by=fleet.policy_owner
    )
    assert "Too strict" in owner.get(url("version", second_version.pk)).content.decode()
    assert "Current" in owner.get(url("version", first.pk)).content.decode()
    assert owner.get(reverse("policy-list")).context["lines"][0].head == first


def test_list_finds_a_line_by_its_prompt(owner: Client, fleet: Fleet, policy: Policy) -> None:
    Policy.objects.create(prompt=fleet.prompt, name="Within")
    for q, names in (("", 2), ("support", 1), ("nothing", 0), ("Global", 1)):
        assert len(owner.get(reverse("policy-list"), {"q": q}).context["lines"]) == names
    assert (
        "No policy is called so"
        in owner.get(reverse("policy-list"), {"q": "nothing"}).content.decode()
    )


def test_pages_ask_the_database_as_often_for_a_larger_fleet(
    client: Client, db: None, django_assert_max_num_queries: Any
) -> None:
    fleet = usual_fleet(tenants=12)
    policy = Policy.objects.get()
    for n in range(1, 8):
        write(policy, fleet.policy_owner, text=f"Version {n}.")
        edition = open_policy(policy).edition
        publish_policy_draft(policy, edition=edition, note="x", by=fleet.policy_owner)
    client.force_login(fleet.viewer)
    newest = policy.versions.first()
    assert newest is not None
    for page in (reverse("policy-list"), url("version", newest.pk)):
        with django_assert_max_num_queries(15):
            assert client.get(page).status_code == 200
