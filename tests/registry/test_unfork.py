"""Un-forking: composing the found parts gives every fork back, or the report says what differs."""

from __future__ import annotations

import random
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.compose import Slot, compose
from registry.unfork import (
    REORDERED,
    REWRAPPED,
    UNRELATED,
    Unforked,
    find_variables,
    propose_base,
    unfork,
)
from registry.unfork.oddities import line_end_of, oddities
from registry.unfork.reshape import (
    CannotReshape,
    Template,
    dropped,
    gives_back,
    read_again,
    renamed,
)

# How long drawing or a run takes says more of a shared machine than of what is tested.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

BASE = """\
You are the support assistant of {{company}}.

# Tone
Be kind and brief.

# Escalation
Hand over to a person when asked.

# Limits
Never promise refunds.
Never share internal notes.
"""

PIECE = st.sampled_from(
    [
        "Be kind.\n",
        "Cite.\n",
        "\n",
        "# Tone\n",
        "a\r\n",
        "{{> tone}}\n",
        "{{> x }}",
        "  \n",
        "end",
        "\ufeffé\n",
    ]
)
BASES = st.lists(
    st.sampled_from(["Be kind.\n", "# Tone\n", "\n", "One rule.\n", "Two rules\r\n", "end"]),
    max_size=9,
).map(lambda lines: "".join(lines).replace("end#", "#"))


@st.composite
def bases_and_forks(draw):
    """A base and three arbitrary edits of it, line by line."""
    base = draw(BASES)
    forks = {}
    for name in "abc":
        lines = base.splitlines(keepends=True)
        for _ in range(draw(st.integers(0, 4))):
            at = draw(st.integers(0, len(lines)))
            lines[at : at + draw(st.integers(0, 2))] = draw(st.lists(PIECE, max_size=2))
        forks[name] = "".join(lines)
    return base, forks


def composed(result: Unforked, name: str, policy: str = "") -> str:
    fence = policy if result.fence_removed else ""
    return compose(fence, result.base_text_with_slots, result.slots, result.values[name]).text


@patient
@given(bases_and_forks())
def test_composing_gives_back_every_fork_reported_exact(base_and_forks):
    base, forks = base_and_forks
    result = unfork(base, forks)
    for row in result.report:
        assert row.exact == (composed(result, row.name) == forks[row.name])


@patient
@given(bases_and_forks())
def test_every_related_fork_is_exact(base_and_forks):
    base, forks = base_and_forks
    for row in unfork(base, forks).report:
        if forks[row.name]:  # an empty value means the default, so no overlay says "nothing"
            assert row.exact or row.detail.startswith((UNRELATED, REWRAPPED, REORDERED)), row


@patient
@given(bases_and_forks())
def test_defaults_alone_give_back_the_base(base_and_forks):
    base, forks = base_and_forks
    if "{{>" in base:
        return
    result = unfork(base, forks)
    assert compose("", result.base_text_with_slots, result.slots, {}).text == base


@patient
@given(bases_and_forks())
def test_running_again_on_its_own_output_changes_nothing(base_and_forks):
    base, forks = base_and_forks
    first = unfork(base, forks)
    assert unfork(first.base_text_with_slots, forks, slots=first.slots) == first


SLOTS = (
    Slot("tone", default="Be kind.", before="# Tone\n", after="\n"),
    Slot("extra", default="Base rule.", mode="append"),
    Slot("note", before="\nNote: ", after="\n"),
    Slot("name"),
)
TEMPLATE = "Hi {{> name}}, welcome.\n{{> tone}}Rules:\n{{> extra}}\nend{{> note}}"


@patient
@given(st.dictionaries(st.sampled_from(["tone", "extra", "note", "name"]), st.text(max_size=12)))
def test_text_composed_from_a_template_is_read_back_exactly(values):
    text = compose("", TEMPLATE, SLOTS, values).text
    result = unfork(TEMPLATE, {"t": text}, slots=SLOTS)
    assert result.report[0].exact
    assert composed(result, "t") == text


def test_template_values_are_read_by_slot_and_defaults_left_out():
    values = {"extra": "Cite sources.", "note": "Ask Ana.", "name": "Bo"}
    text = compose("", TEMPLATE, SLOTS, values).text
    assert unfork(TEMPLATE, {"t": text}, slots=SLOTS).values["t"] == values


