"""What the page says before a contact is removed: which links end, and who is left."""

from __future__ import annotations

from django.urls import reverse

from fleet.campaign.models import Track
from fleet.signoff.contacts import is_named, links_out
from registry.models import Contact


def removal(contact: Contact, track: Track | None) -> dict[str, str]:
    """`heading`, `text` and `url` of the confirm; afterwards `track`'s page again."""
    names = sorted({str(link.track.variant) for link in links_out(contact).select_related(
        "track__variant__tenant", "track__variant__prompt"
    )})  # fmt: skip
    others = [one for one in contact.tenant.active_contacts if one.pk != contact.pk]
    said = ["No letter goes to them any more, and no link is made for them."]
    if names:
        many = "link for" if len(names) == 1 else "links for"
        said.append(f"Their open {many} {', '.join(names)} will open nothing any more.")
    if not others:
        said.append(f"They are the only contact: {contact.tenant.name} has nobody to write to.")
    said.append(
        "What they were sent and what they signed stays, with their name."
        if is_named(contact) else "Nothing was ever sent to them."
    )  # fmt: skip
    back = f"?track={track.pk}" if track is not None else ""
    return {
        "heading": f"Remove {contact.name}?", "text": " ".join(said),
        "url": reverse("contact-remove", args=[contact.pk]) + back,
    }  # fmt: skip
