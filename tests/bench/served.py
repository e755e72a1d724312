"""Many served rows for benchmarks of the fetch, by plain SQL, past every rule of the product.

Triggers and foreign keys are off while they are written: throwaway databases only. Each
tenant gets one variant, with the demo's default as its text.
"""

from __future__ import annotations

from django.db import connection, transaction

TENANTS = """
INSERT INTO registry_tenant (slug, name, segment, locale, timezone, annual_revenue,
                             contract_notes, created_at)
SELECT 'bench-' || n, 'Bench ' || n, 'retail', 'en', 'UTC', 0, '', now()
FROM generate_series(%s::int, %s::int) n ON CONFLICT DO NOTHING
"""

SERVED = """
INSERT INTO fleet_served (variant_id, release_id, prompt_slug, tenant_slug, locale, lane, body,
    etag, sha256, canary_share, canary_body, canary_etag, as_fallback, gone, changed_at)
SELECT 1000000 + n, s.release_id, s.prompt_slug, 'bench-' || n, 'en', 'primary',
    replace(s.body, '"tenant":null', '"tenant":"bench-' || n || '"'),
    left(encode(sha256(('bench' || n)::bytea), 'hex'), 32), s.sha256, 0, '', '', s.as_fallback,
    false, now()
FROM fleet_served s, generate_series(%s::int, %s::int) n
WHERE s.prompt_slug = 'support-triage' AND s.tenant_slug = '' AND s.lane = 'primary'
"""


def fill(first: int, last: int) -> None:
    """Tenants bench-FIRST to bench-LAST with a served row each of support-triage."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(TENANTS, [first, last])
        cursor.execute(SERVED, [first, last])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE fleet_served")
        cursor.execute("VACUUM ANALYZE registry_tenant")
