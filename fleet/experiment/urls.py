"""One named arm beside what is live, in many variants at once."""

from django.urls import path

from fleet.experiment import views

urlpatterns = [
    path("experiments/", views.experiment_list, name="experiment-list"),
    path("experiments/open/", views.experiment_open, name="experiment-open"),
    path("experiments/<uuid:pk>/", views.experiment_detail, name="experiment-detail"),
    path("experiments/<uuid:pk>/promote/", views.experiment_promote, name="experiment-promote"),
    path("experiments/<uuid:pk>/end/", views.experiment_end, name="experiment-end"),
]
