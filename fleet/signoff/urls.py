"""The sign-off: outside pages behind a link, and what our own people do about it."""

from django.urls import path

from fleet.signoff import views

urlpatterns = [
    path("s/<str:token>/", views.sign_off, name="sign-off"),
    path("s/<str:token>/compare/", views.sign_off_blind, name="sign-off-blind"),
    path("s/<str:token>/code/", views.sign_off_code, name="sign-off-code"),
    path("s/<str:token>/decide/", views.sign_off_decide, name="sign-off-decide"),
    path("s/<str:token>/document/", views.sign_off_document, name="sign-off-document"),
]
