"""What a person decides before forks are taken over: slots, values, owners, yes or no.

Each verb locks the un-fork, so that two people do not undo each other unseen; none of them
changes what is served.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import transaction
from simple_history.utils import bulk_update_with_history

from fleet.adoption.comparing import findings_of
from fleet.adoption.linting import Linter, linter
from fleet.adoption.models import ForkChoice, ForkFile, Unforking, UnforkStage
from fleet.adoption.opening import require_adopter
from fleet.adoption.owners import problem_with
from fleet.adoption.proof import body_of, template_of
from registry import events
from registry.border import from_form
from registry.models import Tenant, User
from registry.transitions import IllegalMove, move
from registry.unfork.oddities import line_end_of
from registry.unfork.reshape import (
    CannotReshape,
    Template,
    difference,
    dropped,
    gives_back,
    read_again,
    renamed,
)


@transaction.atomic
def rename_slot(unforking: Unforking, old: str, new: str, label: str, *, by: User) -> Unforking:
    """Call a slot something else. CannotReshape for a name that will not do."""
    unforking = _locked(unforking, by)
    template = renamed(template_of(unforking), old, new, label)
    files = list(unforking.files.all())
    for file in files:
        if old in file.values:
            file.values = {new if slot == old else slot: v for slot, v in file.values.items()}
        for finding in file.findings:
            finding["slot"] = new if finding["slot"] == old else finding["slot"]
    _save_shape(unforking, template, files, ["values", "findings"])
    events.record("unforking.slot_renamed", unforking, by, old=old, new=new)
    return unforking


@transaction.atomic
def drop_slot(unforking: Unforking, name: str, *, by: User) -> Unforking:
    """Give a slot's text back to the base; forks that filled it are proved again."""
    unforking = _locked(unforking, by)
    template = dropped(template_of(unforking), name)
    files = list(unforking.files.select_related("tenant"))
    rules = _rules(unforking, template, files)
    for file in files:
        _prove_again(unforking, template, file, rules)
    _save_shape(unforking, template, files, ["values", "is_exact", "detail", "share", "findings"])
    events.record("unforking.slot_dropped", unforking, by, slot=name)
    return unforking


@transaction.atomic
def adjust_fork(file: ForkFile, typed: Mapping[str, str], *, by: User) -> ForkFile:
    """Give one fork other slot values; whether they compose to the exact text is proved."""
    unforking = _locked(file.unforking, by)
    file = unforking.files.select_related("tenant").get(pk=file.pk)
    template = template_of(unforking)
    file.values = values_typed(template, file, typed)
    file.is_exact = gives_back(template, file.values, body_of(file, unforking))
    file.detail = difference(template, file.values, body_of(file, unforking)) or "exact"
    file.findings = findings_of(file, _rules(unforking, template, list(unforking.files.all())))
    if not file.is_exact and file.choice == ForkChoice.ACCEPT:
        file.choice = ForkChoice.UNDECIDED
    file.save()
    events.record("unforking.adjusted", unforking, by, fork=file.name)
    return file


def values_typed(template: Template, file: ForkFile, typed: Mapping[str, str]) -> dict[str, str]:
    """Slot values as a form sent them, with the line ends the fork itself uses.

    A form turns every line end into CRLF: a value that was not touched otherwise stays as it
    was to the byte, and one that was gets the fork's own line ends. Blanks stay; an empty
    value means the default.
    """
    end = line_end_of(file.text)
    values: dict[str, str] = {}
    for slot in template.slots:
        before = file.values.get(slot.name, "")
        text = from_form(typed.get(slot.name, before))
        value = before if text == from_form(before) else text.replace("\n", end)
        if value:
            values[slot.name] = value
    return values


@transaction.atomic
def choose_owner(file: ForkFile, slug: str, *, by: User) -> ForkFile:
    """Say whose fork it is, by the tenant's short name; one that is new is made later.

    CannotReshape where no tenant can be called so.
    """
    unforking = _locked(file.unforking, by)
    file = unforking.files.get(pk=file.pk)
    slug = slug.strip()
    file.tenant = Tenant.objects.filter(slug=slug).first()
    problem = "" if file.tenant else problem_with(slug)
    if problem:
        raise CannotReshape(problem)
    file.slug = slug
    file.save()
    events.record("unforking.owner_chosen", unforking, by, fork=file.name, tenant=slug)
    return file


@transaction.atomic
def decide(unforking: Unforking, pks: Iterable[int], choice: ForkChoice, *, by: User) -> int:
    """Accept or leave these forks; how many that changed.

    Only a fork that composes back exactly and has an owner can be accepted: the others stay
    as they were.
    """
    unforking = _locked(unforking, by)
    files = [
        file
        for file in unforking.files.filter(pk__in=list(pks)).exclude(choice=choice)
        if choice != ForkChoice.ACCEPT or is_acceptable(file)
    ]
    for file in files:
        file.choice = choice
    bulk_update_with_history(files, ForkFile, ["choice"], batch_size=200)
    if files:
        events.record("unforking.decided", unforking, by, choice=choice.value, forks=len(files))
    return len(files)


def is_acceptable(file: ForkFile) -> bool:
    """Whether the fork could be taken over as it stands."""
    return file.is_exact and (file.tenant_id is not None or not problem_with(file.slug))


@transaction.atomic
def cancel(unforking: Unforking, *, by: User, why: str) -> Unforking:
    """Throw the un-fork away. Nothing of it was served."""
    require_adopter(by)
    return move(unforking, UnforkStage.CANCELLED, by=by, why=why)


def _locked(unforking: Unforking, by: User) -> Unforking:
    """The un-fork under lock, still open for decisions; IllegalMove where it is not."""
    require_adopter(by)
    fresh = Unforking.objects.select_for_update(no_key=True, of=("self",)).select_related(
        "prompt", "target"
    ).get(pk=unforking.pk)  # fmt: skip
    if fresh.stage != UnforkStage.OPEN:
        raise IllegalMove(
            f"This un-fork is “{fresh.get_stage_display()}”: nothing of it can be changed now. "
            "Reload the page."
        )
    return fresh


def _prove_again(
    unforking: Unforking, template: Template, file: ForkFile, rules: Linter | None
) -> None:
    body = body_of(file, unforking)
    file.values, report = read_again(template, file.name, body, file.values)
    file.is_exact, file.detail = report.exact, report.detail
    file.share = report.share_in_common
    file.findings = findings_of(file, rules)
    if not file.is_exact and file.choice == ForkChoice.ACCEPT:
        file.choice = ForkChoice.UNDECIDED


def _rules(unforking: Unforking, template: Template, files: list[ForkFile]) -> Linter | None:
    texts = [file.text for file in files]
    return linter(
        unforking.prompt, template, texts, unforking.target, fenced=unforking.fence_removed
    )


def _save_shape(
    unforking: Unforking, template: Template, files: list[ForkFile], fields: list[str]
) -> None:
    unforking.base_text = template.text
    unforking.slots = [slot.as_json() for slot in template.slots]
    unforking.save(update_fields=["base_text", "slots"])
    bulk_update_with_history(files, ForkFile, [*fields, "choice"], batch_size=200)
