"""Fields by type of slot: what the page shows, and what arrives from it as text."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from django.http import QueryDict
from django.test import Client

from fleet.authoring.form import slot_fields, typed_values
from fleet.review.models import Review
from registry import slots
from registry.actions import publish_base, save_draft
from registry.compose import ComposeError, Phrasing, Slot
from registry.models import BaseVersion, OverlayDraft, Variant
from tests.builders import Fleet

pytestmark = pytest.mark.django_db

TEXT = """You help.

# How you sound
{{> tone}}
{{> address}}
{{> phrases}}
{{> terms}}

# The form
- At most {{> words}} words.
{{> shown}}"""

TONE = Slot("tone", "Tone", templates=(Phrasing("Softer", "Say sorry first."),))
ADDRESS = Slot(
    "address", "Address", type="choice", default="Use the full name.",
    choices=(Phrasing("Full", "Use the full name."), Phrasing("First", "Use the first name.")),
)  # fmt: skip
PHRASES = Slot("phrases", "Phrases", type="list", max_items=3)
TERMS = Slot("terms", "Terms", type="glossary")
WORDS = Slot("words", "Words", type="number", default="150", minimum=40, maximum=400)
SHOWN = Slot("shown", "Examples", type="examples", mode="append", default="Q: a\nA: b")
SLOTS = [SHOWN, TONE, ADDRESS, PHRASES, TERMS, WORDS]


@pytest.fixture
def base(fleet: Fleet) -> BaseVersion:
    """A base with a slot of each type, declared in another order than it names them."""
    return publish_base(
        prompt=fleet.prompt, text=TEXT, slots=SLOTS, variables=[], by=fleet.engineer,
        note="Typed slots", semver="2.0.0",
    )  # fmt: skip


@pytest.fixture
def variant(fleet: Fleet, base: BaseVersion) -> Variant:
    """A customer of the manager's, whose next overlay stands on the typed base."""
    return fleet.variants[0]


@pytest.fixture
def manager(client: Client, fleet: Fleet) -> Client:
    """A browser signed in as the customer-success manager."""
    client.force_login(fleet.manager)
    return client


def opened(client: Client, variant: Variant, values: dict[str, str], fleet: Fleet) -> str:
    """The form's page with these texts in a draft."""
    save_draft(variant, values, edition=0, by=fleet.engineer)
    answer = client.get(f"/variants/{variant.pk}/edit/")
    assert answer.status_code == 200
    return str(answer.content.decode().replace("\r\n", "\n"))


def posted(page: str) -> dict[str, str]:
    """What a browser without JavaScript sends when nothing is touched."""
    form = page[page.index('id="overlay-form"') :]
    form = form[: form.index("</form>")]
    found = {}
    for name, text in re.findall(
        r'<textarea[^>]* name="([^"]+)"[^>]*>\n(.*?)</textarea>', form, re.S
    ):
        found[name] = text
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r' name="([^"]+)"', tag), re.search(r' value="([^"]*)"', tag)
        if name and ('type="radio"' not in tag or " checked" in tag):
            found[name[1]] = value[1] if value else ""
    return {name: html.unescape(text).replace("\n", "\r\n") for name, text in found.items()}


CANONICAL = {
    "tone": "Be brief.",
    "address": "Use the first name.",
    "phrases": "- no problem\n- rest assured",
    "terms": "- cart: a basket\n- ward: beds: see map",
    "words": "90",
    "shown": "Q: Where?\n   There?\nA: Here.\n\n   Bye.",
}


@pytest.mark.parametrize("name", CANONICAL)
def test_a_text_goes_through_the_form_unchanged(
    manager: Client, fleet: Fleet, variant: Variant, name: str
) -> None:
    sent = posted(opened(manager, variant, {name: CANONICAL[name]}, fleet))
    typed = typed_values(sent)
    assert typed[name].replace("\r\n", "\n") == CANONICAL[name]
    assert {other for other, text in typed.items() if text} == {name}


