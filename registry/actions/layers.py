"""Publish policy and base versions: each call appends one frozen version to its line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from registry import border, events
from registry.compose import ComposeError, Slot, Variable, compose, sha256_of
from registry.guardrails import load_policy
from registry.models import Base, BaseVersion, Policy, PolicyVersion, Prompt, User
from registry.roles import require
from registry.slots import refuse_declarations


def fingerprint(document: Any) -> str:
    """Hex SHA-256 of a JSON value in canonical form (sorted keys, no blanks)."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def publish_policy(
    *,
    text: str,
    rules: dict[str, Any],
    by: User,
    note: str,
    prompt: Prompt | None = None,
    contributors: Iterable[int] = (),
) -> PolicyVersion:
    """Append a policy version to the global line, or to a prompt's own line.

    A prompt's own line comes from `import_forks`: forks that carry their policy in their
    text. `contributors` are the ids of those who typed in the draft besides `by`. The same
    text and rules again give the version there is. PolicyError where the rules do not load.
    """
    if prompt is None or not by.has_perm("registry.adopt"):
        require(by, "author_policy")
    border.check(text)
    load_policy(rules)
    name = f"Policy within {prompt.slug}" if prompt else "Global policy"
    line, _ = Policy.objects.get_or_create(prompt=prompt, defaults={"name": name})
    line = Policy.objects.select_for_update(no_key=True).get(pk=line.pk)
    head = line.versions.first()
    sha = fingerprint([text, rules])
    if head is not None and head.sha256 == sha and not hasattr(head, "revocation"):
        return head
    version = PolicyVersion.objects.create(
        policy=line, number=head.number + 1 if head else 1, text=text, rules=rules,
        sha256=sha, author=by, note=note, contributor_ids=sorted({by.pk, *contributors}),
    )  # fmt: skip
    events.record("policy.published", version, by, note)
    return version


@transaction.atomic
def publish_base(
    *,
    prompt: Prompt,
    text: str,
    slots: Sequence[Slot],
    variables: Sequence[Variable],
    by: User,
    note: str,
    semver: str,
    locale: str = "",
    model_family: str = "",
    contributors: Iterable[int] = (),
) -> BaseVersion:
    """Append a base version; variants stay pinned until each is repinned by decision.

    `contributors` are the ids of those who typed in the draft besides `by`. The same
    content again gives the version there is. ComposeError when a marker names a slot that
    is not declared.
    """
    require(by, "author_base")
    refuse_unusable(text, slots)
    line, _ = Base.objects.get_or_create(prompt=prompt, locale=locale, model_family=model_family)
    line = Base.objects.select_for_update(no_key=True).get(pk=line.pk)
    head = line.versions.first()
    content = {
        "text": text,
        "slots": [slot.as_json() for slot in slots],
        "variables": [variable.as_json() for variable in variables],
    }
    sha = fingerprint(content)
    if head is not None and head.sha256 == sha:
        return head
    version = BaseVersion.objects.create(
        base=line, number=head.number + 1 if head else 1, semver=semver, sha256=sha,
        author=by, note=note, contributor_ids=sorted({by.pk, *contributors}), **content,
    )  # fmt: skip
    events.record("base.published", version, by, note, text_sha256=sha256_of(text))
    return version


def refuse_unusable(text: str, slots: Sequence[Slot]) -> None:
    """Raise UnusableText or ComposeError for a base that could not be published."""
    border.check(text)
    compose("", text, slots, {})
    _refuse_twins([slot.name for slot in slots])
    refuse_declarations(slots)


def _refuse_twins(names: Sequence[str]) -> None:
    twins = {name for name in names if names.count(name) > 1}
    if twins:
        raise ComposeError(f"Two slots are called {', '.join(sorted(twins))}. Rename one.")
