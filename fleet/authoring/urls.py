"""A variant and its overlay."""

from django.urls import path

from fleet.authoring import draft_views, views

urlpatterns = [
    path("variants/<int:pk>/", views.variant_detail, name="variant-detail"),
    path("variants/<int:pk>/edit/", views.overlay_edit, name="overlay-edit"),
    path("variants/<int:pk>/edit/check/", views.overlay_check, name="overlay-check"),
    path("variants/<int:pk>/edit/submit/", views.overlay_submit, name="overlay-submit"),
    path("variants/<int:pk>/edit/save/", draft_views.overlay_save, name="overlay-save"),
    path("variants/<int:pk>/edit/merge/", draft_views.overlay_merge, name="overlay-merge"),
    path("variants/<int:pk>/edit/discard/", draft_views.overlay_discard, name="overlay-discard"),
    path("variants/<int:pk>/edit/drafts/", draft_views.overlay_drafts, name="overlay-drafts"),
    path("variants/<int:pk>/edit/restore/", draft_views.overlay_restore, name="overlay-restore"),
    path("variants/<int:pk>/edit/visit/", draft_views.overlay_visit, name="overlay-visit"),
]