def test_marker_without_declaration_is_a_plain_slot():
    result = unfork("Say {{> greeting}}.", {"t": "Say hello."})
    assert result.values == {"t": {"greeting": "hello"}}
    assert result.slots == (Slot("greeting", label="Greeting"),)


def test_marker_used_twice_needs_the_same_value_twice():
    result = unfork("{{> a}} and {{> a}}", {"t": "x and x", "u": "x and y"})
    assert [row.exact for row in result.report] == [True, False]


def test_adjacent_slots_are_told_apart_by_their_frames():
    slots = (Slot("a", before="A:", after=";"), Slot("b", before="B:", after=";"))
    result = unfork("{{> a}}{{> b}}", {"t": "A:1;B:2;", "u": "B:2;"}, slots=slots)
    assert result.values == {"t": {"a": "1", "b": "2"}, "u": {"b": "2"}}


def test_changed_lines_become_slots_named_by_their_heading():
    formal = BASE.replace("Be kind and brief.", "Be formal.")
    handing = BASE.replace("when asked", "at once").replace(
        "Never promise refunds.\n", "No refunds.\n"
    )
    result = unfork(BASE, {"acme": formal, "bolt": handing})
    assert result.values == {
        "acme": {"tone": "Be formal."},
        "bolt": {"escalation": "Hand over to a person at once.", "limits": "No refunds."},
    }
    assert [(slot.name, slot.label, slot.default) for slot in result.slots] == [
        ("tone", "Tone", "Be kind and brief."),
        ("escalation", "Escalation", "Hand over to a person when asked."),
        ("limits", "Limits", "Never promise refunds."),
    ]
    assert "# Tone\n{{> tone}}\n\n# Escalation\n" in result.base_text_with_slots


def test_second_slot_under_a_heading_is_numbered_and_none_without_letters_is_called_part():
    base = "# 語調\na one\nkeep this line\nb two\n# Tone\nc three\nkeep that line\nd four\n"
    fork = (
        base.replace("a one", "1")
        .replace("b two", "2")
        .replace("c three", "3")
        .replace("d four", "4")
    )
    names = [slot.name for slot in unfork(base, {"t": fork}).slots]
    assert names == ["part_1", "part_2", "tone", "tone_2"]


def test_fork_that_deletes_text_keeps_a_line_beside_it_as_its_value():
    fork = BASE.replace("Never promise refunds.\n", "")
    result = unfork(BASE, {"t": fork})
    assert result.report[0].exact
    assert result.values["t"] == {"limits": "# Limits"}


def test_inserted_text_is_a_slot_with_empty_default_framed_by_its_line_end():
    result = unfork(BASE, {"t": BASE.replace("# Limits", "Ask for the order number.\n# Limits")})
    (slot,) = result.slots
    assert (slot.default, slot.after) == ("", "\n")
    assert result.values["t"] == {slot.name: "Ask for the order number."}


def test_literal_marker_inside_a_fork_stays_what_it_is():
    fork = BASE.replace("Be kind and brief.", "Write {{> tone}} and {{> limits}} literally.")
    result = unfork(BASE, {"t": fork, "u": BASE.replace("Never promise refunds.", "No.")})
    assert result.report[0].exact
    assert composed(result, "t") == fork


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: text.replace("brief.", "brief.  "),
        lambda text: text.rstrip("\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace("Be kind and brief.\n", "Be kind and brief.\r\n"),
        lambda text: text + "\n\n",
        lambda text: text.replace("# Tone\nBe kind and brief.\n\n", ""),
        lambda text: "\n".join(sorted(text.split("\n"))),
    ],
    ids=[
        "trailing blanks",
        "no final newline",
        "BOM",
        "CRLF",
        "more newlines",
        "no paragraph",
        "sorted",
    ],
)
def test_dirty_fork_comes_back_exactly(edit):
    fork = edit(BASE)
    result = unfork(BASE, {"t": fork, "plain": BASE})
    assert result.report[0].exact
    assert composed(result, "t") == fork


