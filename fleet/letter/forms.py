"""Forms of the letters: which words, and the words themselves."""

from __future__ import annotations

from typing import Any

from django import forms

from fleet.letter.languages import Place
from fleet.letter.models import LetterKind
from fleet.letter.scope import tenants_of
from registry.models import Tenant, User
from registry.models.tenant import LOCALE


class PlaceForm(forms.Form):
    """Which letter's words, for which language and whom."""

    kind = forms.ChoiceField(label="Letter", choices=LetterKind.choices)
    locale = forms.CharField(
        label="Language", max_length=20, validators=[LOCALE],
        help_text="Such as de, or de-AT for Austria alone.",
    )  # fmt: skip
    tenant = forms.ModelChoiceField(
        Tenant.objects.none(), label="For", required=False, empty_label="Every customer",
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tenant"].queryset = tenants_of(user)  # type: ignore[attr-defined]

    @property
    def whose(self) -> Tenant | None:
        """Whose words, once it is valid; None: everybody's."""
        found: Tenant | None = self.cleaned_data["tenant"]
        return found

    @property
    def place(self) -> Place:
        """Where the words belong, once it is valid."""
        return Place(self.cleaned_data["locale"], self.whose.pk if self.whose else None)


class WordsForm(forms.Form):
    """Subject and body. What may stand in them is the action's to say."""

    subject = forms.CharField(max_length=1_000)
    body = forms.CharField(
        label="Letter", strip=False,
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "true"}),
        help_text="An empty line parts two paragraphs. A paragraph in which a placeholder has "
        "nothing to say (no date is set, say) is left out.",
    )  # fmt: skip
