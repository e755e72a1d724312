"""The people at a customer's who are written to and who sign."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from fleet.campaign.models import SignOff
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
    _refuse_strangers(contact.tenant, by)
    old = Contact.objects.select_for_update().filter(pk=contact.pk).first()
    contact.save()
    verb = "contact.added" if old is None else "contact.changed"
    events.record(verb, contact, by, f"{contact.name} <{contact.email}>")
    if old is not None and (old.email, old.name) != (contact.email, contact.name):
        end_links(SignOffLink.objects.filter(contact=contact), Problem.CHANGED)
    return contact


@transaction.atomic
def remove_contact(contact: Contact, *, by: User) -> None:
    """Write to this person no more: their open links end, and no new one is made for them.

    Whom a letter, a link or an answer names stays as a row, so that those still say who it was.
    Raises NotAllowed.
    """
    _refuse_strangers(contact.tenant, by)
    held = Contact.objects.select_for_update().filter(pk=contact.pk, removed_at=None).first()
    if held is None:  # pressed twice
        return
    said = f"{held.name} <{held.email}>"
    links = list(links_out(held).select_related("track__variant"))
    end_links(links_out(held), Problem.WITHDRAWN)
    events.record("contact.removed", held, by, said)
    for link in links:
        why = f"For {held.name}, who is no contact any more."
        events.record("track.link_voided", link.track, by, why)
    if is_named(held):
        held.removed_at = timezone.now()
        held.save(update_fields=["removed_at"])
    else:
        held.delete()


def links_out(contact: Contact) -> QuerySet[SignOffLink]:
    """The links this person could still open and decide through."""
    mine = SignOffLink.objects.filter(contact=contact)
    return mine.filter(voided_at__isnull=True, sign_off__isnull=True)


def is_named(contact: Contact) -> bool:
    """Whether a link, a letter or an answer says that it was this person."""
    return (
        contact.links.exists()
        or contact.letters.exists()
        or SignOff.objects.filter(contact=contact).exists()
    )


def _refuse_strangers(tenant: Tenant, by: User) -> None:
    if not may_edit_contacts(by, tenant):
        raise NotAllowed(f"{tenant.name}'s contacts are kept by its owners and by operators.")
