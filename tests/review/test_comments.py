"""Words on a line and on the whole: forms, threads, who may, what a refusal keeps."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fleet.review.actions import open_review, rebase
from fleet.review.actions.commenting import comment, resolve
from fleet.review.models import Comment, Review
from fleet.review.threads import on_the_whole, threads_of
from registry.models import User
from tests.builders import Fleet
from tests.review.asking import page, post, signed_in

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def review(fleet: Fleet) -> Review:
    return open_review(
        fleet.variants[0], {"tone": "Be warm."}, rationale="They asked.", by=fleet.manager
    )


def line_with(review: Review, words: str) -> int:
    return next(
        number for number, line in enumerate(review.revision.text.split("\n"), 1) if words in line
    )


def ask(user: User, review: Review, **query: str) -> Any:
    url = reverse("review-comment", args=[review.pk])
    return signed_in(user).get(url, query, headers=HTMX)


def send(user: User, review: Review, **data: Any) -> Any:
    url = reverse("review-comment", args=[review.pk])
    return signed_in(user).post(url, data, headers=HTMX)


def test_every_line_shown_can_be_written_on(fleet: Fleet, review: Review) -> None:
    line = line_with(review, "Be warm.")
    said = page(fleet.engineer, review)
    assert f'href="/reviews/{review.pk}/comment/?side=new&amp;line={line}"' in said
    assert f'aria-label="Comment on line {line} after"' in said


def test_form_of_a_line_comes_as_a_row(fleet: Fleet, review: Review) -> None:
    said = ask(fleet.engineer, review, side="new", line="3").content.decode()
    assert said.count("<tr") == 1 and 'name="line" value="3"' in said


def test_without_a_script_the_form_opens_on_the_page(fleet: Fleet, review: Review) -> None:
    url = reverse("review-comment", args=[review.pk])
    said = signed_in(fleet.engineer).get(url, {"side": "old", "line": "1"}).content.decode()
    assert 'name="side" value="old"' in said and "May revision 2 go out?" in said


def test_word_on_a_line_stands_under_that_line(fleet: Fleet, review: Review) -> None:
    line = line_with(review, "Be warm.")
    said = send(fleet.engineer, review, side="new", line=line, body="Why warm?").content.decode()
    assert "Why warm?" in said and "diff-threads" in said
    shown = page(fleet.viewer, review)
    assert shown.index("Be warm.") < shown.index("Why warm?") < shown.index("Discussion")


def test_word_on_a_folded_line_is_not_hidden(fleet: Fleet, review: Review) -> None:
    comment(review, by=fleet.engineer, body="This policy line?", side="new", line=2)
    before = page(fleet.viewer, review).split("This policy line?")[0]
    assert "diff-fold" not in before.split('class="diff"')[-1]


def test_what_people_write_is_never_markup(fleet: Fleet, review: Review) -> None:
    evil = "<script>alert(1)</script> javascript:alert(2) https://x.example/<img src=x>"
    comment(review, by=fleet.engineer, body=evil)
    comment(review, by=fleet.engineer, body=evil, side="new", line=1)
    said = page(fleet.viewer, review)
    assert "<script>alert" not in said and "<img" not in said and 'href="javascript' not in said
    assert said.count("&lt;script&gt;alert(1)") == 2


def test_answer_joins_its_thread(fleet: Fleet, review: Review) -> None:
    first = comment(review, by=fleet.engineer, body="Why?")
    said = send(fleet.manager, review, answers=first.pk, body="They asked for it.").content.decode()
    assert said.index("Why?") < said.index("They asked for it.")
    [thread] = threads_of(review)
    assert [one.body for one in thread.replies] == ["They asked for it."]


def test_settled_thread_folds_and_can_be_opened_again(fleet: Fleet, review: Review) -> None:
    first = comment(review, by=fleet.engineer, body="Why?")
    client = signed_in(fleet.manager)
    said = client.post(reverse("comment-resolve", args=[first.pk]), headers=HTMX).content.decode()
    assert "Settled by" in said and "Open again" in said
    said = client.post(reverse("comment-reopen", args=[first.pk]), headers=HTMX).content.decode()
    assert "Settled by" not in said


def test_settling_twice_is_a_conflict_in_words(fleet: Fleet, review: Review) -> None:
    first = comment(review, by=fleet.engineer, body="Why?")
    resolve(first, by=fleet.manager)
    answer = signed_in(fleet.manager).post(reverse("comment-resolve", args=[first.pk]))
    assert answer.status_code == 409 and "resolved already" in answer.content.decode()


@pytest.mark.parametrize("place", [{}, {"side": "new", "line": "1"}])
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_refused_word_keeps_what_was_typed(
    fleet: Fleet, review: Review, place: dict[str, str], headers: dict[str, str]
) -> None:
    url, long = reverse("review-comment", args=[review.pk]), "x" * 10_001
    answer = signed_in(fleet.engineer).post(url, {"body": long, **place}, headers=headers)
    assert answer.status_code == 422
    assert long in answer.content.decode() and "too many" in answer.content.decode()


def test_line_that_is_not_there_is_refused(fleet: Fleet, review: Review) -> None:
    answer = send(fleet.engineer, review, side="new", line="9999", body="Here?")
    assert answer.status_code == 422 and "no such line" in answer.content.decode()


def test_who_only_looks_on_gets_no_form_and_a_403(fleet: Fleet, review: Review) -> None:
    assert "comment-whole" not in page(fleet.viewer, review)
    assert "data-line-comment" not in page(fleet.viewer, review)
    assert post(fleet.viewer, review, "comment", body="Me too").status_code == 403


def test_foreign_thread_is_not_found(fleet: Fleet) -> None:
    theirs = open_review(
        fleet.variants[-1], {"tone": "Be warm."}, rationale="They asked.", by=fleet.engineer
    )
    first = comment(theirs, by=fleet.engineer, body="Why?")
    client: Client = signed_in(fleet.manager)
    for name, pk in (("review-comment", theirs.pk), ("comment-resolve", first.pk)):
        assert client.post(reverse(name, args=[pk]), {"body": "x"}).status_code == 404
    assert Comment.objects.count() == 1


def test_open_thread_goes_along_when_the_review_is_rebased(fleet: Fleet, review: Review) -> None:
    gone = line_with(review, "Be warm.")
    comment(review, by=fleet.engineer, body="On a line that goes", side="new", line=gone)
    comment(review, by=fleet.engineer, body="On a line that stays", side="new", line=1)
    resolve(comment(review, by=fleet.engineer, body="Settled"), by=fleet.manager)
    fresh = rebase(review, {"tone": "Be kind."}, by=fleet.manager, rationale="Again.")
    threads = threads_of(fresh)
    assert {(one.comment.body, one.outdated) for one in threads} == {
        ("On a line that goes", True), ("On a line that stays", False),
    }  # fmt: skip
    assert [one.comment.body for one in on_the_whole(threads)] == ["On a line that goes"]
    said = page(fleet.engineer, fresh)
    assert "On a line that reads differently now" in said and "the review of revision 2" in said
