"""Migration operations that make PostgreSQL itself hold the invariants.

The functions live in one migration of `registry`; the triggers stand beside the tables
they guard. TRUNCATE is refused too: a test database empties itself with
`session_replication_role = replica`, which only a superuser may set.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

from django.db.migrations.operations import RunSQL

FUNCTIONS = """
CREATE FUNCTION fleet_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION fleet_guard_stage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.stage = OLD.stage THEN
        RETURN NEW;
    END IF;
    IF NOT (OLD.stage || '>' || NEW.stage) = ANY (TG_ARGV[0:]) THEN
        RAISE EXCEPTION '%: no arrow from % to %', TG_TABLE_NAME, OLD.stage, NEW.stage
            USING ERRCODE = 'check_violation';
    END IF;
    IF current_setting('fleet.move', true) IS DISTINCT FROM
       TG_TABLE_NAME || ':' || NEW.id || ':' || NEW.stage THEN
        RAISE EXCEPTION '%: a stage changes only through move()', TG_TABLE_NAME
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""

DROP_FUNCTIONS = "DROP FUNCTION fleet_refuse_change(); DROP FUNCTION fleet_guard_stage();"


def append_only(table: str) -> RunSQL:
    """Refuse UPDATE, DELETE and TRUNCATE of a table."""
    return RunSQL(
        f"""
        CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION fleet_refuse_change();
        CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION fleet_refuse_change();
        """,
        f"DROP TRIGGER {table}_append_only ON {table};DROP TRIGGER {table}_no_truncate ON {table};",
    )


def staged(table: str, arrows: Mapping[str, Set[str]]) -> RunSQL:
    """Let `stage` change only along `arrows`, and only announced by `transitions.move`."""
    pairs = ", ".join(
        f"'{origin}>{goal}'" for origin, goals in sorted(arrows.items()) for goal in sorted(goals)
    )
    return RunSQL(
        f"""
        CREATE TRIGGER {table}_guard_stage BEFORE UPDATE OF stage ON {table}
            FOR EACH ROW EXECUTE FUNCTION fleet_guard_stage({pairs});
        """,
        f"DROP TRIGGER {table}_guard_stage ON {table};",
    )
