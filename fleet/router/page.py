"""What the router's pages show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fleet.router.document import LABELS, Document, Known, UnusableRules, clean
from fleet.router.form import Typed, read, shown
from fleet.router.models import (
    RouterRelease,
    RouterReview,
    RouterReviewStage,
    RouterStage,
    RouterVersion,
)
from fleet.router.rules import CONDITIONS, DEFAULT_FALLBACKS, Asked, fallbacks_for, lane_for
from registry.diff import side_by_side
from registry.models import Lane, Prompt, Tenant, User

LANES = {str(value): str(label) for value, label in Lane.choices}

VERSIONS = 50
"""Versions of a scope that its page lists, newest first."""

OPEN = (RouterReviewStage.OPEN, RouterReviewStage.APPROVED)


def known() -> Known:
    """The names rules may use: two columns of the tenants."""
    rows = list(Tenant.objects.values_list("slug", "segment"))
    return Known(
        LANES, frozenset(segment for _, segment in rows), frozenset(slug for slug, _ in rows)
    )


def document_of(version: RouterVersion | None) -> Document:
    """A version's rules; without one, those every request is answered by anyway."""
    if version is None:
        behind = {lane: tuple(DEFAULT_FALLBACKS.get(lane, ())) for lane in LANES}
        return Document((), behind)
    return Document.of(version.rules, version.fallbacks)


def list_context() -> dict[str, Any]:
    """Every scope with what is in force, and what waits for somebody."""
    live = {
        release.prompt_id: release
        for release in RouterRelease.objects.filter(stage=RouterStage.LIVE).select_related(
            "version__author", "released_by", "version__prompt"
        )
    }
    waiting = RouterReview.objects.filter(stage__in=OPEN).select_related(
        "version__prompt", "version__author", "opened_by"
    )
    prompts = Prompt.objects.order_by("slug")
    scopes = [{"pk": 0, "name": "All prompts", "live": live.get(None)}]
    scopes += [{"pk": one.pk, "name": one.slug, "live": live.get(one.pk)} for one in prompts]
    return {"scopes": scopes, "waiting": list(waiting)}


@dataclass
class EditPage:
    """The form of one scope; `prompt` None is all prompts."""

    prompt: Prompt | None
    live: RouterRelease | None
    typed: Typed
    names: Known
    problems: list[str] = field(default_factory=list)

    @property
    def pk(self) -> int:
        """The scope in its addresses."""
        return self.prompt.pk if self.prompt else 0

    @property
    def name(self) -> str:
        """What the scope is called."""
        return self.prompt.slug if self.prompt else "all prompts"

    @property
    def labels(self) -> dict[str, str]:
        """Condition -> what it is called."""
        return {name: LABELS[name] for name in CONDITIONS}

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The typed rules as fields."""
        return [
            {
                "number": n + 1, "place": n, "lane": row.get("lane", ""),
                "fields": [(name, LABELS[name], row.get(name, "")) for name in CONDITIONS],
            }
            for n, row in enumerate(self.typed.rows)
        ]  # fmt: skip

    @property
    def behind(self) -> list[tuple[str, str, str]]:
        """(lane, its label, lanes behind it as typed)."""
        return [(lane, label, self.typed.fallbacks.get(lane, "")) for lane, label in LANES.items()]

    @property
    def lanes(self) -> dict[str, str]:
        """Lane -> label."""
        return LANES

    def document(self) -> Document:
        """What is typed as a document; UnusableRules, noted as the page's problems."""
        try:
            return clean(self.typed.rows, self.typed.fallbacks, self.names)
        except UnusableRules as wrong:
            self.problems = wrong.problems
            raise

    @property
    def started_from(self) -> int:
        """The number in force when the form was opened; -1 for what is no number."""
        text = self.typed.started_from
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1


def edit_page(prompt: Prompt | None, live: RouterRelease | None) -> EditPage:
    """The form as it opens: what is in force."""
    document = document_of(live.version if live else None)
    return EditPage(
        prompt, live, shown(document, live.version.number if live else 0), known()
    )  # fmt: skip


def typed_page(
    prompt: Prompt | None, live: RouterRelease | None, posted: dict[str, str]
) -> EditPage:
    """The form as it was sent."""
    return EditPage(prompt, live, read(posted), known())


def tried(page: EditPage, asked: Asked) -> dict[str, Any]:
    """Which rule answers a request by what is typed; problems where nothing can be said."""
    try:
        document = page.document()
    except UnusableRules as wrong:
        return {"problems": wrong.problems}
    lane = lane_for(document.rules, asked)
    by = next(
        (n for n, rule in enumerate(document.rules, 1) if lane_for([rule], asked) == rule["lane"]
         and lane_for([{**rule, "lane": "?"}], asked) == "?"),
        None,
    )  # fmt: skip
    behind = fallbacks_for(document.fallbacks, lane)
    return {
        "lane": LANES.get(lane, lane), "rule": by,
        "behind": [LANES.get(one, one) for one in behind],
    }  # fmt: skip


def review_context(review: RouterReview, user: User) -> dict[str, Any]:
    """What would change, who said what, and which acts this person may do."""
    version, names = review.version, known()
    live = RouterRelease.objects.filter(prompt=version.prompt, stage=RouterStage.LIVE)
    now = live.select_related("version").first()
    old = document_of(now.version if now else None).in_words(names)
    new = document_of(version).in_words(names)
    is_open = review.stage == RouterReviewStage.OPEN
    approved = review.stage == RouterReviewStage.APPROVED
    wrote = version.author_id == user.pk
    may_decide = user.has_perm("registry.approve")
    return {
        "review": review,
        "version": version,
        "now": now,
        "rows": side_by_side("\n".join(old), "\n".join(new), None),
        "old_title": str(now.version) if now else "Nothing in force",
        "new_title": str(version),
        "approvals": version.approvals.select_related("by"),
        "is_open": is_open,
        "barred": is_open and wrote and may_decide,
        "may_decide": is_open and may_decide and not wrote,
        "may_publish": approved and user.has_perm("registry.release"),
        "may_withdraw": (is_open or approved) and (review.opened_by_id == user.pk or may_decide),
    }


def history_context(prompt: Prompt | None) -> dict[str, Any]:
    """The versions of one scope, newest first, each with its way back."""
    names = known()
    live = RouterRelease.objects.filter(prompt=prompt, stage=RouterStage.LIVE).first()
    versions = RouterVersion.objects.filter(prompt=prompt).select_related(
        "author", "review", "prompt"
    )
    released = set(
        RouterRelease.objects.filter(prompt=prompt).values_list("version_id", flat=True)
    )  # fmt: skip
    return {
        "prompt": prompt,
        "pk": prompt.pk if prompt else 0,
        "name": prompt.slug if prompt else "all prompts",
        "live": live,
        "lines": [
            {
                "version": version,
                "words": document_of(version).in_words(names),
                "is_live": live is not None and live.version_id == version.pk,
                "was_live": version.pk in released,
            }
            for version in versions.order_by("-number")[:VERSIONS]
        ],
    }
