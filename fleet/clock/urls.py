"""What is known of models, by hand and from lists."""

from django.urls import path

from fleet.clock import views

urlpatterns = [
    path("models/new/", views.model_new, name="model-new"),
    path("models/import/", views.model_import, name="model-import"),
    path("models/import/apply/", views.model_import_apply, name="model-import-apply"),
    path("models/<int:pk>/edit/", views.model_edit, name="model-edit"),
]
