"""Dry runs of a base or policy draft."""

from django.urls import path

from fleet.blast import views

urlpatterns = [
    path("blast-radius/<uuid:pk>/", views.blast_radius, name="blast-radius"),
    path("blast-radius/<uuid:pk>/progress/", views.blast_progress, name="blast-progress"),
    path("blast-radius/<uuid:pk>/cancel/", views.blast_cancel, name="blast-cancel"),
    path("blast-radius/<uuid:pk>/table.csv", views.blast_export, name="blast-export"),
    path("blast-radius/variants/<int:pk>/", views.blast_row, name="blast-row"),
]
