"""PostgreSQL holds the new stages too: canaries, fallbacks, router versions, and the change feed."""

from django.db import migrations

from registry.immutable import append_only, staged

REVIEW_ARROWS = {
    "open": {"approved", "changes_requested", "rejected", "withdrawn", "published"},
    "changes_requested": {"open", "rejected", "withdrawn", "published"},
    "approved": {"published", "scheduled", "open", "changes_requested", "withdrawn"},
    "scheduled": {"published", "approved", "open", "changes_requested", "withdrawn"},
    "withdrawn": {"open"},
}
RELEASE_ARROWS = {
    "staging": {"shadow", "canary", "live", "superseded"},
    "shadow": {"canary", "live", "superseded"},
    "canary": {"live", "superseded", "rolled_back"},
    "live": {"superseded", "rolled_back"},
}
OBJECTION_ARROWS = {"raised": {"lifted", "outvoted"}}
BREAK_GLASS_ARROWS = {"unreviewed": {"reviewed"}}
EXPERIMENT_ARROWS = {"running": {"promoted", "ended"}}
BULK_ARROWS = {"running": {"done"}}
ROUTER_REVIEW_ARROWS = {
    "open": {"approved", "rejected", "withdrawn"},
    "approved": {"published", "withdrawn"},
}
ROUTER_RELEASE_ARROWS = {"live": {"superseded", "rolled_back"}}

SERVED_GUARD = """
CREATE OR REPLACE FUNCTION fleet_guard_served() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    answer jsonb := NEW.body::jsonb;
    canary jsonb;
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
    IF NEW.as_fallback <> '' AND
       NEW.sha256 <> encode(sha256(convert_to(NEW.as_fallback::jsonb->>'text', 'UTF8')), 'hex')
    THEN
        RAISE EXCEPTION 'a fallback must be the text of the live release'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.canary_release_id IS NULL THEN
        IF NEW.canary_body <> '' OR NEW.canary_share <> 0 THEN
            RAISE EXCEPTION 'without a canary nobody gets one' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    canary := NEW.canary_body::jsonb;
    IF canary->>'sha256' <> encode(sha256(convert_to(canary->>'text', 'UTF8')), 'hex')
       OR NOT EXISTS (
            SELECT FROM fleet_release l JOIN registry_revision r ON r.id = l.revision_id
            WHERE l.id = NEW.canary_release_id AND l.variant_id = NEW.variant_id
              AND l.stage = 'canary' AND l.share = NEW.canary_share
              AND r.sha256 = canary->>'sha256')
    THEN
        RAISE EXCEPTION 'what a canary serves must be the text of its release'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""

ROUTER_GUARD = """
CREATE FUNCTION fleet_guard_router_approval() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v fleet_routerversion%ROWTYPE;
BEGIN
    SELECT * INTO v FROM fleet_routerversion WHERE id = NEW.version_id;
    IF NEW.sha256 <> v.sha256 THEN
        RAISE EXCEPTION 'approval names other rules than its version holds'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.decision = 'approve' AND NEW.by_id = v.author_id THEN
        RAISE EXCEPTION 'nobody approves their own rules' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fleet_router_approval_guard BEFORE INSERT ON fleet_routerapproval
    FOR EACH ROW EXECUTE FUNCTION fleet_guard_router_approval();
CREATE FUNCTION fleet_guard_router_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.stage = 'live' AND (
        NEW.prompt_id IS DISTINCT FROM
            (SELECT prompt_id FROM fleet_routerversion WHERE id = NEW.version_id)
        OR NOT EXISTS (
            SELECT FROM fleet_routerapproval p JOIN fleet_routerversion v ON v.id = p.version_id
            WHERE v.id = NEW.version_id AND p.decision = 'approve' AND p.sha256 = v.sha256))
    THEN
        RAISE EXCEPTION 'only approved rules of this prompt come into force'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fleet_router_release_guard BEFORE INSERT OR UPDATE ON fleet_routerrelease
    FOR EACH ROW EXECUTE FUNCTION fleet_guard_router_release();
