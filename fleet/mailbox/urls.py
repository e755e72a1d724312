"""The simulated mailbox."""

from django.urls import path

from fleet.mailbox import views

urlpatterns = [
    path("mailbox/", views.mailbox, name="mailbox"),
    path("mailbox/<int:pk>/", views.mailbox_mail, name="mailbox-mail"),
]
