"""The Celery application: a doorbell over rows in PostgreSQL, nothing more."""

import gc
import os
import sys
from typing import Any

from celery import Celery
from celery.signals import task_postrun, task_prerun, worker_process_init
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fleet.settings")

from django.conf import settings
from django.db import close_old_connections

# By its name, so that addresses stay redis://… in logs and settings.
TRANSPORT_ALIASES.update(redis="fleet.broker:Transport", rediss="fleet.broker:Transport")

SWITCH_SECONDS = 0.0005
"""How long one thread of a worker may keep another from running; Python's own is ten times that.
The thread that asks models has to be there when an answer comes, while the other one scores."""

app = Celery("fleet")
app.conf.update(settings.CELERY, imports=("fleet.tasks",))

# Celery would open a connection to PostgreSQL for every task. Here one is kept as a web process
# keeps it: for CONN_MAX_AGE, and looked at before it is used again.
app.conf["CELERY_DB_REUSE_MAX"] = sys.maxsize


@task_prerun.connect
@task_postrun.connect
def let_go_of_connections(**_: Any) -> None:
    """Close those that are too old or broken."""
    close_old_connections()


@worker_process_init.connect
def warm_up(**_: Any) -> None:
    """Load what the lint needs, where a cutover may come: it must not wait seconds for it.

    What is loaded by now stays: the garbage collector need not look through it again and again.
    """
    from fleet.warming import warm_for_open_tracks

    gc.freeze()
    sys.setswitchinterval(SWITCH_SECONDS)
    warm_for_open_tracks()
