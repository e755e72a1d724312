"""The variant page: what is live and how it came to be."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from fleet.authoring.sentences import SAID_ALREADY, SENTENCES
from fleet.authoring.timeline import entry
from fleet.review.actions import open_review
from registry import events
from registry.actions import publish_policy, save_draft
from registry.models import Event, Variant
from tests.builders import RULES, Fleet

pytestmark = pytest.mark.django_db


def test_the_page_says_what_is_live(client: Client, fleet: Fleet) -> None:
    client.force_login(fleet.viewer)
    page = client.get(f"/variants/{fleet.variants[0].pk}/").content.decode()
    for words in ("Revision 1", "Adopted, no evidence", "Be formal, variant 0.", str(fleet.old)):
        assert words in page


def test_a_viewer_is_offered_no_deed(client: Client, fleet: Fleet) -> None:
    client.force_login(fleet.viewer)
    page = client.get(f"/variants/{fleet.variants[0].pk}/").content.decode()
    assert "/edit/" not in page and "roll-back/" not in page


def test_the_page_lists_what_is_open(client: Client, fleet: Fleet) -> None:
    variant = fleet.variants[0]
    review = open_review(variant, {"tone": "Brief."}, rationale="They asked.", by=fleet.manager)
    save_draft(variant, {"tone": "Briefer."}, edition=0, by=fleet.engineer)
    client.force_login(fleet.engineer)
    page = client.get(f"/variants/{variant.pk}/").content.decode()
    assert review.get_absolute_url() in page
    assert "A draft" in page and "asked for a review of revision 2." in page


def test_the_page_of_another_managers_customer_is_not_found(client: Client, fleet: Fleet) -> None:
    client.force_login(fleet.manager)
    assert client.get(f"/variants/{fleet.variants[2].pk}/").status_code == 404


def test_a_variant_with_nothing_live_says_so(client: Client, fleet: Fleet) -> None:
    empty = Variant.objects.create(
        prompt=fleet.prompt, tenant=fleet.variants[0].tenant, locale="de"
    )
    client.force_login(fleet.engineer)
    assert "Nothing is live here yet" in client.get(f"/variants/{empty.pk}/").content.decode()


def test_the_page_shows_findings_of_the_live_text(client: Client, fleet: Fleet) -> None:
    rules = {
        **RULES,
        "rules": [
            {
                "id": "formal", "type": "forbidden_phrase", "severity": "warn",
                "message": "Do not be formal.", "fix_hint": "", "scope": {},
                "params": {"phrases": ["Be formal"]},
            }
        ],
    }  # fmt: skip
    publish_policy(text="New.", rules=rules, by=fleet.policy_owner, note="Stricter")
    client.force_login(fleet.viewer)
    assert "Do not be formal." in client.get(f"/variants/{fleet.variants[0].pk}/").content.decode()


def test_the_page_takes_as_many_queries_with_2_revisions_as_with_22(
    client: Client, fleet: Fleet
) -> None:
    variant = fleet.variants[0]

    def count() -> int:
        client.get(f"/variants/{variant.pk}/")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/variants/{variant.pk}/")
        return len(queries)

    client.force_login(fleet.engineer)
    open_review(variant, {"tone": "First."}, rationale="Asked.", by=fleet.manager)
    few = count()
    for n in range(20):
        open_review(variant, {"tone": f"{n}."}, rationale="Asked.", by=fleet.manager)
    assert count() == few


def test_the_timeline_pages_through_everything(client: Client, fleet: Fleet) -> None:
    variant = fleet.variants[0]
    for n in range(30):
        events.record("draft.discarded", variant, fleet.engineer, f"Reason {n}", variant=variant)
    client.force_login(fleet.viewer)
    first = client.get(f"/variants/{variant.pk}/").content.decode()
    assert "Reason 29" in first and "Reason 2<" not in first and "events=2" in first
    assert "Reason 2<" in client.get(f"/variants/{variant.pk}/?events=3").content.decode()


@pytest.mark.parametrize("verb", sorted(SENTENCES))
def test_every_sentence_stands_without_data(verb: str, fleet: Fleet) -> None:
    event = Event(verb=verb, actor=fleet.engineer, subject_type="variant", subject_id="1", data={})
    assert entry(event).sentence.endswith((".", "”."))


def test_a_verb_that_is_not_in_the_table_reads_as_its_name() -> None:
    event = Event(verb="alert.broke_out", subject_type="alert", subject_id="1", data={})
    assert entry(event).sentence == "alert: broke out."


def test_no_verb_is_both_told_and_left_out() -> None:
    assert not set(SENTENCES) & set(SAID_ALREADY)
