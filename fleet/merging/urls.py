"""Overlays that have become the same."""

from django.urls import path

from fleet.merging import views

urlpatterns = [
    path("merging/", views.merging, name="merging"),
    path("merging/found/", views.merging_found, name="merging-found"),
    path("merging/merge/", views.merging_merge, name="merging-merge"),
    path("merging/part/", views.merging_part, name="merging-part"),
    path("merging/draft/", views.merging_draft, name="merging-draft"),
    path("merging/clear/", views.merging_clear, name="merging-clear"),
    path("merging/base/", views.merging_base, name="merging-base"),
]
