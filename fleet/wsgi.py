"""The WSGI site. Django is synchronous here: under ASGI the same view is ~10x slower."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fleet.settings")

application = get_wsgi_application()

from fleet.delivery.keeping import keeper  # noqa: E402 (Django is set up by now)
from registry.guardrails import semantics, warm  # noqa: E402

# A server process keeps its last good answers for the time PostgreSQL is away.
keeper.enable()

# What is loaded by now stays. To look through it for garbage took a third of the time of a page
# of thousands of rows.
gc.freeze()

# The first person who types should not wait for the lexicons and the encoder to load.
warm()
semantics.warm()
