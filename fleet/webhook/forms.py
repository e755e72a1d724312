"""The form of an endpoint."""

from __future__ import annotations

from typing import Any

from django import forms

from fleet.webhook.actions import Wanted
from fleet.webhook.verbs import groups
from registry.models import Tenant, User


class EndpointForm(forms.Form):
    """Where to tell what. Whether the address may be told is the action's to say."""

    name = forms.CharField(max_length=120, help_text="Who listens there: “Billing, production”.")
    url = forms.CharField(
        label="Address", max_length=500, widget=forms.URLInput(attrs={"spellcheck": "false"}),
        help_text="It begins with https://, and its host is on the server's list.",
    )  # fmt: skip
    tenant = forms.ModelChoiceField(
        Tenant.objects.none(), required=False, empty_label="Every tenant",
        help_text="Of one tenant: only what happens to that tenant's variants is told.",
    )  # fmt: skip
    verbs = forms.MultipleChoiceField(
        label="Events", choices=groups, widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one event."},
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tenants = Tenant.objects.order_by("name")
        if user.sees_own_tenants_only:
            tenants = tenants.filter(pk__in=user.own_tenant_ids)
        self.fields["tenant"].queryset = tenants  # type: ignore[attr-defined]

    def wanted(self) -> Wanted:
        """What was typed, for the action."""
        return Wanted(**self.cleaned_data)
