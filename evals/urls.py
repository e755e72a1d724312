"""Eval runs: the list, one run, its progress. Starting one is a matter of fleet.review."""

from django.urls import path

from evals.views import runs

urlpatterns = [
    path("eval-runs/", runs.run_list, name="eval-run-list"),
    path("eval-runs/<uuid:pk>/", runs.run_detail, name="eval-run-detail"),
    path("eval-runs/<uuid:pk>/progress/", runs.run_progress, name="eval-run-progress"),
    path("eval-runs/<uuid:pk>/cancel/", runs.run_cancel, name="eval-run-cancel"),
]
