"""Take the accepted forks over: each in a transaction of its own, so that none waits for another.

The base and the policy line are published first; then every accepted fork becomes live as
base and overlay, adopted without evidence. A run that is cut short goes on where it stopped.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.db import transaction

from fleet.adoption.actions import Fork, adopt_fork
from fleet.adoption.ground import Ground, Shape, lay_ground
from fleet.adoption.models import ForkChoice, ForkFile, Unforking, UnforkStage
from fleet.adoption.opening import CannotUnfork, name_of, require_adopter
from fleet.adoption.owners import tenant_of
from registry import events, work
from registry.compose import ComposeError
from registry.models import Prompt, Revision, User
from registry.transitions import move

ADOPT_KIND = "adopt_forks"

AT_ONCE = 8
"""Forks that are taken over within the request; one takes 30 to 50 ms."""

STEP = 5
"""Forks between two signs of life."""


@transaction.atomic
def begin_adoption(unforking: Unforking, *, by: User, why: str) -> Unforking:
    """Start taking over what was accepted. It cannot be undone, only rolled back later.

    CannotUnfork where nothing was accepted, no reason given, or it would take a prompt out
    of the global policy; IllegalMove where somebody else began or cancelled it first.
    """
    require_adopter(by)
    if not why.strip():
        raise CannotUnfork("Say why these texts are adopted without evidence.")
    accepted = unforking.files.filter(choice=ForkChoice.ACCEPT, is_exact=True).count()
    if not accepted:
        raise CannotUnfork("No fork is accepted. Accept some first.")
    _refuse_to_leave_the_policy(unforking, by)
    unforking = move(
        unforking, UnforkStage.ADOPTING, by=by, why=why, reason=why, total=accepted, seen=0,
        problem="",
    )  # fmt: skip
    if unforking.prompt is None:
        _make_prompt(unforking)
    payload = {"unforking": str(unforking.pk), "by": by.pk}
    if accepted > AT_ONCE:
        work.enqueue(ADOPT_KIND, f"adopt-forks:{unforking.pk}:{uuid.uuid4()}", payload)
    else:
        take_over(unforking, by=by)
    return unforking


def _refuse_to_leave_the_policy(unforking: Unforking, by: User) -> None:
    """Forks that carry no policy bring a line of their own; only its owner may swap the global."""
    if unforking.fence_removed or by.has_perm("registry.author_policy"):
        return
    written = Revision.objects.filter(variant__prompt__slug=unforking.prompt_slug)
    if written.filter(policy_version__policy__prompt__isnull=True).exists():
        raise CannotUnfork(
            f"{unforking.prompt_slug} is served under the global policy, and these forks do not "
            "begin with it: taken over, its variants would leave it. Hand them in for a prompt "
            "of their own, or ask a policy owner."
        )


def take_over(
    unforking: Unforking, *, by: User, alive: Callable[[int], None] = lambda seen: None
) -> Unforking:
    """Adopt every accepted fork that has no outcome yet, then close the un-fork."""
    accepted = unforking.files.filter(choice=ForkChoice.ACCEPT, is_exact=True)
    texts = list(accepted.values_list("text", flat=True))
    shape = Shape(unforking.base_text, tuple(unforking.slot_list), unforking.fence_removed)
    assert unforking.prompt is not None, "beginning made the prompt"
    try:
        ground = lay_ground(
            unforking.prompt, shape, texts, target=unforking.target, by=by,
            reason=unforking.reason,
        )  # fmt: skip
    except ComposeError as problem:
        return give_back(unforking, str(problem))
    for number, pk in enumerate(accepted.values_list("pk", flat=True), 1):
        _take_over_one(ground, pk)
        if number % STEP == 0:
            alive(number)
    return _close(unforking, by)


@transaction.atomic
def _take_over_one(ground: Ground, pk: int) -> None:
    file = (
        ForkFile.objects.select_for_update(no_key=True, of=("self",))
        .select_related("tenant")
        .get(pk=pk)
    )
    if file.outcome:
        return
    fork = Fork(file.name, file.text, file.values, tenant_of(file), file.detail)
    outcome = adopt_fork(ground, fork)
    file.outcome = f"{outcome.what}: {outcome.detail}"
    file.variant = outcome.variant
    file.save()


@transaction.atomic
def _close(unforking: Unforking, by: User) -> Unforking:
    done = unforking.files.filter(outcome__startswith="adopted").count()
    events.record("unforking.taken_over", unforking, by, adopted=done)
    return move(unforking, UnforkStage.DONE, by=by, seen=unforking.total)


@transaction.atomic
def give_back(unforking: Unforking, problem: str) -> Unforking:
    """Open it again for decisions, with what kept it from going on."""
    return move(unforking, UnforkStage.OPEN, by=None, problem=problem)


def _make_prompt(unforking: Unforking) -> None:
    """The prompt the forks belong to, unless somebody made it in the meantime."""
    found = Prompt.objects.filter(slug=unforking.prompt_slug).first()
    if found is None:
        found = Prompt(slug=unforking.prompt_slug, name=name_of(unforking.prompt_slug))
        try:
            found.full_clean()
        except ValidationError as error:
            raise CannotUnfork(" ".join(error.messages)) from None
        found.save()
    unforking.prompt = found
    unforking.save(update_fields=["prompt"])
