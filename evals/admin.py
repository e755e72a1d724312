"""Workshop pages of what is measured."""

from __future__ import annotations

from django.contrib import admin

from evals import models
from registry.workshop import Frozen, Staged


@admin.register(models.Suite)
class SuiteAdmin(Frozen):
    """Lines of golden sets."""

    list_display = ("__str__", "prompt", "tenant", "name")
    list_filter = ("prompt",)
    search_fields = ("tenant__name", "name")
    list_select_related = ("prompt", "tenant")


@admin.register(models.SuiteVersion)
class SuiteVersionAdmin(Frozen):
    """Frozen golden sets."""

    list_display = ("__str__", "number", "eval_hash", "author", "created_at")
    list_filter = ("suite__prompt",)
    search_fields = ("suite__tenant__name", "suite__name")
    list_select_related = ("suite__prompt", "author")


@admin.register(models.Case)
class CaseAdmin(Frozen):
    """Cases."""

    list_display = ("key", "suite_version", "must_pass", "question")
    list_filter = ("must_pass", "suite_version__suite__prompt")
    search_fields = ("key",)
    list_select_related = ("suite_version__suite__prompt",)


@admin.register(models.EvalRun)
class EvalRunAdmin(Staged):
    """Runs."""

    list_display = ("__str__", "stage", "calls_planned", "started_by", "started_at", "finished_at")
    list_filter = ("stage", "variant__prompt")
    search_fields = ("id", "variant__tenant__name")
    list_select_related = ("revision__variant__tenant", "revision__variant__prompt", "started_by")


@admin.register(models.CaseResult)
class CaseResultAdmin(Frozen):
    """Answers."""

    list_display = ("case", "arm", "repeat", "outcome", "score", "created_at")
    list_filter = ("outcome", "arm")
    search_fields = ("run__id", "case__key")
    list_select_related = ("case",)


@admin.register(models.Verdict)
class VerdictAdmin(Frozen):
    """Verdicts."""

    list_display = ("run", "kind", "headline", "created_at")
    list_filter = ("kind",)
    list_select_related = ("run__revision__variant__tenant", "run__revision__variant__prompt")
