"""What the server runs: `granian --interface rsgi fleet.rsgi:application`.

Django stays synchronous (under ASGI the same view is ~10x slower) and answers in threads;
what has to stay open for hours, the change stream, is asynchronous and costs no thread.
"""

from fleet.wsgi import application as site

from fleet.stream.server import Server  # isort: skip (Django must be set up before)

application = Server(site)
