"""A variant and its overlay."""

from django.urls import path

from fleet.authoring import views

urlpatterns = [
    path("variants/<int:pk>/", views.variant_detail, name="variant-detail"),
    path("variants/<int:pk>/edit/", views.overlay_edit, name="overlay-edit"),
    path("variants/<int:pk>/edit/check/", views.overlay_check, name="overlay-check"),
    path("variants/<int:pk>/edit/submit/", views.overlay_submit, name="overlay-submit"),
    path("variants/<int:pk>/edit/discard/", views.overlay_discard, name="overlay-discard"),
]
