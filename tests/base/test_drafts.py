"""The draft of a base: saved, contested, published, and a prompt begun."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError

from fleet.base.actions import NoReason, NotTried, publish_draft, try_draft
from fleet.review.barred import contributors
from registry.actions import (
    BaseContent,
    BaseDraftConflict,
    NothingToPublish,
    UnusableSemver,
    begin_base,
    begin_prompt,
    discard_base_draft,
    open_base,
    publish_base_draft,
    save_base_draft,
)
from registry.compose import ComposeError
from registry.models import Base, BaseDraft, BaseVersion, Revision
from registry.roles import NotAllowed
from tests.blast.trying import run
from tests.builders import Fleet, make_user


@pytest.fixture
def base(fleet: Fleet) -> Base:
    return Base.objects.get()


def words(base: Base, text: str) -> BaseContent:
    """The base's content with another text."""
    return replace(open_base(base).content, text=text)


GOOD = "Hello.\n{{> tone}}\n{{> citations}}"


def test_only_a_base_author_saves(fleet: Fleet, base: Base) -> None:
    with pytest.raises(NotAllowed):
        save_base_draft(base, words(base, GOOD), edition=0, by=fleet.policy_owner)


def test_an_unfinished_draft_is_kept(fleet: Fleet, base: Base) -> None:
    save_base_draft(base, words(base, "{{> nowhere}}"), edition=0, by=fleet.engineer)
    assert open_base(base).content.text == "{{> nowhere}}"


def test_the_second_save_is_refused_with_theirs(fleet: Fleet, base: Base) -> None:
    other = make_user("prompt_engineer", "other")
    save_base_draft(base, words(base, "Theirs"), edition=0, by=fleet.engineer)
    with pytest.raises(BaseDraftConflict) as conflict:
        save_base_draft(base, words(base, "Mine"), edition=0, by=other)
    assert conflict.value.theirs.content.text == "Theirs"
    assert open_base(base).content.text == "Theirs"


def test_a_form_older_than_the_publishing_is_refused(fleet: Fleet, base: Base) -> None:
    draft = save_base_draft(base, words(base, GOOD), edition=0, by=fleet.engineer)
    publish_base_draft(base, edition=draft.edition, semver="1.0.1", note="x", by=fleet.engineer)
    with pytest.raises(BaseDraftConflict):
        save_base_draft(base, words(base, "Late"), edition=draft.edition, by=fleet.engineer)


def test_publishing_keeps_everybody_who_typed_and_moves_nobody(fleet: Fleet, base: Base) -> None:
    other = make_user("prompt_engineer", "other")
    live = set(Revision.objects.values_list("pk", "base_version"))
    first = save_base_draft(base, words(base, "Half"), edition=0, by=other)
    save_base_draft(base, words(base, GOOD), edition=first.edition, by=fleet.engineer)
    edition = open_base(base).edition
    version = publish_base_draft(
        base, edition=edition, semver="1.0.1", note="Shorter", by=fleet.engineer
    )
    assert version.contributor_ids == sorted([other.pk, fleet.engineer.pk])
    assert not BaseDraft.objects.exists()
    assert set(Revision.objects.values_list("pk", "base_version")) == live
    assert contributors(Revision.objects.all()[0])  # readable with the new column


def test_a_base_that_does_not_hold_together_is_not_published(fleet: Fleet, base: Base) -> None:
    draft = save_base_draft(base, words(base, "{{> nowhere}}"), edition=0, by=fleet.engineer)
    with pytest.raises(ComposeError):
        publish_base_draft(base, edition=draft.edition, semver="2.0.0", note="x", by=fleet.engineer)
    assert BaseVersion.objects.count() == 1
    assert BaseDraft.objects.exists()


@pytest.mark.parametrize("semver", ["1.0.0", "2", "v2.0.0", "1.0.0-rc1", "01.0.0", "", "٢.0.0"])
def test_a_version_that_is_taken_or_none_is_refused(fleet: Fleet, base: Base, semver: str) -> None:
    draft = save_base_draft(base, words(base, GOOD), edition=0, by=fleet.engineer)
    with pytest.raises(UnusableSemver):
        publish_base_draft(base, edition=draft.edition, semver=semver, note="x", by=fleet.engineer)


def test_what_is_current_already_is_not_published_again(fleet: Fleet, base: Base) -> None:
    with pytest.raises(NothingToPublish):
        publish_base_draft(base, edition=0, semver="1.0.1", note="x", by=fleet.engineer)


def test_untried_content_needs_the_tick_and_a_reason(fleet: Fleet, base: Base) -> None:
    content = words(base, GOOD)
    given = {"edition": 0, "semver": "1.0.1", "by": fleet.engineer}
    with pytest.raises(NoReason):
        publish_draft(base, content, why=" ", untried=True, **given)  # type: ignore[arg-type]
    with pytest.raises(NotTried):
        publish_draft(base, content, why="Shorter", untried=False, **given)  # type: ignore[arg-type]
    assert not BaseDraft.objects.exists()
    run(try_draft(base, content, edition=0, by=fleet.engineer))
    given["edition"] = open_base(base).edition
    version = publish_draft(base, content, why="Shorter", untried=False, **given)  # type: ignore[arg-type]
    assert version.text == GOOD


def test_a_discarded_draft_leaves_the_current_version(fleet: Fleet, base: Base) -> None:
    draft = save_base_draft(base, words(base, GOOD), edition=0, by=fleet.engineer)
    with pytest.raises(BaseDraftConflict):
        discard_base_draft(base, edition=0, by=fleet.engineer)
    discard_base_draft(base, edition=draft.edition, by=fleet.engineer)
    assert open_base(base).content == BaseContent.from_stored(BaseVersion.objects.get())


def test_a_prompt_begins_with_an_empty_draft(fleet: Fleet) -> None:
    base = begin_prompt(
        slug="refunds", name="Refunds", kind="task", description="", by=fleet.engineer
    )
    assert open_base(base).content == BaseContent()
    with pytest.raises(ValidationError):
        begin_prompt(slug="refunds", name="Twice", kind="task", description="", by=fleet.engineer)
    with pytest.raises(NotAllowed):
        begin_prompt(slug="new", name="New", kind="task", description="", by=fleet.viewer)


def test_a_first_base_needs_no_dry_run(fleet: Fleet) -> None:
    base = begin_prompt(slug="new", name="New", kind="task", description="", by=fleet.engineer)
    version = publish_draft(
        base, BaseContent("Hello."), edition=open_base(base).edition, semver="1.0.0",
        why="First", untried=False, by=fleet.engineer,
    )  # fmt: skip
    assert version.text == "Hello."


def test_a_line_for_one_locale_begins_with_what_holds_for_all(fleet: Fleet, base: Base) -> None:
    german = begin_base(fleet.prompt, locale="de", by=fleet.engineer)
    assert open_base(german).content == open_base(base).content
    assert begin_base(fleet.prompt, locale="de", by=fleet.engineer) == german
