"""Where everything is. A URL's name is its view's name is its template's path."""

from django.contrib import admin
from django.contrib.auth import views as auth
from django.urls import include, path

from fleet.delivery import api as delivery_api
from fleet.delivery import views as delivery
from fleet.signin.views import SignIn, admin_login

pages = [
    path("", include("fleet.overview.urls")),
    path("", include("fleet.clock.urls")),
    path("", include("fleet.authoring.urls")),
    path("", include("fleet.review.urls")),
    path("", include("fleet.release.urls")),
    path("", include("registry.urls")),
    path("", include("evals.urls")),
    path("", include("fleet.planning.urls")),
    path("", include("fleet.campaign.urls")),
    path("", include("fleet.window.urls")),
    path("", include("fleet.signoff.urls")),
    path("", include("fleet.ledger.urls")),
    path("", include("fleet.letter.urls")),
    path("", include("fleet.mailbox.urls")),
    path("", include("fleet.feedback.urls")),
    path("", include("fleet.blast.urls")),
    path("", include("fleet.bulk.urls")),
    path("", include("fleet.sweep.urls")),
    path("", include("fleet.experiment.urls")),
    path("", include("fleet.rollback.urls")),
    path("", include("fleet.base.urls")),
    path("", include("fleet.policy.urls")),
    path("", include("fleet.adoption.urls")),
    path("", include("fleet.merging.urls")),
    path("", include("fleet.router.urls")),
    path("", include("fleet.notify.urls")),
    path("", include("fleet.webhook.urls")),
]

urlpatterns = [
    *pages,
    path("api/v1/prompts", delivery.prompts, name="api-prompts"),
    path("api/v1/prompts/<str:slug>", delivery.prompt, name="api-prompt"),
    path("api/v1/", delivery_api.urlpatterns()),
    path("api/public/", include("fleet.langfuse.urls")),
    path("api/<path:rest>", delivery.nothing, name="api-nothing"),
    path("healthz", delivery.healthz, name="healthz"),
    path("readyz", delivery.readyz, name="readyz"),
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("admin/login/", admin_login, name="admin-login"),
    path("admin/", admin.site.urls),
]
