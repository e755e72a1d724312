"""Money in two currencies: people's hours in EUR, model calls in USD. Never added in silence."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings

ZERO = Decimal(0)
MINUTES_AN_HOUR = 60


def hour_cost() -> Decimal:
    """What an hour of somebody's work costs, in EUR (`FLEET_HOUR_COST`)."""
    return Decimal(settings.HOUR_COST)


def usd_in_eur() -> Decimal | None:
    """EUR for one USD (`FLEET_USD_IN_EUR`); None while nobody set it, so nothing is converted."""
    return settings.USD_IN_EUR


def euros(hours: Decimal) -> Decimal:
    """What so many hours cost, in EUR."""
    return hours * hour_cost()


def hours_of(minutes: int) -> Decimal:
    """Minutes as hours, to two digits as people note them."""
    return (Decimal(minutes) / MINUTES_AN_HOUR).quantize(Decimal("0.01"))


def together(hours: Decimal, usd: Decimal) -> Decimal | None:
    """Hours and calls as one sum in EUR; None while no rate between the currencies is set."""
    rate = usd_in_eur()
    return None if rate is None else euros(hours) + usd * rate


def in_words(hours: Decimal, usd: Decimal) -> str:
    """Both costs for reading: “EUR 640 + USD 12.40”, or one sum in EUR where a rate is set."""
    whole = together(hours, usd)
    if whole is not None:
        return f"EUR {whole:,.2f}"
    parts = ([f"EUR {euros(hours):,.0f}"] if hours else []) + ([dollars(usd)] if usd else [])
    return " + ".join(parts) or "nothing"


def dollars(usd: Decimal) -> str:
    """USD for reading: cents, and finer where there is less than a cent."""
    if 0 < usd < Decimal("0.01"):
        return f"USD {usd:.4f}"
    return f"USD {usd:,.2f}"
