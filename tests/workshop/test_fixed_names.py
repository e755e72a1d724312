"""What callers and frozen rows know a thing by is fixed; acting takes more than reading."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from registry.models import Revocation, User, WorkItem, WorkState
from tests.builders import Fleet
from tests.release.test_invariants import reviewed

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_names_that_are_served_cannot_be_changed_in_the_workshop(fleet: Fleet) -> None:
    client = signed_in(fleet.operator)
    rows = {
        "tenant": (fleet.variants[0].tenant, "slug"), "prompt": (fleet.prompt, "slug"),
        "modeltarget": (fleet.old, "snapshot"), "variant": (fleet.variants[0], "locale"),
    }  # fmt: skip
    for model, (row, name) in rows.items():
        assert row is not None
        url = reverse(f"admin:registry_{model}_change", args=[row.pk])
        page = client.get(url).content.decode()
        assert f'name="{name}"' not in page, model
        assert 'name="_save"' in page, model
        assert (
            f'name="{name}"' in client.get(reverse(f"admin:registry_{model}_add")).content.decode()
        )


def test_dead_work_is_tried_again_by_operators_only(fleet: Fleet) -> None:
    item = WorkItem.objects.create(kind="test", key="test:1", state=WorkState.DEAD)
    reader = User.objects.create_user("reader", password="x", is_staff=True)
    reader.groups.set(fleet.viewer.groups.all())
    url = reverse("admin:registry_workitem_changelist")
    asked = {"action": "try_again", "_selected_action": [str(item.pk)]}
    signed_in(reader).post(url, asked)
    item.refresh_from_db()
    assert item.state == WorkState.DEAD
    signed_in(fleet.operator).post(url, asked)
    item.refresh_from_db()
    assert item.state == WorkState.QUEUED


def test_review_whose_policy_is_gone_says_so(fleet: Fleet) -> None:
    review = reviewed(fleet, fleet.variants[0])
    Revocation.objects.create(
        policy_version=review.revision.policy_version, reason="Wrong.", by=fleet.policy_owner
    )
    answer = signed_in(fleet.engineer).get(review.get_absolute_url())
    assert answer.status_code == 200
    assert "There is no policy yet" in answer.content.decode()
    publish = reverse("review-publish", args=[review.pk])
    assert signed_in(fleet.engineer).post(publish).status_code in (409, 422)
