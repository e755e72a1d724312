"""What the servers of these tests run: the product, without the seconds its lint takes to load."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fleet.settings")

from django.core.wsgi import get_wsgi_application

wsgi = get_wsgi_application()

from fleet.delivery.keeping import keeper  # noqa: E402 (Django is set up by now)
from fleet.stream.server import Server  # noqa: E402

keeper.enable()
rsgi = Server(wsgi)
