"""Hand forks in: they are kept byte for byte, and compared at once or by a worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from simple_history.utils import bulk_create_with_history

from fleet.adoption.comparing import COMPARE_KIND, compare
from fleet.adoption.forks import Forks, TenantRow
from fleet.adoption.models import BaseChoice, ForkFile, Unforking
from fleet.adoption.owners import owners_of
from registry import events, work
from registry.models import ModelTarget, Prompt, User
from registry.roles import require

AT_ONCE_FORKS, AT_ONCE_CHARS = 20, 60_000
"""Forks and characters that are compared within the request: a quarter of a second on one core."""


class CannotUnfork(ValueError):
    """These forks cannot be un-forked; the message says what to do."""


@dataclass(frozen=True)
class HandedIn:
    """What a person handed in."""

    prompt_slug: str
    target: ModelTarget
    forks: Forks
    tenants: Mapping[str, TenantRow]
    base_choice: BaseChoice


def require_adopter(by: User) -> None:
    """NotAllowed unless `by` may do all that taking forks over does."""
    for capability in ("adopt", "author_base", "author_overlay"):
        require(by, capability)


@transaction.atomic
def open_unforking(given: HandedIn, *, by: User) -> Unforking:
    """Keep the forks and compare them: here when they are few, else by a worker.

    CannotUnfork when there is nothing to compare or no prompt can be called so.
    """
    require_adopter(by)
    if not given.forks.texts:
        raise CannotUnfork("None of the files could be read as a prompt. The list says why.")
    prompt = Prompt.objects.filter(slug=given.prompt_slug).first()
    refuse_name(given.prompt_slug)
    unforking = Unforking.objects.create(
        prompt=prompt, prompt_slug=given.prompt_slug, target=given.target,
        base_choice=given.base_choice, base_text=given.forks.base or "",
        unreadable=given.forks.unreadable, total=len(given.forks.texts), opened_by=by,
    )  # fmt: skip
    _keep_files(unforking, given)
    events.record("unforking.opened", unforking, by, forks=len(given.forks.texts))
    if is_small(given.forks):
        compare(unforking)
    else:
        work.enqueue(
            COMPARE_KIND, f"compare-forks:{unforking.pk}", {"unforking": str(unforking.pk)}
        )
    return unforking


def is_small(forks: Forks) -> bool:
    """Whether these forks are compared while somebody waits for the page."""
    chars = sum(map(len, forks.texts.values()))
    return len(forks.texts) <= AT_ONCE_FORKS and chars <= AT_ONCE_CHARS


def _keep_files(unforking: Unforking, given: HandedIn) -> None:
    owners = owners_of(given.forks.texts, given.tenants)
    files = [
        ForkFile(
            unforking=unforking, name=name, text=text, tenant=owners[name].tenant,
            slug=owners[name].slug, facts=owners[name].facts,
        )
        for name, text in given.forks.texts.items()
    ]  # fmt: skip
    bulk_create_with_history(files, ForkFile, batch_size=200)


def refuse_name(slug: str) -> None:
    """CannotUnfork where no prompt is called so and none could be."""
    if Prompt.objects.filter(slug=slug).exists():
        return
    try:
        Prompt(slug=slug, name=name_of(slug)).full_clean()
    except ValidationError as error:
        raise CannotUnfork(f"“{slug}” cannot name a prompt. {' '.join(error.messages)}") from None


def name_of(slug: str) -> str:
    """What a new prompt is called."""
    return slug.replace("-", " ").replace("_", " ").capitalize()
