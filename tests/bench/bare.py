"""A Django site with one view that answers a small JSON document: the floor to measure against."""

from __future__ import annotations

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path

settings.configure(
    SECRET_KEY="bench", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], MIDDLEWARE=[], DEBUG=False
)


def view(request: HttpRequest) -> JsonResponse:
    """Nothing but an answer; its length is told, as every real site's is."""
    response = JsonResponse({"prompt": "support-triage", "text": "Hello."})
    response["Content-Length"] = str(len(response.content))
    return response


urlpatterns = [path("bare", view)]
application = get_wsgi_application()
