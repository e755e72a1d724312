"""Guardrails: what a policy says about a tenant's text. Pure; no database, no Django."""

from registry.guardrails.against_default import against_default
from registry.guardrails.engine import lint
from registry.guardrails.findings import Decision, Finding, Fix, LintContext, decision
from registry.guardrails.policy import Policy, PolicyError, Rule, Scope, load_policy
from registry.guardrails.warming import warm

__all__ = [
    "Decision",
    "Finding",
    "Fix",
    "LintContext",
    "Policy",
    "PolicyError",
    "Rule",
    "Scope",
    "against_default",
    "decision",
    "lint",
    "load_policy",
    "warm",
]
