"""Operations done together leave the same columns as one by one, and can be taken back."""

import pytest
from django.db import connection, migrations, models
from django.db.migrations.state import ModelState, ProjectState

from registry.together import Together

pytestmark = pytest.mark.django_db(transaction=True)

APP = "registry"


def _columns() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'registry_kite'"
        )
        return {name for (name,) in cursor.fetchall()}


def test_two_models_then_their_fields_and_back_again() -> None:
    make = Together(
        migrations.CreateModel("Kite", [("id", models.BigAutoField(primary_key=True))]),
        migrations.CreateModel("Tail", [("id", models.BigAutoField(primary_key=True))]),
    )
    extend = Together(
        migrations.AddField(
            "Kite", "tail", models.ForeignKey("registry.Tail", models.CASCADE, null=True)
        ),
        migrations.AddField("Kite", "height", models.IntegerField(default=0)),
        migrations.AddConstraint(
            "Kite",
            models.CheckConstraint(condition=models.Q(height__gte=0), name="kite_not_below"),
        ),
    )
    states = [ProjectState()]
    states[0].add_model(
        ModelState("auth", "Group", [("id", models.BigAutoField(primary_key=True))])
    )
    for operation in (make, extend):
        after = states[-1].clone()
        operation.state_forwards(APP, after)
        with connection.schema_editor() as editor:
            operation.database_forwards(APP, editor, states[-1], after)
        states.append(after)
    assert _columns() == {"id", "tail_id", "height"}
    assert "Kite" in make.describe() and "height" in extend.describe()

    with connection.schema_editor() as editor:
        extend.database_backwards(APP, editor, states[2], states[1])
    assert _columns() == {"id"}
    with connection.schema_editor() as editor:
        make.database_backwards(APP, editor, states[1], states[0])
    assert _columns() == set()
