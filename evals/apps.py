"""What is measured."""

from django.apps import AppConfig


class EvalsConfig(AppConfig):
    """Suites, runs, results and verdicts."""

    name = "evals"