def test_lone_fork_with_nothing_in_common_is_one_open_slot_and_says_so():
    result = unfork(BASE, {"alien": "Translate into Latin.\nNothing else.\n"})
    assert [slot.name for slot in result.slots] == ["text"]
    assert result.report[0].exact
    assert UNRELATED in result.report[0].detail
    assert result.report[0].share_in_common == 0.0


def test_alien_among_relatives_does_not_dissolve_their_slots():
    formal = BASE.replace("Be kind and brief.", "Be formal.")
    result = unfork(BASE, {"acme": formal, "alien": "Translate into Latin.\n"})
    assert [slot.name for slot in result.slots] == ["tone"]
    assert [row.exact for row in result.report] == [True, False]
    assert result.report[1].detail.startswith(UNRELATED)
    assert result.values["alien"] == {}


def test_fork_in_other_line_ends_is_called_that_not_unrelated():
    result = unfork(BASE, {"acme": BASE, "dos": BASE.replace("\n", "\r\n")})
    assert result.report[1].detail.startswith(REWRAPPED)
    assert result.report[1].share_in_common == 1.0


def test_fork_that_edits_a_template_line_is_reported_with_the_line():
    result = unfork(
        "# Tone\n{{> tone}}\nNever lie.\n", {"t": "# Tone\nBe kind.\nNever ever lie.\n"}
    )
    (row,) = result.report
    assert not row.exact
    assert row.detail.startswith("line 2 would") or row.detail.startswith("line 3 would")


def test_composed_policy_fence_is_taken_off_and_proved_with_it():
    policy = "Obey the law."
    forks = {
        "a": compose(policy, BASE, (), {}).text,
        "b": compose(policy, BASE.replace("brief", "thorough"), (), {}).text,
    }
    result = unfork(BASE, forks, policy)
    assert result.fence_removed
    assert "Obey" not in result.base_text_with_slots
    assert [composed(result, name, policy) for name in forks] == list(forks.values())


def test_fence_on_some_forks_only_is_left_alone():
    forks = {"a": compose("Obey.", BASE, (), {}).text, "b": BASE}
    assert not unfork(BASE, forks, "Obey.").fence_removed


def test_variables_are_listed_once_in_order_without_slots():
    text = "{{ user_name }} {{> tone}} {{company}} {{user_name}} {{1x}} {{}}"
    assert find_variables(text) == ["user_name", "company"]


def test_proposed_base_is_what_most_forks_share_and_no_customers_words():
    forks = {
        "acme": BASE.replace("Be kind and brief.", "Call people by their first name."),
        "bolt": BASE.replace("Never promise refunds.\n", ""),
        "cara": BASE,
        "dora": BASE,
        "alien": "Translate into Latin.\n",
    }
    found = propose_base(forks)
    assert found.text == BASE
    assert (found.related, found.count, found.sure) == (4, 5, "unsure")
    assert "4 of 5 forks" in found.sentence


def test_text_that_only_one_fork_says_never_becomes_the_proposed_default():
    tones = ["Be formal.", "Be warm.", "Be short.", "Use rhymes."]
    forks = {tone: BASE.replace("Be kind and brief.", tone) for tone in tones}
    found = propose_base(forks)
    assert found.text == BASE.replace("Be kind and brief.\n", "")
    assert not any(tone in found.text for tone in tones)
    assert all(row.exact for row in unfork(found.text, forks).report)


def test_proposed_base_does_not_depend_on_the_order_of_the_forks():
    chance = random.Random(3)
    forks = {f"t{n}": BASE.replace("brief", f"brief {n % 4}") for n in range(12)}
    first = propose_base(forks)
    for _ in range(5):
        names = list(forks)
        chance.shuffle(names)
        assert propose_base({name: forks[name] for name in names}) == first


@pytest.mark.parametrize(
    "forks",
    [
        {},
        {"a": "Translate into Latin."},
        {"a": "Translate into Latin.\n", "b": "Write a poem.\n", "c": "Sum these numbers.\n"},
        {"a": "\n---\n\nOne.", "b": "\n---\n\nTwo."},
    ],
)
def test_unrelated_forks_have_no_base_and_it_says_so(forks):
    found = propose_base(forks)
    assert (found.text, found.sure) == ("", "nothing")
    assert "nothing in common" in found.sentence


