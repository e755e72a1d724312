"""Keep what is known of models: by hand, or from a list."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from fleet.clock.comparing import Change, compare
from fleet.clock.reading import Reading
from registry import border, events
from registry.actions import announce_retirement
from registry.models import ModelTarget, User
from registry.roles import require

CHANGEABLE = ("context_window", "input_price", "output_price")
"""What may be changed beside the retirement."""

MOST_NEW = 1_000
"""Models added in one request, some seconds; a longer list is no list of what one uses."""


class UnusableTarget(ValueError):
    """What was said of a model makes no sense; the message says why."""


@transaction.atomic
def add_target(*, provider: str, snapshot: str, by: User, **said: Any) -> ModelTarget:
    """A model that revisions can be pinned to. Raises NotAllowed, UnusableTarget."""
    require(by, "manage_models")
    retirement = {name: said.pop(name, None) for name in ("retires_on", "source")}
    target = ModelTarget(provider=provider.strip().lower(), snapshot=snapshot.strip(), **said)
    _check(target)
    target.save()
    events.record("modeltarget.added", target, by, retirement["source"] or "")
    return _retire(target, by=by, **retirement)


@transaction.atomic
def change_target(
    target: ModelTarget, *, by: User, retires_on: dt.date | None, source: str,
    context_window: int | None, input_price: Decimal | None, output_price: Decimal | None,
) -> ModelTarget:  # fmt: skip
    """Everything that is known of a model, as it is from now on; None: unknown.

    Raises NotAllowed, UnusableTarget.
    """
    require(by, "manage_models")
    target = ModelTarget.objects.select_for_update(no_key=True).get(pk=target.pk)
    facts = {
        "context_window": context_window, "input_price": input_price,
        "output_price": output_price,
    }  # fmt: skip
    changed = {name: value for name, value in facts.items() if getattr(target, name) != value}
    for name, value in changed.items():
        setattr(target, name, value)
    _check(target)
    if changed:
        target.save(update_fields=list(changed))
        plain: dict[str, Any] = {
            name: None if value is None else str(value) for name, value in changed.items()
        }
        events.record("modeltarget.changed", target, by, **plain)
    return _retire(target, retires_on=retires_on, source=source, by=by)


def _check(target: ModelTarget) -> None:
    """UnusableTarget for what no column holds, an alias, or a model that is there already."""
    for price in (target.input_price, target.output_price):
        if price is not None and price < 0:
            raise UnusableTarget("A price below zero is none.")
    try:
        border.check(f"{target.provider} {target.snapshot}")
        target.full_clean()
    except border.UnusableText as why:
        raise UnusableTarget(str(why)) from None
    except ValidationError as wrong:
        raise UnusableTarget(" ".join(wrong.messages)) from None


def _retire(
    target: ModelTarget, *, retires_on: dt.date | None, source: str | None, by: User
) -> ModelTarget:
    """Say when it retires, that the day still holds, or that it is unknown again."""
    source = (source or "").strip()
    if retires_on is None:
        if target.retires_on is not None:
            target.retires_on, target.retires_source = None, ""
            target.save(update_fields=["retires_on", "retires_source"])
            events.record("modeltarget.retirement_unknown", target, by, source)
        return target
    if not source:
        raise UnusableTarget("Say where the date was read, for example the provider's page.")
    try:
        border.check(source)
    except border.UnusableText as why:
        raise UnusableTarget(str(why)) from None
    if (target.retires_on, target.retires_source) == (retires_on, source):
        return confirm_date(target)
    return announce_retirement(target, retires_on=retires_on, source=source, by=by)


def confirm_date(target: ModelTarget) -> ModelTarget:
    """Note that the day was looked up again today, and still holds."""
    today = timezone.localdate()
    if target.retires_checked_on != today:
        target.retires_checked_on = today
        target.save(update_fields=["retires_checked_on"])
    return target


@transaction.atomic
def import_models(
    reading: Reading, *, source: str, add_new: bool, by: User
) -> tuple[int, int, int]:
    """Take over a list: (added, changed, dates confirmed), compared anew with what is known now.

    Raises NotAllowed, UnusableTarget.
    """
    require(by, "manage_models")
    found = compare(reading, source=source)
    for change in found.changed:
        _apply(change, by)
    new = found.new if add_new else []
    if len(new) > MOST_NEW:
        raise UnusableTarget(f"{len(new):,} new models at once; {MOST_NEW} are the most.")
    for change in new:
        said = change.entry.says()
        said["source"] = said.pop("retires_source", "")
        add_target(provider=change.entry.provider, snapshot=change.entry.snapshot, by=by, **said)
    dated = [one.target for one in found.unchanged if one.entry.retires_on and one.target]
    for target in dated:
        confirm_date(target)
    return len(new), len(found.changed), len(dated)


def _apply(change: Change, by: User) -> None:
    """The list's word over what was known; what it does not say stays."""
    target, entry = change.target, change.entry
    assert target is not None, "only known models are changed"
    facts = {
        name: getattr(entry, name) if getattr(entry, name) is not None else getattr(target, name)
        for name in CHANGEABLE
    }
    moves = entry.retires_on is not None and entry.retires_on != target.retires_on
    change_target(
        target, by=by, **facts,
        retires_on=entry.retires_on if moves else target.retires_on,
        source=entry.retires_source if moves else target.retires_source,
    )  # fmt: skip
