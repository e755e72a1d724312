"""The address of a board: what it asks for, and the same with some of it changed."""

from __future__ import annotations

from django.http import QueryDict

from fleet.campaign.models import Campaign

POLLED = ("seen", "pulse")
"""What polling adds to the address."""


def address_of(asked: QueryDict) -> str:
    """The filters and the order as a query string, without what the polling adds."""
    query = asked.copy()
    for name in POLLED:
        query.pop(name, None)
    return query.urlencode()


def view_of(asked: QueryDict) -> QueryDict:
    """Of an address only how the rows are shown: a figure leads to all that it counts."""
    query = QueryDict(mutable=True)
    if view := asked.get("view"):
        query["view"] = view
    return query


def link(campaign: Campaign, asked: QueryDict, **changes: str | None) -> str:
    """The board with some of the address changed; None takes a part away."""
    query = asked.copy()
    for name in (*POLLED, "page"):
        query.pop(name, None)
    for name, value in changes.items():
        if value is None:
            query.pop(name, None)
        else:
            query[name] = value
    text = query.urlencode()
    return f"{campaign.get_absolute_url()}?{text}" if text else campaign.get_absolute_url()
