"""What was approved is what is released is what is served: PostgreSQL checks each step."""

from django.db import migrations

from registry.immutable import append_only, staged

REVIEW_ARROWS = {
    "open": {"approved", "rejected", "withdrawn"},
    "approved": {"published", "open", "withdrawn"},
    "withdrawn": {"open"},
}
RELEASE_ARROWS = {
    "shadow": {"canary", "live", "superseded"},
    "canary": {"live", "superseded", "rolled_back"},
    "live": {"superseded", "rolled_back"},
}
CAMPAIGN_ARROWS = {"running": {"done", "cancelled"}, "done": {"running"}}
TRACK_ARROWS = {
    "queued": {"evaluating", "cancelled"},
    "evaluating": {"needs_work", "awaiting_sign_off", "cancelled"},
    "needs_work": {"evaluating", "cancelled"},
    "awaiting_sign_off": {"signed_off", "needs_work", "evaluating", "cancelled"},
    "signed_off": {"cut_over", "needs_work", "evaluating", "cancelled"},
    "cut_over": {"rolled_back"},
    "rolled_back": {"evaluating", "cancelled"},
}

APPROVAL_GUARD = """
CREATE FUNCTION fleet_guard_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    r registry_revision%ROWTYPE;
BEGIN
    SELECT * INTO r FROM registry_revision WHERE id = NEW.revision_id;
    IF NEW.sha256 <> r.sha256 THEN
        RAISE EXCEPTION 'approval names another text than its revision holds'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.decision = 'approve' AND NEW.by_id = r.author_id THEN
        RAISE EXCEPTION 'nobody approves their own revision' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fleet_approval_guard BEFORE INSERT ON fleet_approval
    FOR EACH ROW EXECUTE FUNCTION fleet_guard_approval();
"""

RELEASE_GUARD = """
CREATE FUNCTION fleet_guard_release() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    r registry_revision%ROWTYPE;
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.revision_id <> OLD.revision_id OR NEW.variant_id <> OLD.variant_id)
    THEN
        RAISE EXCEPTION 'a release keeps its revision' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.stage NOT IN ('canary', 'live') THEN
        RETURN NEW;
    END IF;
    SELECT * INTO r FROM registry_revision WHERE id = NEW.revision_id;
    IF r.variant_id <> NEW.variant_id THEN
        RAISE EXCEPTION 'a release takes a revision of its own variant'
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT FROM registry_revocation v
        WHERE v.revision_id = r.id OR v.policy_version_id = r.policy_version_id
           OR v.base_version_id = r.base_version_id OR v.overlay_version_id = r.overlay_version_id
    ) THEN
        RAISE EXCEPTION 'a revoked revision takes no traffic' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.kind <> 'break_glass'
       AND NOT EXISTS (SELECT FROM registry_adoption a WHERE a.revision_id = r.id)
       AND NOT EXISTS (
            SELECT FROM fleet_approval p
            WHERE p.revision_id = r.id AND p.decision = 'approve' AND p.sha256 = r.sha256)
    THEN
        RAISE EXCEPTION 'only an approved or adopted revision takes traffic'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fleet_release_guard BEFORE INSERT OR UPDATE ON fleet_release
    FOR EACH ROW EXECUTE FUNCTION fleet_guard_release();
CREATE FUNCTION fleet_refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% keeps its rows', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER fleet_release_kept BEFORE DELETE ON fleet_release
    FOR EACH ROW EXECUTE FUNCTION fleet_refuse_delete();
"""

SERVED_GUARD = """
CREATE FUNCTION fleet_guard_served() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    answer jsonb := NEW.body::jsonb;
BEGIN
    IF NEW.gone THEN
        RETURN NEW;
    END IF;
    IF NEW.sha256 <> encode(sha256(convert_to(answer->>'text', 'UTF8')), 'hex')
       OR NEW.sha256 <> answer->>'sha256'
       OR NOT EXISTS (
            SELECT FROM fleet_release l JOIN registry_revision r ON r.id = l.revision_id
            WHERE l.id = NEW.release_id AND l.variant_id = NEW.variant_id
              AND l.stage = 'live' AND r.sha256 = NEW.sha256)
    THEN
        RAISE EXCEPTION 'what is served must be the text of the live release'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fleet_served_guard BEFORE INSERT OR UPDATE ON fleet_served
    FOR EACH ROW EXECUTE FUNCTION fleet_guard_served();
"""

DROP = """
DROP TRIGGER fleet_approval_guard ON fleet_approval; DROP FUNCTION fleet_guard_approval();
DROP TRIGGER fleet_release_guard ON fleet_release; DROP FUNCTION fleet_guard_release();
DROP TRIGGER fleet_release_kept ON fleet_release; DROP FUNCTION fleet_refuse_delete();
DROP TRIGGER fleet_served_guard ON fleet_served; DROP FUNCTION fleet_guard_served();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("fleet", "0002_initial"),
        ("evals", "0003_invariants"),
        ("registry", "0002_invariants"),
    ]

    operations = [
        append_only("fleet_approval"),
        append_only("fleet_signoff"),
        staged("fleet_review", REVIEW_ARROWS),
        staged("fleet_release", RELEASE_ARROWS),
        staged("fleet_campaign", CAMPAIGN_ARROWS),
        staged("fleet_track", TRACK_ARROWS),
        migrations.RunSQL(APPROVAL_GUARD + RELEASE_GUARD + SERVED_GUARD, DROP),
    ]
