"""Suites, answers and verdicts stay as they were measured."""

from django.db import migrations

from registry.immutable import append_only, staged


class Migration(migrations.Migration):
    dependencies = [("evals", "0002_initial"), ("registry", "0002_invariants")]

    operations = [
        append_only("evals_suiteversion"),
        append_only("evals_case"),
        append_only("evals_caseresult"),
        append_only("evals_verdict"),
        staged("evals_evalrun", {"running": {"done", "cancelled"}}),
    ]
