"""The main navigation: one table of where a person can go from everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django import template
from django.template.context import Context
from django.urls import NoReverseMatch, reverse

register = template.Library()


@dataclass(frozen=True)
class Link:
    """One entry. `count`: how much waits behind it; `links`: the entries of a menu."""

    label: str
    icon: str
    url: str = ""
    current: bool = False
    count: int | None = None
    links: tuple[Link, ...] = ()


PAGES = (
    ("home", "Home", "home"),
    ("review-queue", "Reviews", "git-pull-request"),
    ("campaign-list", "Model migrations", "route"),
    ("model-list", "Models", "cpu"),
)
"""URL name, label and icon of the entries in the bar."""

PROMPT_PAGES = (
    ("base-list", "Bases", "file-text", ""),
    ("policy-list", "Policies", "shield-check", ""),
    ("drift", "Drift", "scale", ""),
    ("compare", "Compare", "git-compare", ""),
    ("merging", "Merge overlays", "git-merge", ""),
    ("unfork-list", "Un-fork", "stack-2", "adopt"),
    ("router-list", "Router", "route", ""),
    ("experiment-list", "Experiments", "test-pipe", ""),
    ("bulk-list", "Bulk acts", "list-check", ""),
    ("webhook-list", "Webhooks", "link", "manage_webhooks"),
)
"""The menu of the written layers; last the capability that a page asks for."""

EVAL_PAGES = (
    ("eval-run-list", "Eval runs", "test-pipe", ""),
    ("eval-matrix", "Matrix", "stack-2", ""),
    ("sweep-list", "Sweeps", "list-check", ""),
    ("suite-list", "Suites", "file-text", ""),
    ("coverage", "Coverage", "shield-check", ""),
    ("judge-list", "Judges", "scale", ""),
)
"""The menu of what is measured, in the same shape."""

CUSTOMER_PAGES = (
    ("letter-list", "Letters", "send", ""),
    ("letter-words", "Words of letters", "pencil", ""),
    ("feedback-list", "Feedback", "message", ""),
    ("window-list", "Change windows", "clock", ""),
    ("ledger", "Ledger", "scale", ""),
    ("ledger-waiting", "What waiting costs", "hourglass", ""),
    ("mailbox", "Local mailbox", "mail", "release"),
)
"""The menu of what is said to customers, by them, and what they cost; in the same shape."""

MENUS = {
    "review-queue": ("Prompts", "stack-2", PROMPT_PAGES),
    "campaign-list": ("Evals", "test-pipe", EVAL_PAGES),
    "model-list": ("Customers", "users", CUSTOMER_PAGES),
}
"""Entry of the bar -> the menu that follows it."""

BELOW = {"policy-list": ("/policy-versions/", "/policies/"), "base-list": ("/base-versions/",)}
"""Further addresses that belong to an entry."""


@register.simple_tag(takes_context=True)
def nav_links(context: Context) -> list[Link]:
    """The main navigation. Counts come from the context's `nav_counts`, by URL name.

    A page that has no address is left out, and so is a name in the context's `nav_without`.
    """
    request = context.get("request")
    path = request.path if request else ""
    counts = context.get("nav_counts") or {}
    found: list[Link] = []
    for name, label, sign in PAGES:
        found += _link(name, label, sign, path, counts.get(name))
        if name in MENUS:
            found.append(_menu(context, path, *MENUS[name]))
    return found


def _menu(
    context: Context, path: str, label: str, sign: str, pages: tuple[tuple[str, str, str, str], ...]
) -> Link:
    links = tuple(
        link
        for name, inner, icon, capability in pages
        if _may_see(context, capability) and name not in (context.get("nav_without") or ())
        for link in _link(name, inner, icon, path)
    )
    return Link(label, sign, current=any(link.current for link in links), links=links)


def _may_see(context: Context, capability: str) -> bool:
    user = context.get("user")
    return not capability or (user is not None and user.has_perm(f"registry.{capability}"))


def _link(name: str, label: str, sign: str, path: str, count: int | None = None) -> Iterator[Link]:
    try:
        url = reverse(name)
    except NoReverseMatch:
        return
    here = (url, *BELOW.get(name, ()))
    current = path == url if name == "home" else path.startswith(here)
    yield Link(label, sign, url, current, count)
