"""An import under way, and the plain rows of a folder: people, models, tenants, prompts."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.dateparse import parse_date, parse_datetime

from fleet.folder.disk import UnusableFolder
from fleet.folder.reading import Files, record, records
from registry.models import Contact, ModelTarget, Prompt, Tenant, User


@dataclass
class Report:
    """What an import did: how many rows were added or changed by kind, and what needs a person."""

    added: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


@dataclass
class Import:
    """One import under way: its files, who does it, and who and what they name."""

    files: Files
    by: User
    report: Report = field(default_factory=Report)
    people: dict[str, User] = field(default_factory=dict)

    def person(self, username: Any, where: str) -> User:
        """A person by username; UnusableFolder where nobody is called so."""
        found = self.people.get(username) if isinstance(username, str) else None
        if found is None:
            raise UnusableFolder(f"{where} names {username!r}, who is neither here nor in people/.")
        return found


def load_people(task: Import) -> None:
    """Accounts that are missing, without a password: an operator has to give them one."""
    for name, row in records(task.files, "people/"):
        username = text_of(row, "username", name)
        user, made = User.objects.get_or_create(
            username=username,
            defaults={key: row.get(key, "") for key in ("first_name", "last_name", "email")}
            | {"is_active": bool(row.get("is_active", True))},
        )
        if made:
            user.set_unusable_password()
            save(user, name)
            user.groups.set(Group.objects.filter(name__in=row.get("roles", [])))
            task.report.added["people"] += 1
    task.people = {user.username: user for user in User.objects.all()}


def load_models(task: Import) -> None:
    """Model targets, brought up to what the folder says."""
    for name, row in records(task.files, "models/"):
        key = {key: text_of(row, key, name) for key in ("provider", "snapshot")}
        values = {
            "context_window": row.get("context_window"),
            "input_price": decimal_of(row, "input_price", name),
            "output_price": decimal_of(row, "output_price", name),
            "retires_on": _date(row, "retires_on", name),
            "retires_source": row.get("retires_source") or "",
            "retires_checked_on": _date(row, "retires_checked_on", name),
            "announced_at": time_of(row, "announced_at", name),
        }
        bring(ModelTarget, key, values, "model targets", task, name)


def load_tenants(task: Import) -> None:
    """Tenants with their owners and contacts."""
    for name, row in records(task.files, "tenants/"):
        values = {
            key: row.get(key, "")
            for key in ("name", "segment", "locale", "timezone", "contract_notes")
        } | {"annual_revenue": decimal_of(row, "annual_revenue", name) or Decimal(0)}
        tenant = bring(Tenant, {"slug": text_of(row, "slug", name)}, values, "tenants", task, name)
        owners = [task.person(owner, name) for owner in row.get("owners", [])]
        if set(owners) != set(tenant.owners.all()):
            tenant.owners.set(owners)
        for contact in row.get("contacts", []):
            key = {"tenant": tenant, "email": contact["email"], "removed_at": None}
            said = {"name": contact["name"], "role": contact["role"]}
            bring(Contact, key, said, "contacts", task, name)


def load_prompts(task: Import) -> None:
    """Prompts; their layers come after."""
    for name in sorted(task.files):
        if name.startswith("prompts/") and name.count("/") == 2 and name.endswith("/prompt.json"):
            row = record(task.files, name)
            values = {key: row.get(key, "") for key in ("name", "kind", "description")}
            bring(Prompt, {"slug": text_of(row, "slug", name)}, values, "prompts", task, name)


Row = TypeVar("Row", bound=models.Model)


def bring(
    model: type[Row], key: Mapping[str, Any], values: Mapping[str, Any], kind: str, task: Import,
    name: str,
) -> Row:  # fmt: skip
    """The row with this key, made or brought up to these values, and counted."""
    row = model._default_manager.filter(**key).first()
    if row is None:
        row = model(**key, **values)
        save(row, name)
        task.report.added[kind] += 1
    elif any(getattr(row, field) != value for field, value in values.items()):
        for field_name, value in values.items():
            setattr(row, field_name, value)
        save(row, name)
        task.report.changed[kind] += 1
    return row


def save(row: models.Model, name: str) -> None:
    """Save after the model's own validation; UnusableFolder names the file and the field."""
    try:
        row.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        raise UnusableFolder(f"{name}: {'; '.join(error.messages)}") from None
    row.save()


def text_of(row: Mapping[str, Any], key: str, name: str) -> str:
    """A field that must hold a text."""
    value = row.get(key)
    if not isinstance(value, str) or not value:
        raise UnusableFolder(f"{name}: “{key}” must be a text.")
    return value


def decimal_of(row: Mapping[str, Any], key: str, name: str) -> Decimal | None:
    """A field that holds an amount, or nothing."""
    try:
        return None if row.get(key) is None else Decimal(str(row[key]))
    except InvalidOperation:
        raise UnusableFolder(f"{name}: “{key}” must be an amount.") from None


def time_of(row: Mapping[str, Any], key: str, name: str) -> dt.datetime | None:
    """A field that holds a moment with its zone, or nothing."""
    return _parsed(parse_datetime, row, key, name)


def moment_of(row: Mapping[str, Any], key: str, name: str) -> dt.datetime:
    """A field that must hold a moment with its zone."""
    found = time_of(row, key, name)
    if found is None:
        raise UnusableFolder(f"{name}: “{key}” is missing.")
    return found


def _date(row: Mapping[str, Any], key: str, name: str) -> dt.date | None:
    return _parsed(parse_date, row, key, name)


def _parsed(parse: Callable[[str], Any], row: Mapping[str, Any], key: str, name: str) -> Any:
    if row.get(key) is None:
        return None
    try:
        found = parse(row[key])
    except (TypeError, ValueError):
        found = None
    if found is None:
        raise UnusableFolder(f"{name}: “{key}” must be a date.")
    return found
