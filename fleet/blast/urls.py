"""Dry runs of a base or policy draft."""

from django.urls import path

from fleet.blast import views

urlpatterns = [
    path("blast-radius/<uuid:pk>/", views.blast_radius, name="blast-radius"),
]