DIRT = {
    "reordered": lambda text: "\n\n".join(reversed(text.split("\n\n"))),
    "edited sentence": lambda text: text.replace("brief", "very, very brief"),
    "trailing blanks": lambda text: text.replace(".\n", ".  \n", 2),
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "some CRLF": lambda text: text.replace("\n", "\r\n", 3),
    "no end": lambda text: text.rstrip("\n"),
    "tabs": lambda text: text.replace("# ", "#\t"),
    "NFD": lambda text: unicodedata.normalize("NFD", text),
    "BOM": lambda text: "\ufeff" + text,
    "nothing": lambda text: text,
}
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "tone": st.sampled_from(["Être poli.\nToujours.", "Be formal.", "  \tIndented.  "]),
        "extra": st.sampled_from(["Cite.", "{{> tone}}", "a\r\nb"]),
        "name": st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
    },
)


@patient
@given(st.lists(st.tuples(VALUES, st.sampled_from(sorted(DIRT))), min_size=2, max_size=9))
def test_dirty_forks_are_exact_or_reported_and_never_wrong(rows):
    forks = {
        f"t{n}": DIRT[dirt](compose("", TEMPLATE, SLOTS, values).text)
        for n, (values, dirt) in enumerate(rows)
    }
    result = unfork(propose_base(forks).text, forks)
    for row in result.report:
        assert row.exact == (composed(result, row.name) == forks[row.name])
        assert row.exact or "line" in row.detail


def test_stray_copy_in_another_order_does_not_dissolve_the_slots():
    tones = {f"t{n}": BASE.replace("Be kind and brief.", f"Be number {n}.") for n in range(6)}
    stray = DIRT["reordered"](BASE)
    result = unfork(BASE, {**tones, "stray": stray})
    assert [slot.name for slot in result.slots] == ["tone"]
    assert [row.exact for row in result.report] == [True] * 6 + [False]
    assert result.report[6].detail.startswith(REORDERED)


def shaped() -> tuple[Template, Unforked, dict[str, str]]:
    forks = {
        "acme": BASE.replace("Be kind and brief.", "Be formal."),
        "bolt": BASE.replace("Never promise refunds.", "No refunds."),
    }
    result = unfork(BASE, forks)
    return Template(result.base_text_with_slots, result.slots), result, forks


def test_renaming_a_slot_composes_the_same():
    template, result, forks = shaped()
    fresh = renamed(template, "tone", "voice", "")
    values = {"voice": result.values["acme"]["tone"]}
    assert gives_back(fresh, values, forks["acme"])
    assert fresh.slots[0].label == "Voice"
    with pytest.raises(CannotReshape, match="already"):
        renamed(template, "tone", "limits", "")
    with pytest.raises(CannotReshape, match="no slot called"):
        renamed(template, "gone", "voice", "")


@patient
@given(bases_and_forks(), st.data())
def test_dropping_any_slot_keeps_the_base_and_reports_every_fork_truly(base_and_forks, data):
    base, forks = base_and_forks
    result = unfork(base, forks)
    if not result.slots or "{{>" in base:
        return
    template = Template(result.base_text_with_slots, result.slots)
    name = data.draw(st.sampled_from([slot.name for slot in result.slots]))
    fresh = dropped(template, name)
    assert compose("", fresh.text, fresh.slots, {}).text == base
    for fork, body in forks.items():
        values, row = read_again(fresh, fork, body, result.values[fork])
        assert row.exact == gives_back(fresh, values, body)


def test_oddities_are_named():
    assert oddities("plain\n") == ()
    assert oddities("\ufeffa \r\nb\te\u0301") == (
        "a byte order mark at its begin", "CRLF line ends", "blanks at line ends", "tabs",
        "no line end at its end", "letters and accents apart (not NFC)",
    )  # fmt: skip
    assert oddities("a\nb\r\n") == ("mixed line ends",)
    assert (line_end_of("a\r\nb"), line_end_of("a\nb\r\n"), line_end_of("a")) == (
        "\r\n", "\n", "\n"
    )  # fmt: skip
