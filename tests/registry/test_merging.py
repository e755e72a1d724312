"""Which texts are the same or nearly so: grouped the same way in any order, in bounded time."""

from __future__ import annotations

import random
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.merging import NEAR, alike, as_text, similarity

# How long drawing or a run takes says more of a shared machine than of what is tested.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

FORMAL = "Address the customer formally, and never use slang or first names in any reply."
SPELT = "Address the customer formally, and never use slang nor first names in any reply."
OTHER = "Answer in bullet points. Name the article you rely on in square brackets."


def groups(said):
    return [[(w.text, w.who) for w in group.wordings] for group in alike(said)]


def test_equal_texts_are_one_wording_and_who_stands_alone_is_left_out():
    assert groups([("a", FORMAL), ("b", OTHER), ("c", FORMAL)]) == [[(FORMAL, ("a", "c"))]]


def test_nearly_equal_texts_are_a_group_with_the_most_said_wording_first():
    (group,) = alike([("a", SPELT), ("b", FORMAL), ("c", FORMAL), ("d", OTHER)])
    assert group.text == FORMAL
    assert not group.is_same
    assert set(group.who) == {"a", "b", "c"}


def test_blank_texts_are_no_group():
    assert alike([("a", ""), ("b", ""), ("c", "  \n"), ("d", "  \n")]) == []


def test_scripts_without_blanks_between_words_are_compared_too():
    one = "お客様には常に敬語で丁寧に対応し、略語や俗語は使わないでください。"
    (group,) = alike([("a", one), ("b", one.replace("常に", "いつも"))], near=0.85)
    assert len(group.wordings) == 2


def test_small_steps_do_not_chain_far_texts_together():
    words = [f"word{n}" for n in range(40)]
    texts = [
        " ".join([*words[step:], *(f"new{n}" for n in range(step))]) for step in range(0, 40, 2)
    ]
    for group in alike(enumerate(texts)):
        assert all(similarity(group.text, one.text) >= NEAR for one in group.wordings)


TEXTS = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from([FORMAL, SPELT, OTHER, FORMAL + " Always."])),
    max_size=12,
)


@patient
@given(TEXTS, st.integers(0, 99))
def test_groups_do_not_depend_on_the_order(said, seed):
    said = [(number, text) for number, (_, text) in enumerate(said)]
    mixed = said[:]
    random.Random(seed).shuffle(mixed)
    as_sets = [{(w.text, frozenset(w.who)) for w in group.wordings} for group in alike(said)]
    assert as_sets == [
        {(w.text, frozenset(w.who)) for w in group.wordings} for group in alike(mixed)
    ]


@patient
@given(TEXTS)
def test_nobody_is_in_two_groups(said):
    said = [(number, text) for number, (_, text) in enumerate(said)]
    everybody = [one for group in alike(said) for one in group.who]
    assert len(everybody) == len(set(everybody))


def test_18_000_texts_are_grouped_in_seconds():
    chance = random.Random(7)
    words = [f"w{n}" for n in range(600)]
    families = [[chance.choice(words) for _ in range(50)] for _ in range(60)]

    def text(n):
        own = families[n % 60][:]
        if n % 3:
            own[chance.randrange(50)] = chance.choice(words)
        return " ".join(own)

    said = [(n, text(n)) for n in range(18_000)]
    begun = time.process_time()
    found = alike(said)
    # Measured 2 to 3 s on one core of two; the limit leaves room for a slower machine.
    assert time.process_time() - begun < 20
    assert sum(len(group.who) for group in found) > 17_000


def test_overlays_are_compared_by_all_their_slots_in_one_order():
    assert as_text({"b": "two", "a": "one", "c": ""}) == as_text({"a": "one", "b": "two"})
