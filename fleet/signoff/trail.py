"""What was done about a customer's contacts, for the timelines of its variants and tracks."""

from __future__ import annotations

from django.db.models import Q

from registry.models import Contact, Tenant


def of_contacts(tenant: Tenant | None) -> Q:
    """The events about this customer's contacts, with those who are gone; of nobody for None.

    One query, for the contacts there ever were: a contact belongs to a customer, not to a
    variant, so its events name none.
    """
    if tenant is None:
        return Q(pk__in=[])
    everybody = Contact.history.filter(tenant_id=tenant.pk).order_by()
    pks = everybody.values_list("id", flat=True).distinct()
    return Q(subject_type="contact", subject_id__in=[str(pk) for pk in pks])
