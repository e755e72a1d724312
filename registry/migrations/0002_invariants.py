"""Frozen rows stay frozen, stages move by arrow, a revision's sha256 is its text's."""

from django.db import migrations

from registry.immutable import DROP_FUNCTIONS, FUNCTIONS, append_only, staged

SHA_MATCHES = """
ALTER TABLE registry_revision ADD CONSTRAINT revision_sha256_is_of_its_text
    CHECK (sha256 = encode(sha256(convert_to(text, 'UTF8')), 'hex'));
"""

VARIANT_ARROWS = {
    "active": {"withdrawn", "retired"},
    "withdrawn": {"active", "retired"},
}


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        append_only("registry_policyversion"),
        append_only("registry_baseversion"),
        append_only("registry_overlayversion"),
        append_only("registry_revision"),
        append_only("registry_adoption"),
        append_only("registry_revocation"),
        append_only("registry_event"),
        staged("registry_variant", VARIANT_ARROWS),
        migrations.RunSQL(
            SHA_MATCHES,
            "ALTER TABLE registry_revision DROP CONSTRAINT revision_sha256_is_of_its_text;",
        ),
    ]
