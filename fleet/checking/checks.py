"""The three gates a candidate passes or fails: lint, evals, contract cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals.verdicts import Decision
from fleet.checking.candidates import Candidate
from registry import slots
from registry.guardrails import Finding, LintContext, against_default, lint
from registry.guardrails.semantics import suspicion


@dataclass(frozen=True)
class Gate:
    """One gate's answer: `ok` None means it was not asked. `why` is for people."""

    name: str
    ok: bool | None
    said: str
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checked:
    """A candidate and its gates."""

    candidate: Candidate
    gates: tuple[Gate, ...]

    @property
    def ok(self) -> bool:
        """Whether no gate failed."""
        return all(gate.ok is not False for gate in self.gates)


def lint_gate(candidate: Candidate) -> Gate:
    """What policy, slots and the base's own text say about the overlay."""
    found = findings(candidate)
    blocks = [one for one in found if one.severity == "block"]
    if not found:
        return Gate("lint", True, "clean")
    said = f"{len(blocks)} blocked, {len(found) - len(blocks)} to look at"
    return Gate("lint", not blocks, said, tuple(_sentence(one) for one in [*blocks, *_rest(found)]))


def findings(candidate: Candidate) -> list[Finding]:
    """The same findings that the overlay's form shows (`registry.checks`)."""
    limits = [(slot.name, slot.max_chars) for slot in candidate.slots if slot.max_chars]
    context = LintContext(
        segment=candidate.segment, locale=candidate.locale, model=candidate.snapshot,
        declared_variables=candidate.variables, slot_limits=tuple(limits), suspicion=suspicion(),
    )  # fmt: skip
    return [
        *lint(dict(candidate.values), candidate.policy, context),
        *slots.findings(candidate.slots, candidate.values),
        *against_default(
            candidate.base_text, candidate.slots, candidate.values, candidate.locale
        ),
    ]  # fmt: skip


def eval_gate(decision: Decision | None, why_not: str) -> Gate:
    """The gate's verdict; inconclusive is no pass. None: not measured, and why."""
    if decision is None:
        return Gate("evals", None, why_not)
    reasons = tuple(reason.detail for reason in decision.reasons)
    broken = tuple(f"broken: {name}" for name in decision.broken)
    said = decision.verdict.replace("_", "-")
    return Gate("evals", decision.verdict == "go", said, (*reasons, *broken))


def safety_gate(contract: Sequence[tuple[str, bool]] | None, why_not: str) -> Gate:
    """Must-pass cases on the candidate as (name, held); every one has to hold."""
    if contract is None:
        return Gate("safety", None, why_not)
    if not contract:
        return Gate("safety", None, "no contract cases")
    failed = tuple(f"contract case fails: {name}" for name, held in contract if not held)
    return Gate("safety", not failed, f"{len(contract) - len(failed)} of {len(contract)}", failed)


def _rest(found: Sequence[Finding]) -> list[Finding]:
    return [one for one in found if one.severity != "block"]


def _sentence(finding: Finding) -> str:
    quote = f" “{finding.quote}”" if finding.quote else ""
    return f"{finding.severity}: {finding.message}{quote} {finding.hint}".strip()
