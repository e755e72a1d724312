"""The evidence as one HTML file that needs nothing else: to download, and to keep as seen."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from fleet.signoff import words
from fleet.signoff.blind import tally
from fleet.signoff.evidence import Evidence

STYLE = (settings.BASE_DIR / "static/css/pages/signoff.css").read_text(encoding="utf-8")
"""The page's own style: the document looks as the page does."""


def policy_of(style: str) -> str:
    """A content security policy under which nothing works but this style."""
    digest = b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return "; ".join(
        ["default-src 'none'", f"style-src 'sha256-{digest}'", "base-uri 'none'",
         "form-action 'none'"]
    )  # fmt: skip


def policy_for(html: str) -> str:
    """The policy to serve a document that was kept under: of the style it came with."""
    return policy_of(html.partition("<style>")[2].partition("</style>")[0])


def written(evidence: Evidence) -> str:
    """The document. The same evidence and choices give the same bytes."""
    own = _own_style()
    return render_to_string(
        "signoff/document.html", about(evidence) | {"style": own, "policy": policy_of(STYLE)}
    )


def about(evidence: Evidence) -> dict[str, Any]:
    """What page and document both show."""
    say, found = evidence.say, tally(evidence.picks)
    return {
        "evidence": evidence,
        "say": say,
        "lang": say.locale,
        "answers_lang": evidence.track.variant.locale,
        "company": words.company(),
        "heading": words.heading(evidence),
        "what": words.what(evidence),
        "why": words.why(evidence),
        "when": words.when(evidence),
        "keeper": words.keeper(evidence),
        "asked": words.asked(say, evidence.tally),
        "results": words.results(say, evidence.tally),
        "left_out": say.count("left_out", evidence.left_out) if evidence.left_out else "",
        "picked": say.say("picked", **found) if evidence.picks else "",
    }


def _own_style() -> SafeString:
    return mark_safe(STYLE)  # noqa: S308 (a file of ours, in no part from anybody)
