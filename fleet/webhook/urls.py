"""The webhooks."""

from django.urls import path

from fleet.webhook import views

urlpatterns = [
    path("webhooks/", views.webhook_list, name="webhook-list"),
    path("webhooks/new/", views.webhook_create, name="webhook-create"),
    path("webhooks/<uuid:pk>/", views.webhook_detail, name="webhook-detail"),
    path("webhooks/<uuid:pk>/edit/", views.webhook_edit, name="webhook-edit"),
    path("webhooks/<uuid:pk>/renew/", views.webhook_renew, name="webhook-renew"),
    path("webhooks/<uuid:pk>/pause/", views.webhook_pause, name="webhook-pause"),
    path("webhooks/<uuid:pk>/resume/", views.webhook_resume, name="webhook-resume"),
    path("webhooks/<uuid:pk>/test/", views.webhook_test, name="webhook-test"),
    path("webhooks/deliveries/<uuid:pk>/resend/", views.webhook_resend, name="webhook-resend"),
]
