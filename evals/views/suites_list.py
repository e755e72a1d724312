"""Which suites a list shows, and what each row says."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery

from evals.models import Case, EvalRun, Suite, SuiteDraft, SuiteScope, SuiteVersion
from evals.suites import title_of, visible_suites
from registry.models import Prompt, User
from registry.request import Request

PAGE = 100
MOST_OPTIONS = 200
"""Prompts in the filter; beyond that the search finds them."""

STATES = [
    ("active", "In use"),
    ("inactive", "Switched off"),
    ("draft", "Being edited"),
    ("unfrozen", "No version yet"),
    ("never", "Never run"),
]
"""What `?state=` may say, and its words."""

SCOPES = {
    SuiteScope.CORE: "Core",
    SuiteScope.SLICE: "Slice",
    SuiteScope.SAFETY: "Safety",
    SuiteScope.LABELS: "Labels",
}
"""A scope as a word for tables."""


@dataclass(frozen=True)
class SuiteRow:
    """One suite of the list."""

    suite: Suite
    number: int | None
    cases: int
    must_pass: int
    last_run: datetime | None

    @property
    def title(self) -> str:
        """What the suite is called."""
        return title_of(self.suite)

    @property
    def scope(self) -> str:
        """Its scope as one word."""
        return SCOPES[SuiteScope(self.suite.scope)]

    @property
    def draft(self) -> SuiteDraft | None:
        """What is being edited, None where nothing is."""
        return getattr(self.suite, "draft", None)


def list_context(request: Request) -> dict[str, Any]:
    """Rows, filters and pager of the list."""
    asked = request.GET
    text = asked.get("q", "").replace("\x00", "").strip()[:200]
    filters = _filters(asked.get("scope", ""), asked.get("prompt", ""), asked.get("state", ""))
    found = _search(visible_suites(request.user), text)
    for one in filters:
        found = _narrow(found, one["name"], one["value"])
    page = Paginator(found.order_by(*ORDER), PAGE).get_page(asked.get("page"))
    total = page.paginator.count
    return {
        "page": page,
        "rows": _rows(page),
        "filters": filters,
        "q": text,
        "count": f"{total:,} suite{'' if total == 1 else 's'}",
        "filtered": bool(text or any(one["value"] for one in filters)),
        "may_begin": may_begin(request.user),
    }


ORDER = ("prompt__slug", "scope", "tenant__name", "name", "pk")


def may_begin(user: User) -> bool:
    """Whether this person may write suites of any scope at all."""
    return user.has_perm("registry.run_evals") or user.has_perm("registry.author_policy")


def _filters(scope: str, prompt: str, state: str) -> list[dict[str, Any]]:
    prompts = list(Prompt.objects.order_by("slug").values_list("slug", "slug")[:MOST_OPTIONS])
    scopes = [(str(value), word) for value, word in SCOPES.items()]
    known = {"scope": scopes, "prompt": prompts, "state": STATES}
    chosen = {"scope": scope, "prompt": prompt, "state": state}
    return [
        {
            "name": name, "label": label, "options": known[name],
            "value": chosen[name] if chosen[name] in dict(known[name]) else "",
        }
        for name, label in (("scope", "Scope"), ("prompt", "Prompt"), ("state", "State"))
    ]  # fmt: skip


def _search(suites: QuerySet[Suite], text: str) -> QuerySet[Suite]:
    if not text:
        return suites
    return suites.filter(
        Q(name__icontains=text) | Q(prompt__slug__icontains=text) | Q(tenant__name__icontains=text)
    )


def _narrow(suites: QuerySet[Suite], name: str, value: str) -> QuerySet[Suite]:
    if not value:
        return suites
    if name == "scope":
        return suites.filter(scope=value)
    if name == "prompt":
        return suites.filter(prompt__slug=value)
    versions = SuiteVersion.objects.filter(suite=OuterRef("pk"))
    runs = EvalRun.suite_versions.through.objects.filter(suiteversion__suite=OuterRef("pk"))
    return {
        "active": suites.filter(active=True),
        "inactive": suites.filter(active=False),
        "draft": suites.filter(draft__isnull=False),
        "unfrozen": suites.filter(~Exists(versions)),
        "never": suites.filter(Exists(versions), ~Exists(runs)),
    }[value]


def _rows(page: Page[Suite]) -> list[SuiteRow]:
    """The page's rows; the number of queries does not grow with them."""
    head = SuiteVersion.objects.filter(suite=OuterRef("pk")).order_by("-number")
    found = (
        Suite.objects.filter(pk__in=[suite.pk for suite in page])
        .select_related("prompt", "tenant", "policy", "draft__updated_by")
        .defer("draft__cases")
        .annotate(head=Subquery(head.values("pk")[:1]), number=Subquery(head.values("number")[:1]))
        .order_by(*ORDER)
    )
    suites: list[Any] = list(found)
    sizes = sizes_of(suite.head for suite in suites if suite.head)
    runs = last_runs(suite.pk for suite in suites)
    return [
        SuiteRow(suite, suite.number, *sizes.get(suite.head, (0, 0)), runs.get(suite.pk))
        for suite in suites
    ]


def sizes_of(versions: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Suite version -> (cases, must-pass cases); one query."""
    counted = (
        Case.objects.filter(suite_version__in=list(versions))
        .order_by()
        .values("suite_version")
        .annotate(cases=Count("pk"), must=Count("pk", filter=Q(must_pass=True)))
    )
    return {row["suite_version"]: (row["cases"], row["must"]) for row in counted}


def last_runs(suites: Iterable[int]) -> dict[int, datetime]:
    """Suite -> when a run of any of its versions was started last; one query."""
    through = EvalRun.suite_versions.through.objects
    counted = (
        through.filter(suiteversion__suite__in=list(suites))
        .order_by()
        .values("suiteversion__suite")
        .annotate(last=Max("evalrun__started_at"))
    )
    return {row["suiteversion__suite"]: row["last"] for row in counted}
