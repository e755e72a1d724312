"""Workshop pages of what is measured."""

from __future__ import annotations

from django.contrib import admin

from evals import models
from registry.workshop import Frozen, Staged


@admin.register(models.Suite)
class SuiteAdmin(Staged):
    """Lines of golden sets."""

    list_display = ("__str__", "scope", "prompt", "tenant", "name", "active")
    list_filter = ("scope", "active", "prompt")
    search_fields = ("tenant__name", "name")
    list_select_related = ("prompt", "tenant", "policy")


@admin.register(models.SuiteVersion)
class SuiteVersionAdmin(Frozen):
    """Frozen golden sets."""

    list_display = ("__str__", "number", "eval_hash", "author", "created_at")
    list_filter = ("suite__prompt",)
    search_fields = ("suite__tenant__name", "suite__name")
    list_select_related = ("suite__prompt", "suite__policy", "author")


@admin.register(models.Case)
class CaseAdmin(Frozen):
    """Cases."""

    list_display = ("key", "suite_version", "must_pass", "question")
    list_filter = ("must_pass", "suite_version__suite__prompt")
    search_fields = ("key",)
    list_select_related = ("suite_version__suite__prompt", "suite_version__suite__policy")


@admin.register(models.EvalRun)
class EvalRunAdmin(Staged):
    """Runs."""

    list_display = (
        "__str__", "kind", "stage", "tier", "calls_planned", "started_by", "started_at",
        "finished_at",
    )  # fmt: skip
    list_filter = ("stage", "kind", "tier", "variant__prompt")
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


@admin.register(models.SuiteDraft)
class SuiteDraftAdmin(Staged):
    """What people are changing a suite to."""

    list_display = ("suite", "edition", "updated_by", "updated_at")
    search_fields = ("suite__name", "suite__tenant__name")
    list_select_related = ("suite__prompt", "suite__policy", "updated_by")


@admin.register(models.Sweep)
class SweepAdmin(Frozen):
    """Many runs for one reason."""

    list_display = ("why", "kind", "tier", "started_by", "started_at")
    list_filter = ("kind", "tier")
    search_fields = ("why", "key")
    list_select_related = ("started_by",)


@admin.register(models.Calibration)
class CalibrationAdmin(Frozen):
    """How far judges agree with people."""

    list_display = ("judge", "passed", "kappa", "agreement", "labelled", "created_at")
    list_filter = ("passed",)
    search_fields = ("judge__variant__prompt__slug",)
    list_select_related = ("judge__variant__prompt", "judge__variant__tenant")


@admin.register(models.Preference)
class PreferenceAdmin(Frozen):
    """Blind choices between two answers."""

    list_display = ("case", "choice", "new_was_left", "by", "at")
    list_filter = ("choice",)
    search_fields = ("case__key",)
    list_select_related = ("case", "by")


@admin.register(models.ProviderPace)
class ProviderPaceAdmin(Frozen):
    """When providers that limit us may be asked next."""

    list_display = ("provider", "next_at")
    search_fields = ("provider",)