def test_saving_one_change_keeps_every_byte_of_the_other_slots(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    sent = posted(opened(manager, variant, CANONICAL, fleet))
    manager.post(f"/variants/{variant.pk}/edit/", {**sent, "slot-tone": "Be kind."})
    draft = OverlayDraft.objects.get()
    assert (draft.values, draft.saved_by) == ({**CANONICAL, "tone": "Be kind."}, fleet.manager)


LOOSE = {
    "phrases": ("no problem\r\n* rest assured\r\n\r\n", "- no problem\n- rest assured"),
    "terms": ("cart = a basket", "- cart: a basket"),
    "words": (" 0090 ", "90"),
    "shown": ("q: Where?\r\n\r\na: Here.\r\nBye.", "Q: Where?\nA: Here.\n   Bye."),
}


@pytest.mark.parametrize("name", LOOSE)
def test_what_is_typed_loosely_without_javascript_arrives_in_order(
    manager: Client, fleet: Fleet, variant: Variant, name: str
) -> None:
    loose, text = LOOSE[name]
    sent = posted(opened(manager, variant, {"tone": "Brief."}, fleet))
    manager.post(f"/variants/{variant.pk}/edit/", {**sent, f"slot-{name}": loose})
    assert OverlayDraft.objects.get().values == {"tone": "Brief.", name: text}


MISFITS = {
    "address": "Use a nickname.",
    "phrases": "Avoid these:\n\nno problem ",
    "terms": "Say cart.",
    "words": "about\nninety",
    "shown": "Customer says hello.",
}


@pytest.mark.parametrize("name", MISFITS)
def test_a_text_that_does_not_fit_is_shown_and_kept_byte_for_byte(
    manager: Client, fleet: Fleet, variant: Variant, name: str
) -> None:
    page = opened(manager, variant, {name: MISFITS[name]}, fleet)
    (field,) = [field for field in slot_fields_of(variant, {name: MISFITS[name]}) if field.value]
    assert not field.fits and f'id="findings-slot-{name}"' in page
    assert typed_values(posted(page))[name].replace("\r\n", "\n") == MISFITS[name]


def slot_fields_of(variant: Variant, values: dict[str, str]) -> list:
    """The fields of the variant's form."""
    base = BaseVersion.objects.get(semver="2.0.0")
    return slot_fields(base, values)


def test_a_misfit_says_what_is_wrong_at_its_field(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    page = html.unescape(opened(manager, variant, {"address": "Use a nickname."}, fleet))
    assert "“Use a nickname.” is not one of the choices." in page
    assert "As it is now, not one of the choices" in page


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("words", "900", "900 is above 400."),
        ("words", "many", "This is not a number"),
        ("address", "Anything.", "is not one of the choices."),
        ("phrases", "- a\r\n- b\r\n- c\r\n- d", "4 items; at most 3 are allowed."),
        ("terms", "- cart: a\r\n- Cart: b", "is explained twice."),
    ],
)
def test_bad_input_is_refused_kept_and_explained(
    manager: Client, fleet: Fleet, variant: Variant, name: str, text: str, words: str
) -> None:
    sent = posted(manager.get(f"/variants/{variant.pk}/edit/").content.decode())
    sent |= {f"slot-{name}": text, "rationale": "They asked."}
    answer = manager.post(f"/variants/{variant.pk}/edit/submit/", sent)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422 and words in page
    assert typed_values(posted(page))[name].replace("\r\n", "\n") == text.replace("\r\n", "\n")
    assert not Review.objects.exists()


def test_the_live_check_answers_a_notation_with_a_fix(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    # Shaped as the editor sends it: the text as it stands, without `type-phrases`.
    typed = {"slot-phrases": "no problem\r\nrest assured", "edition": "0"}
    page = manager.post(f"/variants/{variant.pk}/edit/check/", typed).content.decode()
    assert 'data-fix-text="- no problem\n- rest assured"' in page
    assert "Write it as a list" in page and "0 must be changed" not in page


def test_the_number_field_keeps_what_is_no_number(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    page = manager.get(f"/variants/{variant.pk}/edit/").content.decode()
    tag = re.search(r'<input[^>]*id="slot-words"[^>]*>', page)
    assert tag is not None and 'type="text"' in tag[0] and 'inputmode="decimal"' in tag[0]
    assert 'data-low="40" data-high="400"' in tag[0]


def test_fields_stand_in_the_order_of_the_prompt_and_say_where(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    fields = slot_fields_of(variant, {})
    assert [field.slot.name for field in fields] == [
        "tone", "address", "phrases", "terms", "words", "shown",
    ]  # fmt: skip
    assert [field.position for field in fields] == [1, 2, 3, 4, 5, 6]
    page = html.unescape(manager.get(f"/variants/{variant.pk}/edit/").content.decode())
    assert "5 of 6 · under “The form” · after Terms" in page
    assert "Stands in:" in page and "40 to 400" in page and "at most 3 entries" in page
    assert "Always there, yours follows:" in page and 'data-ask="Say sorry first."' in page


def test_the_default_is_offered_once_among_the_choices(variant: Variant) -> None:
    (empty,) = [field for field in slot_fields_of(variant, {}) if field.slot.type == "choice"]
    assert [choice.label for choice in empty.offered] == ["First"]
    assert (empty.default_label, empty.is_chosen) == ("Full", False)
    (same,) = [
        field for field in slot_fields_of(variant, {"address": "Use the full name."})
        if field.slot.type == "choice"
    ]  # fmt: skip
    assert [choice.label for choice in same.offered] == ["Full", "First"] and same.is_chosen


def test_a_slot_the_text_does_not_name_is_said_to_reach_nobody(
    manager: Client, fleet: Fleet, variant: Variant
) -> None:
    publish_base(
        prompt=fleet.prompt, text="You help.", slots=[TONE], variables=[], by=fleet.engineer,
        note="Without its slot", semver="2.1.0",
    )  # fmt: skip
    page = manager.get(f"/variants/{variant.pk}/edit/").content.decode()
    assert "reaches no model" in page


def test_types_that_nobody_knows_are_ignored() -> None:
    sent = QueryDict("slot-a=x&type-a=essay&slot-b=%2A+x&type-b=list&slot-c=y&bullet-c=%2A")
    assert typed_values(sent) == {"a": "x", "b": "- x", "c": "y"}


def test_a_base_whose_default_is_not_of_its_type_is_not_published(fleet: Fleet) -> None:
    wrong = replace(WORDS, default="many")
    with pytest.raises(ComposeError, match="Words: The default does not fit"):
        publish_base(
            prompt=fleet.prompt, text="{{> words}}", slots=[wrong], variables=[],
            by=fleet.engineer, note="Wrong", semver="3.0.0",
        )  # fmt: skip
    assert slots.declaration_problems(WORDS) == []
