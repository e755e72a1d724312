"""Every setting of the product, in one file, split by environment variables.

Two ways to run: on one machine under `manage.py up`, which sets what is needed
itself (FLEET_LOCAL=1), and in production, where the environment must say it all and
a missing or default SECRET_KEY stops the start.
"""

from __future__ import annotations

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zlib import crc32

import dj_database_url
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from evals.provider_settings import providers_from

BASE_DIR = Path(__file__).resolve().parent.parent


def _flag(name: str) -> bool:
    return os.environ.get(name, "") not in ("", "0", "false", "no")


# --- mode -----------------------------------------------------------------------------

LOCAL = _flag("FLEET_LOCAL")
"""One machine, started by `manage.py up`, `test` or a command: plain HTTP on localhost."""

DEBUG = _flag("FLEET_DEBUG")

FLEET_DATA = os.environ.get("FLEET_DATA", "")
"""The data directory of `manage.py up`; empty in production."""

_INSECURE_KEY = "insecure-local-key"
SECRET_KEY = os.environ.get("SECRET_KEY", _INSECURE_KEY if LOCAL or DEBUG else "")
if not SECRET_KEY or (SECRET_KEY == _INSECURE_KEY and not (LOCAL or DEBUG)):
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. Put a long random string into the environment variable "
        "SECRET_KEY (python3 -c 'import secrets; print(secrets.token_urlsafe(50))')."
    )

_HOSTS = os.environ.get("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]" if LOCAL else "")
ALLOWED_HOSTS = [host.strip() for host in _HOSTS.split(",") if host.strip()]
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("CSRF_TRUSTED_ORIGINS", "").split(",") if o]

# --- applications ---------------------------------------------------------------------

INSTALLED_APPS = [
    "fleet.apps.FleetConfig",
    "evals.apps.EvalsConfig",
    "registry.apps.RegistryConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "simple_history",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "fleet.middleware.CleanInputMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

ROOT_URLCONF = "fleet.urls"
WSGI_APPLICATION = "fleet.wsgi.application"
AUTH_USER_MODEL = "registry.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "fleet.context.product",
                "fleet.notify.context.bell",
            ],
        },
    },
]

# --- PostgreSQL: the truth ------------------------------------------------------------

DATABASES = {
    "default": dj_database_url.parse(
        os.environ.get("DATABASE_URL", "postgres://localhost/prompt_fleet"),
        conn_max_age=60,
        conn_health_checks=True,
    )
}
# A PostgreSQL that hangs must not hang every caller: prompts are then served from the cache.
_OPTIONS = DATABASES["default"].setdefault("OPTIONS", {})
_OPTIONS.setdefault("connect_timeout", 3)
# Django joins along foreign keys, in a sensible order. To search for a better one among 20 took
# PostgreSQL 70-90 ms a query (measured: a track under lock); among 4 at a time it takes 14.
_OPTIONS.setdefault("options", "-c join_collapse_limit=4")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis and Celery: may be lost at any moment ----------------------------------------

REDIS_URL = os.environ.get("REDIS_URL", "redis://localhost:6379/0")

LEASE = timedelta(seconds=float(os.environ.get("FLEET_LEASE_SECONDS", "60")))
"""How long a worker owns a piece of work without a heartbeat; tests use seconds."""

RECONCILE_SECONDS = float(os.environ.get("FLEET_RECONCILE_SECONDS", "15"))
"""How often beat asks PostgreSQL which work nobody owns."""

TICK_SECONDS = min(5.0, RECONCILE_SECONDS)
"""How often the tracks of campaigns are looked at for a step that is due."""

# A task's hard limit stays under the visibility timeout, or Redis would hand a task that
# still runs to a second worker (kombu's documentation of visibility_timeout).
_VISIBILITY = {"visibility_timeout": 900}

PATIENT_WORK = frozenset({"evaluate_track", "rescore", "sweep_variant"})
"""Kinds of work of which thousands may wait at once: mails, cutovers and answers go first."""

