"""Undoing much at once, seeing to it that a text never serves again, and the runbook."""

from django.urls import path

from fleet.rollback import ending_views, help_views, views

urlpatterns = [
    path("migrations/<uuid:pk>/roll-back/", views.campaign_roll_back, name="campaign-roll-back"),
    path(
        "policy-versions/<int:pk>/roll-back/", views.policy_version_roll_back,
        name="policy-version-roll-back",
    ),
    path(
        "base-versions/<int:pk>/roll-back/", views.base_version_roll_back,
        name="base-version-roll-back",
    ),
    path("revisions/<uuid:pk>/revoke/", ending_views.revision_revoke, name="revision-revoke"),
    path(
        "policy-versions/<int:pk>/revoke/", ending_views.policy_version_revoke,
        name="policy-version-revoke",
    ),
    path(
        "base-versions/<int:pk>/revoke/", ending_views.base_version_revoke,
        name="base-version-revoke",
    ),
    path(
        "overlay-versions/<int:pk>/revoke/", ending_views.overlay_version_revoke,
        name="overlay-version-revoke",
    ),
    path("revocations/", ending_views.revocation_list, name="revocation-list"),
    path("variants/<int:pk>/withdraw/", ending_views.variant_withdraw, name="variant-withdraw"),
    path("variants/<int:pk>/restore/", ending_views.variant_restore, name="variant-restore"),
    path("help/rollback/", help_views.runbook_rollback, name="runbook-rollback"),
]  # fmt: skip
