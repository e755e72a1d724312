"""Addresses a Langfuse client calls, below `/api/public/`."""

from __future__ import annotations

from django.urls import path

from fleet.langfuse import views

urlpatterns = [
    path("v2/prompts/<path:slug>", views.prompt, name="langfuse-prompt"),
    path("projects", views.projects, name="langfuse-projects"),
    path("health", views.health, name="langfuse-health"),
    path("<path:rest>", views.unsupported, name="langfuse-unsupported"),
]
