"""Write a base: open its draft, save it, discard it, publish it; begin a prompt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from registry import border, events
from registry.actions.layers import publish_base
from registry.actions.policy_drafts import NothingToPublish, check_json
from registry.compose import Slot, Variable
from registry.models import Base, BaseDraft, BaseVersion, Prompt, User
from registry.roles import require

SEMVER = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})", re.ASCII)


@dataclass(frozen=True)
class BaseContent:
    """What a base says: its text, the slots it lets tenants fill, the variables it declares."""

    text: str = ""
    slots: tuple[Slot, ...] = ()
    variables: tuple[Variable, ...] = ()

    @classmethod
    def from_stored(cls, row: BaseDraft | BaseVersion) -> BaseContent:
        """A draft's or a version's content."""
        return cls.from_document({"text": row.text, "slots": row.slots, "variables": row.variables})

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> BaseContent:
        """Content from its plain JSON values."""
        return cls(
            document["text"],
            tuple(Slot.from_json(row) for row in document["slots"]),
            tuple(Variable.from_json(row) for row in document["variables"]),
        )

    def as_document(self) -> dict[str, Any]:
        """Plain JSON values, as versions and dry runs take them."""
        return {
            "text": self.text,
            "slots": [slot.as_json() for slot in self.slots],
            "variables": [variable.as_json() for variable in self.variables],
        }


@dataclass(frozen=True)
class OpenedBase:
    """What an editor opens with: the draft, or what is current where there is none."""

    content: BaseContent
    edition: int
    draft: BaseDraft | None
    head: BaseVersion | None

    @property
    def changed(self) -> bool:
        """Whether the draft says anything else than the current version."""
        return self.head is None or self.content != BaseContent.from_stored(self.head)


class BaseDraftConflict(Exception):
    """Somebody else saved, published or discarded first; holds what there is now."""

    def __init__(self, theirs: OpenedBase, who: str, when: datetime | None) -> None:
        super().__init__(
            f"{who} changed this base while you were writing. "
            "What you typed is still here; nothing was overwritten."
        )
        self.theirs = theirs
        self.who = who
        self.when = when


class UnusableSemver(ValueError):
    """The semantic version cannot be given; the message says why."""


def open_base(base: Base) -> OpenedBase:
    """The line's draft, its edition and its current version. Writes nothing."""
    draft = BaseDraft.objects.filter(base=base).select_related("saved_by").first()
    head = current_base(base)
    if draft is not None:
        return OpenedBase(BaseContent.from_stored(draft), draft.edition, draft, head)
    content = BaseContent.from_stored(head) if head else BaseContent()
    return OpenedBase(content, base_edition(base), None, head)


def current_base(base: Base) -> BaseVersion | None:
    """The newest version of the line that is not revoked."""
    return base.versions.filter(revocation__isnull=True).select_related("author").first()


def base_edition(base: Base) -> int:
    """The edition of a line whose draft is closed: one more than its last draft; 0: never one.

    Closing counts, so that whoever still holds the closed draft's form is refused.
    """
    last = BaseDraft.history.filter(base=base).aggregate(last=Max("edition"))["last"]
    return 0 if last is None else int(last) + 1


@transaction.atomic
def begin_prompt(*, slug: str, name: str, kind: str, description: str, by: User) -> Base:
    """A new prompt with an empty draft of its base. ValidationError names the field."""
    require(by, "author_base")
    prompt = Prompt(slug=slug, name=name, kind=kind, description=description)
    prompt.full_clean()
    prompt.save()
    events.record("prompt.begun", prompt, by)
    return begin_base(prompt, by=by)


