"""The Celery application: a doorbell over rows in PostgreSQL, nothing more."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fleet.settings")

app = Celery("fleet")
app.config_from_object("django.conf:settings.CELERY")
app.conf.imports = ("fleet.tasks",)
