"""The Celery application: a doorbell over rows in PostgreSQL, nothing more."""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fleet.settings")

from django.conf import settings

# By its name, so that addresses stay redis://… in logs and settings.
TRANSPORT_ALIASES.update(redis="fleet.broker:Transport", rediss="fleet.broker:Transport")

app = Celery("fleet")
app.conf.update(settings.CELERY, imports=("fleet.tasks",))


@worker_process_init.connect
def warm_up(**_: Any) -> None:
    """Load what the lint needs, where a cutover may come: it must not wait seconds for it.

    What is loaded by now stays: the garbage collector need not look through it again and again.
    """
    from fleet.warming import warm_for_open_tracks

    gc.freeze()
    warm_for_open_tracks()