BEAT: dict[str, dict[str, Any]] = {
    "reconcile": {"task": "fleet.tasks.reconcile", "schedule": RECONCILE_SECONDS},
    "heartbeat": {"task": "fleet.tasks.heartbeat", "schedule": 10.0},
    "prune_changes": {"task": "fleet.tasks.prune_changes", "schedule": 3600.0},
    "prune_mails": {"task": "fleet.tasks.prune_mails", "schedule": 3600.0},
    # Each tells a thing once however often it asks, so a day that was missed is made up for.
    "remind_of_retirements": {"task": "fleet.tasks.remind_of_retirements", "schedule": 3600.0},
    "remind_of_links": {"task": "fleet.tasks.remind_of_ending_links", "schedule": 3600.0},
    "advance_canaries": {"task": "fleet.tasks.advance_canaries", "schedule": 5.0},
    "advance_tracks": {"task": "fleet.tasks.advance_tracks", "schedule": TICK_SECONDS},
    "publish_due": {"task": "fleet.tasks.publish_due_reviews", "schedule": 5.0},
    "reviews_in_line": {"task": "fleet.tasks.keep_reviews_in_line", "schedule": 30.0},
    "digests": {"task": "fleet.tasks.send_digests", "schedule": 60.0},
    # Three days, so that a machine that was off on the first does not miss the month.
    "measure_library": {
        "task": "fleet.tasks.measure_library",
        "schedule": crontab(minute="0", hour="3", day_of_month="1-3"),
    },
}
for _entry in BEAT.values():
    if isinstance(_entry["schedule"], float):  # a tick that nobody came to is not made up for
        _entry["options"] = {"expires": max(30.0, 2 * _entry["schedule"])}

CELERY = {
    "broker_url": os.environ.get("CELERY_BROKER_URL", REDIS_URL),
    "result_backend": None,
    "task_ignore_result": True,
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "worker_prefetch_multiplier": 1,
    "task_time_limit": 300,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,  # a worker waits for Redis however long it is away
    "broker_transport_options": {
        **_VISIBILITY,
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
    },
    "result_backend_transport_options": _VISIBILITY,
    "visibility_timeout": 900,
    # A web request must not hang on a dead broker: the row is written, beat rings later.
    "task_publish_retry_policy": {"max_retries": 1, "interval_start": 0, "interval_max": 0.2},
    "worker_hijack_root_logger": False,
    "worker_send_task_events": False,
    "beat_schedule": BEAT,
}

# --- the server and its change stream ---------------------------------------------------

WEB_THREADS = int(os.environ.get("FLEET_WEB_THREADS", "4"))
"""Threads a server process answers pages on; each holds at most one database connection."""

FETCH_THREADS = int(os.environ.get("FLEET_FETCH_THREADS", "2"))
"""Threads beside them that fetch prompts: one asks PostgreSQL while the other one answers."""

STREAM_HEARTBEAT_SECONDS = float(os.environ.get("FLEET_STREAM_HEARTBEAT_SECONDS", "15"))
"""A sign of life for callers and the proxies between; contract.md."""

STREAM_POLL_SECONDS = 5.0
"""How often the feed is read though nobody rang: what a lost ring costs."""

STREAM_POLL_SECONDS_WITHOUT_REDIS = 1.0
STREAM_RETRY_SECONDS = 0.5
"""Until PostgreSQL is asked again after it did not answer."""

STREAM_KEY_CHECK_SECONDS = float(os.environ.get("FLEET_STREAM_KEY_CHECK_SECONDS", "20"))
"""How often the keys of open streams are looked at: a revoked one is closed by then."""

# --- model providers ------------------------------------------------------------------

PROVIDERS = providers_from(os.environ)
"""Provider -> address, key, shape and limits; `evals.provider_settings` says which variables."""

MODEL_TIMEOUT_SECONDS = float(os.environ.get("FLEET_MODEL_TIMEOUT_SECONDS", "60"))
"""For one try of one call. At most 120, or a task would end before its calls do."""

PROVIDER_PATIENCE_SECONDS = float(os.environ.get("FLEET_PROVIDER_PATIENCE_SECONDS", "90"))
"""A provider without any word for so long, while calls wait for it, is given up: they fail."""

PUMP_SECONDS = float(os.environ.get("FLEET_PUMP_SECONDS", "120"))
"""How long a task begins calls of whatever runs wait. Above the patience; with a call's
time-out under the tasks' hard limit."""

ANSWERS_KEPT_DAYS = int(os.environ.get("FLEET_ANSWERS_KEPT_DAYS", "14"))
"""An answer to the very same question is taken again for so long."""

MUST_PASS_REPEATS = int(os.environ.get("FLEET_MUST_PASS_REPEATS", "5"))
"""How often a must-pass case is asked in each arm; five tell a flaky case from a broken one."""

CONFIRM_REPEATS = int(os.environ.get("FLEET_CONFIRM_REPEATS", "5"))
"""How often a case that is to be confirmed is asked afresh in each arm."""

MODERATION = {
    "base_url": os.environ.get("MODERATION_BASE_URL", ""),
    "model": os.environ.get("MODERATION_MODEL", ""),
    "key": os.environ.get("MODERATION_API_KEY", ""),
}
"""A service that speaks OpenAI's `POST /moderations`; no address: answers are not moderated."""

