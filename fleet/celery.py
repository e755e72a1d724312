"""The Celery application: a doorbell over rows in PostgreSQL, nothing more."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fleet.settings")

from django.conf import settings

app = Celery("fleet")
app.conf.update(settings.CELERY, imports=("fleet.tasks",))


@worker_process_init.connect
def warm_up(**_: Any) -> None:
    """Load what the lint needs now: a first cutover must not wait seconds for it."""
    from registry.guardrails import semantics
    from registry.guardrails.warming import warm

    warm()
    semantics.warm()
