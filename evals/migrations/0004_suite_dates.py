"""A suite version may bring its date along when a fleet folder is read."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evals", "0003_invariants")]

    operations = [
        migrations.AlterField(
            model_name="suiteversion",
            name="created_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
    ]
