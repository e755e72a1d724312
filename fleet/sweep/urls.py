"""Many variants measured for one reason."""

from django.urls import path

from fleet.sweep import views

urlpatterns = [
    path("sweeps/", views.sweep_list, name="sweep-list"),
    path("sweeps/new/", views.sweep_new, name="sweep-new"),
    path("sweeps/<uuid:pk>/", views.sweep_detail, name="sweep-detail"),
]
