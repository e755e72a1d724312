"""A run as JSON, as CSV and as JUnit: for programs, spreadsheets and CI."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from evals.cells import line
from evals.models import EvalRun
from evals.reports.facts import Facts
from evals.reports.rows import Row, passes, rows_of

COLUMNS = (
    "suite", "case", "change", "must_pass", "tags", "question", "old_passed", "new_passed",
    "old_answer", "new_answer", "fails_because", "failed_calls",
)  # fmt: skip

_NOT_XML = dict.fromkeys(
    [*range(9), 11, 12, *range(14, 32), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], "\ufffd"
)
"""What XML 1.0 cannot hold, not even escaped."""


def as_csv(facts: Facts) -> Iterator[str]:
    """One line a case, the headings first."""
    yield line(COLUMNS)
    for row in rows_of(facts):
        standing, case = row.shown.standing, row.shown.case
        answers = [result.answer if result else "" for result in (row.shown.old, row.shown.new)]
        yield line([
            row.suite, case.key, standing.change, "yes" if case.must_pass else "no",
            "; ".join(case.tags), case.question, passes(standing.old), passes(standing.new),
            *answers, row.failing, standing.errors,
        ])  # fmt: skip


def as_json(facts: Facts) -> Iterator[str]:
    """One JSON document, case by case."""
    head = json.dumps(head_of(facts), ensure_ascii=False, indent=1)
    yield head.removesuffix("\n}") + ',\n "cases": ['
    for number, row in enumerate(rows_of(facts)):
        yield ("," if number else "") + "\n  " + json.dumps(row.as_dict(), ensure_ascii=False)
    yield "\n ]\n}\n"


def head_of(facts: Facts) -> dict[str, Any]:
    """What the document says before its cases."""
    run, verdict = facts.run, facts.verdict
    return {
        "run": str(run.pk),
        "prompt": run.variant.prompt.slug,
        "tenant": run.variant.tenant.slug if run.variant.tenant else None,
        "locale": run.variant.locale,
        "lane": run.variant.lane,
        "new": _arm(run, run.revision),
        "old": _arm(run, run.baseline),
        "simulated": facts.simulated,
        "stage": run.stage,
        "verdict": verdict.kind if verdict else None,
        "headline": verdict.headline if verdict else facts.sentence,
        "pass_rate": facts.pass_rate,
        "baseline_pass_rate": facts.old_pass_rate,
        "decision": facts.decision,
        "thresholds": run.thresholds,
        "eval_hash": run.eval_hash,
        "started_at": run.started_at.isoformat(),
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
        "counts": facts.counts,
        "slices": [
            {
                "tag": one.tag, "cases": one.cases, "old": one.old, "new": one.new,
                "broken": one.broken, "fixed": one.fixed,
            }
            for one in facts.slices
        ],
    }  # fmt: skip


def _arm(run: EvalRun, revision: Any) -> dict[str, Any] | None:
    if revision is None:
        return None
    return {
        "revision": revision.number, "prompt_id": str(revision.pk),
        "model": str(revision.model_target), "sha256": revision.sha256,
    }  # fmt: skip


def as_junit(facts: Facts) -> Iterator[str]:
    """A JUnit document: the verdict, then a test case for each case.

    A case fails where it is broken, must pass and does not, or fails without an old answer to
    compare with. One that failed before too is skipped: it is not news. One without an answer is
    an error.
    """
    name = f"{facts.run.variant}, revision {facts.run.revision.number}"
    kinds = [outcome(standing, facts.run) for standing in facts.standings]
    counts = {kind: kinds.count(kind) for kind in ("failure", "error", "skipped")}
    counts[_verdict_outcome(facts)] = counts.get(_verdict_outcome(facts), 0) + 1
    totals = (
        f'tests="{len(kinds) + 1}" failures="{counts["failure"]}" errors="{counts["error"]}" '
        f'skipped="{counts["skipped"]}"'
    )
    yield f"<?xml version='1.0' encoding='utf-8'?>\n<testsuites {totals}>\n"
    yield f"<testsuite name={_quoted(name)} {totals}>\n"
    yield _verdict_case(facts, name)
    for row in rows_of(facts):
        yield _test_case(row, facts.run)
    yield "</testsuite>\n</testsuites>\n"


def outcome(standing: Any, run: EvalRun) -> str:
    """What JUnit calls a case's standing: failure, error, skipped, or "" for a pass."""
    if standing.change == "unanswered":
        return "error"
    if standing.change == "broken":
        return "failure"
    if standing.change == "failing":
        return "failure" if standing.must_pass or run.baseline_id is None else "skipped"
    return ""


def _verdict_outcome(facts: Facts) -> str:
    return {"no_go": "failure", "inconclusive": "error", "none": "error"}.get(facts.kind, "")


def _verdict_case(facts: Facts, name: str) -> str:
    kind = _verdict_outcome(facts)
    said = f"{facts.word}: {facts.sentence}"
    why = "\n".join(reason["detail"] for reason in facts.reasons)
    return _element("verdict", name, kind, said, why)


def _test_case(row: Row, run: EvalRun) -> str:
    kind = outcome(row.shown.standing, run)
    if kind == "failure":
        said = row.failing or "It does not hold any more."
    elif kind == "error":
        said = (row.shown.new.error if row.shown.new else "") or "There is no answer."
    else:
        said = "It failed before too."
    answer = row.shown.new.answer if row.shown.new else ""
    return _element(row.shown.case.key, row.suite, kind, said, answer[:4_000])


def _element(name: str, group: str, kind: str, said: str, text: str) -> str:
    head = f"<testcase name={_quoted(name)} classname={_quoted(group)}"
    if not kind:
        return f"{head}/>\n"
    inside = "" if kind == "skipped" else escape(_xml(text))
    return f"{head}><{kind} message={_quoted(said[:2_000])}>{inside}</{kind}></testcase>\n"


def _quoted(text: str) -> str:
    return quoteattr(_xml(text), {"\n": "&#10;"})


def _xml(text: str) -> str:
    return text.translate(_NOT_XML)