@transaction.atomic
def begin_base(prompt: Prompt, *, by: User, locale: str = "", model_family: str = "") -> Base:
    """A line of a prompt's base, for any locale and model or for one, with a draft to write.

    A line that is there already is given back as it is. A line for one locale or model
    begins with what the line for any says now.
    """
    require(by, "author_base")
    line = Base(prompt=prompt, locale=locale, model_family=model_family)
    line.full_clean(validate_constraints=False)
    base, made = Base.objects.get_or_create(prompt=prompt, locale=locale, model_family=model_family)
    if made:
        content = _said_by_the_general_line(prompt).as_document()
        BaseDraft.objects.create(base=base, contributor_ids=[by.pk], saved_by=by, **content)
    return base


def _said_by_the_general_line(prompt: Prompt) -> BaseContent:
    general = Base.objects.filter(prompt=prompt, locale="", model_family="").first()
    return open_base(general).content if general else BaseContent()


@transaction.atomic
def save_base_draft(base: Base, content: BaseContent, *, edition: int, by: User) -> BaseDraft:
    """Save this content as the line's draft; it may be unfinished.

    `edition` is what the form was opened with. What somebody else saved, published or
    discarded since raises BaseDraftConflict, and nothing is stored. UnusableText for what no
    text column can hold.
    """
    require(by, "author_base")
    clean = replace(content, text=border.from_form(content.text))
    check_json(clean.as_document())
    opened = _locked(base)
    if opened.draft is not None and opened.content == clean:
        return opened.draft
    _refuse_stale(opened, edition)
    draft = opened.draft or BaseDraft(base=base, edition=opened.edition, contributor_ids=[])
    for name, value in clean.as_document().items():
        setattr(draft, name, value)
    draft.saved_by = by
    draft.edition += 1
    draft.contributor_ids = sorted({*draft.contributor_ids, by.pk})
    draft.save()
    return draft


@transaction.atomic
def discard_base_draft(base: Base, *, edition: int, by: User) -> None:
    """Throw the draft away; its history stays. BaseDraftConflict as for saving."""
    require(by, "author_base")
    opened = _locked(base)
    if opened.draft is None:
        return
    _refuse_stale(opened, edition)
    opened.draft.delete()
    events.record("base.draft_discarded", base, by)


@transaction.atomic
def publish_base_draft(
    base: Base, *, edition: int, semver: str, note: str, by: User
) -> BaseVersion:
    """Append the draft as the line's next version, and close the draft.

    No variant changes by this: each is moved by its own decision. Everyone who typed in the
    draft is kept as a contributor. Raises NothingToPublish, UnusableSemver,
    BaseDraftConflict, and ComposeError for a base that does not hold together.
    """
    require(by, "author_base")
    opened = _locked(base)
    _refuse_stale(opened, edition)
    if opened.draft is None or not opened.changed:
        raise NothingToPublish("The draft says what the current version says already.")
    _refuse_semver(base, semver)
    content = opened.content
    version = publish_base(
        prompt=base.prompt, locale=base.locale, model_family=base.model_family,
        text=content.text, slots=content.slots, variables=content.variables, by=by,
        note=border.from_form(note), semver=semver, contributors=opened.draft.contributor_ids,
    )  # fmt: skip
    opened.draft.delete()
    return version


def _refuse_semver(base: Base, semver: str) -> None:
    if not SEMVER.fullmatch(semver):
        raise UnusableSemver("A version is three numbers with dots, for example 2.4.0.")
    if base.versions.filter(semver=semver).exists():
        raise UnusableSemver(f"There is a version {semver} already. Take a higher one.")


def _locked(base: Base) -> OpenedBase:
    return open_base(Base.objects.select_for_update(no_key=True).get(pk=base.pk))


def _refuse_stale(opened: OpenedBase, edition: int) -> None:
    if opened.edition == edition:
        return
    who, when = "Somebody else", None
    if opened.draft is not None:
        who, when = opened.draft.saved_by.display_name, opened.draft.saved_at
    elif opened.head is not None:
        who, when = opened.head.author.display_name, opened.head.created_at
    raise BaseDraftConflict(opened, who, when)
