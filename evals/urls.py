"""Eval runs: the list, one run, its progress. Starting one is a matter of fleet.review."""

from django.urls import path

from evals.views import (
    again,
    compare,
    coverage,
    judges,
    matrix,
    preferences,
    reports,
    runs,
    steering,
    suites,
    suites_add,
    suites_edit,
    suites_try,
)

urlpatterns = [
    path("eval-runs/", runs.run_list, name="eval-run-list"),
    path("eval-runs/compare/", compare.eval_compare, name="eval-compare"),
    path("eval-matrix/", matrix.eval_matrix, name="eval-matrix"),
    path("eval-runs/<uuid:pk>/", runs.run_detail, name="eval-run-detail"),
    path("eval-runs/<uuid:pk>/progress/", runs.run_progress, name="eval-run-progress"),
    path("eval-runs/<uuid:pk>/cancel/", runs.run_cancel, name="eval-run-cancel"),
    path("eval-runs/<uuid:pk>/pause/", steering.run_pause, name="eval-run-pause"),
    path("eval-runs/<uuid:pk>/resume/", steering.run_resume, name="eval-run-resume"),
    path("eval-runs/<uuid:pk>/cap/", steering.run_cap, name="eval-run-cap"),
    path("eval-runs/<uuid:pk>/again/", again.run_once_more, name="eval-run-again"),
    path("eval-runs/<uuid:pk>/report.html", reports.report_html, name="eval-run-report"),
    path(
        "eval-runs/<uuid:pk>/report.csv",
        reports.report_file,
        {"ending": "csv"},
        name="eval-run-csv",
    ),
    path(
        "eval-runs/<uuid:pk>/report.json",
        reports.report_file,
        {"ending": "json"},
        name="eval-run-json",
    ),
    path(
        "eval-runs/<uuid:pk>/report.xml",
        reports.report_file,
        {"ending": "xml"},
        name="eval-run-junit",
    ),
    path("coverage/", coverage.coverage_page, name="coverage"),
    path("eval-runs/<uuid:pk>/compare-blind/", preferences.preference, name="preference"),
    path("judges/", judges.judge_list, name="judge-list"),
    path("judges/<slug:slug>/", judges.judge_detail, name="judge-detail"),
    path("judges/<slug:slug>/rescore/", judges.judge_rescore, name="judge-rescore"),
    path("judges/<slug:slug>/calibrate/", judges.judge_calibrate, name="judge-calibrate"),
    path("suites/", suites.suite_list, name="suite-list"),
    path("suites/new/", suites.suite_new, name="suite-new"),
    path("suites/<int:pk>/", suites.suite_detail, name="suite-detail"),
    path("suites/<int:pk>/versions/<int:number>/", suites.suite_version, name="suite-version"),
    path(
        "suites/<int:pk>/versions/<int:number>/run/", suites_try.suite_run, name="suite-run"
    ),
    path(
        "suites/<int:pk>/versions/<int:number>/<slug:kind>/",
        suites_add.suite_export,
        name="suite-export",
    ),
    path("suites/<int:pk>/switch/", suites.suite_switch, name="suite-switch"),
    path("suites/<int:pk>/edit/", suites_edit.suite_edit, name="suite-edit"),
    path("suites/<int:pk>/edit/freeze/", suites_edit.suite_freeze, name="suite-freeze"),
    path("suites/<int:pk>/edit/discard/", suites_edit.suite_discard, name="suite-discard"),
    path("suites/<int:pk>/edit/add/", suites_add.suite_add, name="suite-add"),
    path("suites/<int:pk>/edit/try/", suites_try.suite_try, name="suite-try"),
    path("case-trials/<int:pk>/", suites_try.suite_tried, name="suite-tried"),
]
