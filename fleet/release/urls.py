"""What took traffic in a variant, and the way back."""

from django.urls import path

from fleet.release import changelog_views, stage_views, views

urlpatterns = [
    path("variants/<int:pk>/releases/", views.variant_releases, name="variant-releases"),
    path("variants/<int:pk>/stages/", stage_views.variant_stages, name="variant-stages"),
    path("variants/<int:pk>/canary/", stage_views.variant_canary, name="variant-canary"),
    path("variants/<int:pk>/shadow/", stage_views.variant_shadow, name="variant-shadow"),
    path("variants/<int:pk>/staging/", stage_views.variant_staging, name="variant-staging"),
    path("releases/<uuid:pk>/next/", stage_views.release_next, name="release-next"),
    path("releases/<uuid:pk>/promote/", stage_views.release_promote, name="release-promote"),
    path("releases/<uuid:pk>/stop/", stage_views.release_stop, name="release-stop"),
    path(
        "variants/<int:pk>/changelog/",
        changelog_views.variant_changelog,
        name="variant-changelog",
    ),
    path(
        "variants/<int:pk>/changelog.md",
        changelog_views.variant_changelog_text,
        name="variant-changelog-text",
    ),
    path("variants/<int:pk>/roll-back/", views.variant_roll_back, name="variant-roll-back"),
]
