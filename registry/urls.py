"""What is written: revisions, their comparison, and how far variants have drifted."""

from django.urls import path

from registry.views import compare, drift, revision

urlpatterns = [
    path("revisions/<uuid:pk>/", revision.revision_detail, name="revision-detail"),
    path("revisions/<uuid:pk>/slots/", compare.compare_slot, name="compare-slot"),
    path("compare/", compare.compare, name="compare"),
    path("compare/find/", compare.compare_find, name="compare-find"),
    path("drift/", drift.drift, name="drift"),
    path("drift.csv", drift.drift_export, name="drift-export"),
]
