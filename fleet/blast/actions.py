"""Try a base or policy draft on the whole fleet before it goes out."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils import timezone

from fleet.blast.models import BlastRadius, BlastStage
from registry import border, work
from registry.actions import fingerprint, refuse_unusable
from registry.compose import ComposeError, Slot, Variable
from registry.guardrails import PolicyError, load_policy
from registry.models import Base, Policy, User
from registry.roles import require
from registry.transitions import move

BLAST_KIND = "blast_radius"


class CannotTry(ValueError):
    """The draft cannot be tried on anything yet; the message says what to mend."""


@transaction.atomic
def start_dry_run(
    *,
    by: User,
    base: Base | None = None,
    policy: Policy | None = None,
    document: dict[str, Any],
) -> BlastRadius:
    """Queue a dry run of `document` over every live variant that the line applies to.

    Exactly one of `base` ({text, slots, variables}) and `policy` ({text, rules}) is given.
    The same content that is being tried already gives that run back. Raises CannotTry for a
    document that could not be published either.
    """
    line = base if base is not None else policy
    if line is None or (base is not None and policy is not None):
        raise ValueError("Name one line: a base or a policy.")
    require(by, "author_base" if base is not None else "author_policy")
    clean = base_document(document) if base is not None else policy_document(document)
    # Two clicks at once start one run: the line's lock makes the second see the first.
    type(line).objects.select_for_update(no_key=True).get(pk=line.pk)
    sha = content_hash(clean)
    under_way = BlastRadius.objects.filter(
        base=base, policy=policy, sha256=sha, stage__in=[BlastStage.QUEUED, BlastStage.RUNNING]
    ).first()
    if under_way is not None:
        return under_way
    radius = BlastRadius.objects.create(
        base=base, policy=policy, document=clean, sha256=sha, asked_by=by
    )
    work.enqueue(BLAST_KIND, f"blast:{radius.pk}", {"radius": str(radius.pk)})
    return radius


def cancel_dry_run(radius: BlastRadius, *, by: User) -> BlastRadius:
    """Stop a dry run that waits or runs; the worker notices within half a second."""
    require(by, "author_base" if radius.base_id else "author_policy")
    return move(radius, BlastStage.CANCELLED, by=by, finished_at=timezone.now())


def newest_try(line: Base | Policy, document: dict[str, Any]) -> BlastRadius | None:
    """The newest finished dry run of exactly this content, if there is one."""
    of_line = {"base": line} if isinstance(line, Base) else {"policy": line}
    try:
        clean = base_document(document) if isinstance(line, Base) else policy_document(document)
    except CannotTry:
        return None
    tried = BlastRadius.objects.filter(**of_line, sha256=content_hash(clean), stage=BlastStage.DONE)
    return tried.first()


def content_hash(document: dict[str, Any]) -> str:
    """The sha256 that the published version of this content would carry."""
    if "rules" in document:
        return fingerprint([document["text"], document["rules"]])
    return fingerprint(document)


def base_document(document: dict[str, Any]) -> dict[str, Any]:
    """The draft of a base as a version would store it; CannotTry where none could."""
    try:
        slots = [Slot.from_json(row) for row in document["slots"]]
        refuse_unusable(document["text"], slots)
    except (border.UnusableText, ComposeError) as why:
        raise CannotTry(str(why)) from None
    variables = [Variable.from_json(row) for row in document["variables"]]
    return {
        "text": document["text"],
        "slots": [slot.as_json() for slot in slots],
        "variables": [variable.as_json() for variable in variables],
    }


def policy_document(document: dict[str, Any]) -> dict[str, Any]:
    """The draft of a policy as a version would store it; CannotTry where none could."""
    try:
        border.check(document["text"])
        load_policy(document["rules"])
    except (border.UnusableText, PolicyError) as why:
        raise CannotTry(str(why)) from None
    return {"text": document["text"], "rules": document["rules"]}
