"""The Celery application: a doorbell over rows in PostgreSQL, nothing more."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fleet.settings")

from django.conf import settings

app = Celery("fleet")
app.conf.update(settings.CELERY, imports=("fleet.tasks",))
