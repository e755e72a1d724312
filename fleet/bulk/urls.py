"""Acts over many variants at once, and how far they are."""

from django.urls import path

from fleet.bulk import views

urlpatterns = [
    path("bulk-acts/", views.bulk_list, name="bulk-list"),
    path("bulk-acts/<uuid:pk>/", views.bulk_detail, name="bulk-detail"),
    path("bulk-acts/<uuid:pk>/progress/", views.bulk_progress, name="bulk-progress"),
    path("bulk-acts/<uuid:pk>/table.csv", views.bulk_export, name="bulk-export"),
    path("bulk-acts/<uuid:pk>/again/", views.bulk_again, name="bulk-again"),
]
