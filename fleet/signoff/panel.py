"""What a track's page says of its sign-off: contacts, open links, answers."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from fleet.campaign.models import Track
from fleet.letter.models import LetterKind
from fleet.letter.panel import send_url
from fleet.signoff.contacts import may_edit_contacts
from fleet.signoff.links import may_send, open_links
from fleet.signoff.models import SignOffLink
from registry.models import User


def track_panel(track: Track, user: User) -> dict[str, Any]:
    """For `templates/signoff/_track.html`, which is given it as `panel`. Three queries."""
    tenant = track.variant.tenant
    now = timezone.now()
    links = list(open_links(track).select_related("contact", "created_by"))
    return {
        "track": track,
        "tenant": tenant,
        "contacts": tenant.active_contacts if tenant is not None else [],
        "may_edit": tenant is not None and may_edit_contacts(user, tenant),
        "may_send": may_send(user, track),
        "links": [_row(track, link, expired=link.expires_at <= now) for link in links],
        "sign_offs": list(
            track.sign_offs.select_related("recorded_by", "revision", "contact").order_by("-at")
        ),
    }


def _row(track: Track, link: SignOffLink, *, expired: bool) -> dict[str, Any]:
    """A link that is out: one whose time is over is sent anew, the other one is called to mind."""
    kind = LetterKind.EVIDENCE if expired else LetterKind.REMINDER
    name = link.contact.name
    return {
        "link": link,
        "expired": expired,
        "again": send_url(track, kind),
        "id": f"void-{link.pk}",
        "heading": f"Void the link of {name}?",
        "text": f"The link {name} was sent opens nothing any more, and no letter tells them. "
        "Nothing that was decided changes.",
    }
