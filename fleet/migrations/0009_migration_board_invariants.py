"""What PostgreSQL itself holds of the migration board: arrows, and what is append-only."""

from django.db import migrations

from registry.immutable import append_only, staged

CAMPAIGN_ARROWS = {
    "planned": {"cancelled", "running"},
    "running": {"cancelled", "done"},
    "done": {"running"},
    "cancelled": set(),
}  # fmt: skip

TRACK_ARROWS = {
    "queued": {"cancelled", "deferred", "evaluating", "exempt"},
    "evaluating": {"awaiting_sign_off", "cancelled", "deferred", "exempt", "needs_work"},
    "needs_work": {"awaiting_sign_off", "cancelled", "deferred", "evaluating", "exempt"},
    "awaiting_sign_off": {
        "cancelled", "deferred", "evaluating", "exempt", "needs_work", "signed_off",
    },
    "signed_off": {
        "awaiting_sign_off", "canary", "cancelled", "cut_over", "deferred", "evaluating",
        "exempt", "needs_work", "scheduled",
    },
    "scheduled": {
        "awaiting_sign_off", "canary", "cancelled", "cut_over", "deferred", "evaluating",
        "exempt", "needs_work", "signed_off",
    },
    "canary": {"cancelled", "cut_over", "needs_work", "rolled_back"},
    "cut_over": {"done", "rolled_back", "watched"},
    "watched": {"done", "rolled_back"},
    "done": {"rolled_back"},
    "rolled_back": {"cancelled", "evaluating", "needs_work"},
    "exempt": {"queued"},
    "deferred": {"cancelled", "exempt", "queued"},
    "cancelled": set(),
}  # fmt: skip

# A variant was through with its cutover so far; nothing was watched after it.
AS_NOW = """
UPDATE fleet_track SET prepared_at = changed_at;
UPDATE fleet_track SET stage = 'done', cut_over_at = closed_at WHERE stage = 'cut_over';
UPDATE fleet_campaign SET started_at = opened_at;
"""


class Migration(migrations.Migration):
    dependencies = [("fleet", "0008_migration_board")]

    operations = [
        migrations.RunSQL("DROP TRIGGER fleet_campaign_guard_stage ON fleet_campaign", ""),
        migrations.RunSQL("DROP TRIGGER fleet_track_guard_stage ON fleet_track", ""),
        migrations.RunSQL(AS_NOW, ""),
        staged("fleet_campaign", CAMPAIGN_ARROWS),
        staged("fleet_track", TRACK_ARROWS),
        append_only("fleet_seenevidence"),
        append_only("fleet_feedback"),
    ]
