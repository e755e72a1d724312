"""Which variants a change is measured on."""

from decimal import Decimal

from fleet.sweep.tiers import TOP, Candidate, everybody, largest_and_named, tier_of_change


def fleet(size: int) -> list[Candidate]:
    return [Candidate(n, Decimal(n * 1000)) for n in range(1, size + 1)]


def test_the_largest_are_measured_and_nobody_twice() -> None:
    picks = largest_and_named(fleet(47))
    assert [pick.variant for pick in picks] == list(range(47, 47 - TOP, -1))
    assert picks[0].reason == "Number 1 by revenue"


def test_whoever_the_change_names_is_measured_however_small() -> None:
    candidates = [*fleet(30), Candidate(99, Decimal(1), named="The dry run found something")]
    picks = largest_and_named(candidates)
    assert len(picks) == TOP + 1
    assert picks[-1].variant == 99 and picks[-1].reason == "The dry run found something"


def test_the_platform_default_counts_among_the_largest() -> None:
    picks = largest_and_named([*fleet(30), Candidate(7_000, None)])
    assert picks[0].variant == 7_000 and picks[0].reason == "The platform default"
    assert len(picks) == TOP


def test_the_order_of_the_rows_does_not_matter() -> None:
    assert largest_and_named(fleet(40)) == largest_and_named(fleet(40)[::-1])


def test_everybody_is_everybody() -> None:
    assert len(everybody(fleet(47))) == 47


def test_a_customers_change_and_the_defaults_are_different_tiers() -> None:
    assert tier_of_change(tenant=True)[0] == 3
    assert tier_of_change(tenant=False)[0] == 1