JUDGE_STANDARD = {"min_labels": 30, "min_read": 0.95, "min_kappa": 0.6, "min_kappa_low": 0.4}
"""What a judge has to reach on its labelled set before its scores gate (`evals.judges.standard`):
kappa from 0.6 is called substantial (Landis and Koch, 1977), over 0.4 moderate."""

# --- the ledger -----------------------------------------------------------------------

HOUR_COST = Decimal(os.environ.get("FLEET_HOUR_COST", "80"))
"""EUR that an hour of a colleague's work costs; the ledger's pages name it. 80 is an assumption."""

USD_IN_EUR = Decimal(os.environ["FLEET_USD_IN_EUR"]) if os.environ.get("FLEET_USD_IN_EUR") else None
"""EUR for one USD, where the ledger may add up hours and calls; unset: it shows both."""

# --- mail -----------------------------------------------------------------------------

SITE_URL = os.environ.get("SITE_URL", "http://localhost:8000").rstrip("/")
"""Public root of the site, for links in mails."""

DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "Prompt fleet <fleet@localhost>")
EMAIL_TIMEOUT = 20
"""Seconds: under the lease, or a mail that hangs would be sent by a second worker too."""

if os.environ.get("EMAIL_URL"):
    _MAIL = urlsplit(os.environ["EMAIL_URL"])
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _MAIL.hostname or "localhost", _MAIL.port or 25
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = (
        unquote(_MAIL.username or ""),
        unquote(_MAIL.password or ""),
    )
    EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL.scheme == "smtp+tls", _MAIL.scheme == "smtps"
elif LOCAL:
    # Nothing leaves the machine: the page /mailbox/ shows what would have been sent.
    EMAIL_BACKEND = "fleet.mailbox.backend.EmailBackend"
else:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

SIGN_OFF_DAYS = float(os.environ.get("FLEET_SIGN_OFF_DAYS", "14"))
"""How long a customer's sign-off link works, in days; any change ends it sooner."""

# --- telling others -------------------------------------------------------------------

CHAT_SECRET_URL = os.environ.get("SLACK_WEBHOOK_URL", "")
"""The incoming webhook of the team's channel. Whoever knows it can post: never shown or logged
(Django blanks out a setting with SECRET in its name)."""

WEBHOOK_ALLOWED_HOSTS = [
    host.strip() for host in os.environ.get("WEBHOOK_ALLOWED_HOSTS", "").split(",") if host.strip()
]
"""Hosts that webhooks may go to, `name` or `name:port`; empty: none."""

# --- security -------------------------------------------------------------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not (LOCAL or DEBUG)
SESSION_COOKIE_HTTPONLY = True
# Cookies know no port: two machines side by side on localhost must not share one name.
_PLACE = f"_{crc32(FLEET_DATA.encode()):08x}" if LOCAL else ""
SESSION_COOKIE_NAME = f"fleet_session{_PLACE}"
CSRF_COOKIE_NAME = f"fleet_csrf{_PLACE}"
SECURE_PROXY_SSL_HEADER = None if LOCAL else ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = not (LOCAL or DEBUG)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 0 if LOCAL or DEBUG else 31_536_000
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
"""Bytes of a request body, files aside; above it the answer is 413, nothing stored."""
DATA_UPLOAD_MAX_NUMBER_FILES = 2_500
"""Files of one un-fork: more than its own limit, which says in words what is too much."""

KEEP_FIGURES = not _flag("FLEET_FRESH_FIGURES")
"""Home keeps its counts over the whole fleet until something happens (fleet.overview.figures)."""

CHANGE_WINDOW = {"weekdays": [0, 1, 2, 3], "opens": "09:00", "closes": "16:00"}
"""When a tenant without hours of its own may be cut over, in its time zone (fleet.window.of).

0 is Monday. Not on Fridays: who complains the next day should find somebody at work.
"""

# --- language, time, files --------------------------------------------------------------

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Local mode serves from the sources; production from what collectstatic gathered.
STATIC_ROOT = None if LOCAL else Path(os.environ.get("STATIC_ROOT", BASE_DIR / "staticfiles"))
WHITENOISE_USE_FINDERS = LOCAL or DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
if not (LOCAL or DEBUG):
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }

SIMPLE_HISTORY_HISTORY_ID_USE_UUID = False
SIMPLE_HISTORY_REVERT_DISABLED = True

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": os.environ.get("LOG_LEVEL", "INFO")},
    "loggers": {"aiohttp.access": {"level": "WARNING"}, "httpx": {"level": "WARNING"}},
}
