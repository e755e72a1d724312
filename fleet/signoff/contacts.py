"""The people at a customer's who are written to and who sign."""

from __future__ import annotations

from django.db import transaction

from fleet.signoff.holding import Problem
from fleet.signoff.links import end_links
from fleet.signoff.models import SignOffLink
from registry import events
from registry.models import Contact, Tenant, User
from registry.roles import NotAllowed


def may_edit_contacts(user: User, tenant: Tenant) -> bool:
    """Whether a person writes down who a customer's contacts are: its owners, and operators."""
    return user.is_active and (user.owns(tenant) or "operator" in user.role_names)


@transaction.atomic
def save_contact(contact: Contact, *, by: User) -> Contact:
    """Keep a new or changed contact; whoever has another address or name gets new links.

    Else a code for a link that went to one person would be mailed to another. NotAllowed.
    """
    if not may_edit_contacts(by, contact.tenant):
        raise NotAllowed(f"{contact.tenant.name}'s contacts are kept by its owners and operators.")
    old = Contact.objects.select_for_update().filter(pk=contact.pk).first()
    contact.save()
    verb = "contact.added" if old is None else "contact.changed"
    events.record(verb, contact, by, f"{contact.name} <{contact.email}>")
    if old is not None and (old.email, old.name) != (contact.email, contact.name):
        end_links(SignOffLink.objects.filter(contact=contact), Problem.CHANGED)
    return contact
