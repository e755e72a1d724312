"""Home, the jump palette and the models."""

from django.urls import path

from fleet.overview import views

urlpatterns = [
    path("", views.home, name="home"),
    path("jump/", views.jump, name="jump"),
    path("models/", views.model_list, name="model-list"),
    path("models/<int:pk>/announce/", views.model_announce, name="model-announce"),
]
