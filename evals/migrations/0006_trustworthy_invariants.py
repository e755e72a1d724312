"""Calibrations and choices stay as they were made; a run may rest."""

from django.db import migrations

from registry.immutable import append_only, staged

BEFORE = {"running": {"done", "cancelled"}}
SINCE = {"running": {"paused", "done", "cancelled"}, "paused": {"running", "cancelled"}}


class Migration(migrations.Migration):
    dependencies = [("evals", "0005_trustworthy_evals")]

    operations = [
        append_only("evals_calibration"),
        append_only("evals_preference"),
        migrations.RunSQL(staged("evals_evalrun", BEFORE).reverse_sql, staged("evals_evalrun", BEFORE).sql),
        staged("evals_evalrun", SINCE),
    ]