"""

# A text on staging or in the shadow needs no yes, but it is this variant's own and not revoked.
TRIAL_GUARD = """
CREATE FUNCTION fleet_guard_trial() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    r registry_revision%ROWTYPE;
BEGIN
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
        RAISE EXCEPTION 'a revoked revision is not tried out' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fleet_trial_guard BEFORE INSERT OR UPDATE ON fleet_release
    FOR EACH ROW WHEN (NEW.stage IN ('staging', 'shadow')) EXECUTE FUNCTION fleet_guard_trial();
"""

# The lock number is arbitrary; it only has to be the same for every writer. Taken by a deferred
# trigger it is held from here to the end of the commit, so cursors grow as commits become
# visible, and nobody who holds it waits for a row of anybody else.
CHANGE_FEED = """
CREATE FUNCTION fleet_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.etag = OLD.etag AND NEW.canary_etag = OLD.canary_etag
       AND NEW.gone = OLD.gone AND NEW.as_fallback = OLD.as_fallback
    THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(47001);
    INSERT INTO fleet_change (prompt_slug, tenant_slug, locale, lane, at)
    VALUES (NEW.prompt_slug, NEW.tenant_slug, NEW.locale, NEW.lane, clock_timestamp());
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER fleet_served_changed AFTER INSERT OR UPDATE ON fleet_served
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fleet_note_change();
CREATE FUNCTION fleet_note_routing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.stage <> 'live' THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(47001);
    INSERT INTO fleet_change (prompt_slug, tenant_slug, locale, lane, at)
    SELECT DISTINCT ON (s.prompt_slug, s.tenant_slug)
           s.prompt_slug, s.tenant_slug, s.locale, s.lane, clock_timestamp()
    FROM fleet_served s
    WHERE NEW.prompt_id IS NULL
       OR s.prompt_slug = (SELECT slug FROM registry_prompt WHERE id = NEW.prompt_id)
    ORDER BY s.prompt_slug, s.tenant_slug;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER fleet_routing_changed AFTER INSERT OR UPDATE ON fleet_routerrelease
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fleet_note_routing();
"""

DROP = """
DROP TRIGGER fleet_router_approval_guard ON fleet_routerapproval;
DROP FUNCTION fleet_guard_router_approval();
DROP TRIGGER fleet_router_release_guard ON fleet_routerrelease;
DROP FUNCTION fleet_guard_router_release();
DROP TRIGGER fleet_trial_guard ON fleet_release; DROP FUNCTION fleet_guard_trial();
DROP TRIGGER fleet_served_changed ON fleet_served; DROP FUNCTION fleet_note_change();
DROP TRIGGER fleet_routing_changed ON fleet_routerrelease; DROP FUNCTION fleet_note_routing();
"""

RULES = [
    {"name": "Somebody else looks at it", "layer": "any", "needed": 1},
    {"name": "A policy owner looks at a new policy", "layer": "policy", "role": "policy_owner"},
    {"name": "Two people for the largest customers", "layer": "any", "needed": 2,
     "min_revenue": 2_500_000},
]  # fmt: skip


def write_rules(apps, schema_editor):
    """What is asked for until an operator changes it."""
    rule = apps.get_model("fleet", "ApprovalRule")
    for row in RULES:
        rule.objects.get_or_create(name=row["name"], defaults=row)


class Migration(migrations.Migration):
    dependencies = [("fleet", "0005_review_release_delivery")]

    operations = [
        staged("fleet_review", REVIEW_ARROWS),
        migrations.RunSQL("DROP TRIGGER fleet_release_guard_stage ON fleet_release", ""),
        staged("fleet_release", RELEASE_ARROWS),
        staged("fleet_objection", OBJECTION_ARROWS),
        staged("fleet_breakglass", BREAK_GLASS_ARROWS),
        staged("fleet_experiment", EXPERIMENT_ARROWS),
        staged("fleet_bulkact", BULK_ARROWS),
        staged("fleet_routerreview", ROUTER_REVIEW_ARROWS),
        staged("fleet_routerrelease", ROUTER_RELEASE_ARROWS),
        append_only("fleet_routerversion"),
        append_only("fleet_routerapproval"),
        migrations.RunSQL(SERVED_GUARD, ""),
        migrations.RunSQL(ROUTER_GUARD + TRIAL_GUARD + CHANGE_FEED, DROP),
        migrations.RunPython(write_rules, migrations.RunPython.noop),
    ]
