"""What our own people do about a sign-off: contacts, ending a link, reading what was seen."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fleet.campaign.models import SignOff, Track
from fleet.campaign.rows import tracks_of
from fleet.signoff.contacts import may_edit_contacts, remove_contact, save_contact
from fleet.signoff.document import policy_for
from fleet.signoff.forms import ContactForm
from fleet.signoff.links import void_link
from fleet.signoff.models import SignOffLink
from fleet.signoff.removing import removal
from registry.models import Contact, Tenant
from registry.request import Request
from registry.roles import NotAllowed

FORM = require_http_methods(["GET", "HEAD", "POST"])


@FORM
def contact_add(request: Request, pk: UUID) -> HttpResponse:
    """Write down one more person at the customer's of a track."""
    track = get_object_or_404(tracks_of(request.user), pk=pk)
    if track.variant.tenant is None:
        raise Http404
    return _contact(request, Contact(tenant=track.variant.tenant), track)


@FORM
def contact_edit(request: Request, pk: int) -> HttpResponse:
    """Correct a contact. `?track=` is where one comes from and goes back to."""
    contact = _kept(request, pk)
    return _contact(request, contact, _track_back(request, contact.tenant))


@require_POST
def contact_remove(request: Request, pk: int) -> HttpResponse:
    """Write to a contact no more, and end their links."""
    contact = _kept(request, pk)
    back = _track_back(request, contact.tenant)
    remove_contact(contact, by=request.user)
    messages.success(request, f"{contact.name} is no contact of {contact.tenant.name} any more.")
    return redirect(back if back is not None else "home")


def _kept(request: Request, pk: int) -> Contact:
    """A contact whose customer this person sees, and who was not removed."""
    found = Contact.objects.select_related("tenant").filter(removed_at=None)
    contact = get_object_or_404(found, pk=pk)
    if not _sees(request, contact.tenant):
        raise Http404
    return contact


def _contact(request: Request, contact: Contact, track: Track | None) -> HttpResponse:
    tenant = contact.tenant
    if not may_edit_contacts(request.user, tenant):
        raise NotAllowed(f"{tenant.name}'s contacts are kept by its owners and by operators.")
    posted = request.method == "POST"
    form = ContactForm(request.POST if posted else None, instance=contact)
    if posted and form.is_valid():
        kept = save_contact(form.save(commit=False), by=request.user)
        messages.success(request, f"{kept.name} is a contact of {tenant.name}.")
        return redirect(track if track is not None else "home")
    is_new = contact.pk is None
    context = {
        "form": form, "tenant": tenant, "track": track, "is_new": is_new,
        "removal": None if is_new else removal(contact, track),
    }  # fmt: skip
    return render(request, "signoff/contact/edit.html", context, status=422 if posted else 200)


@require_POST
def sign_off_link_void(request: Request, pk: UUID) -> HttpResponse:
    """End a link that is out."""
    mine = SignOffLink.objects.select_related("contact", "track__variant__tenant")
    link = get_object_or_404(mine.filter(track__in=tracks_of(request.user)), pk=pk)
    void_link(link, by=request.user, why=request.POST.get("why", "")[:1000])
    messages.success(request, f"The link for {link.contact.name} opens nothing any more.")
    return redirect(link.track)


@require_safe
def sign_off_file(request: Request, pk: int) -> HttpResponse:
    """The customer's answer as it was attached: a download, never shown in a page."""
    sign_off = get_object_or_404(_sign_offs(request).exclude(document=None), pk=pk)
    assert sign_off.document is not None
    response = HttpResponse(bytes(sign_off.document), content_type="application/octet-stream")
    return _guarded(response, sign_off.document_name, "default-src 'none'; sandbox")


@require_safe
def sign_off_seen(request: Request, pk: int) -> HttpResponse:
    """The evidence as the customer saw it, byte for byte. `?save=1`: as a download."""
    sign_off = get_object_or_404(_sign_offs(request).exclude(seen=None), pk=pk)
    assert sign_off.seen is not None
    html = sign_off.seen.html
    response = HttpResponse(html)
    name = f"seen-{sign_off.seen.sha256[:12]}.html" if request.GET.get("save") else ""
    return _guarded(response, name, f"{policy_for(html)}; frame-ancestors 'none'; sandbox")


def _guarded(response: HttpResponse, name: str, policy: str) -> HttpResponse:
    """What came from outside: it runs nothing here, and is what it says it is."""
    if name:
        response.headers["Content-Disposition"] = content_disposition_header(True, name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = policy
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _sign_offs(request: Request) -> QuerySet[SignOff]:
    mine = SignOff.objects.filter(track__in=tracks_of(request.user))
    return mine.select_related("seen")


def _sees(request: Request, tenant: Tenant) -> bool:
    return not request.user.sees_own_tenants_only or request.user.owns(tenant)


def _track_back(request: Request, tenant: Tenant) -> Track | None:
    """The track that is named in the address, if it is this customer's and may be seen."""
    try:
        pk = UUID(request.GET.get("track", ""))
    except ValueError:
        return None
    return tracks_of(request.user).filter(pk=pk, variant__tenant=tenant).first()
