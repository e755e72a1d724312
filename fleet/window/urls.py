"""Hours of change, and days without."""

from django.urls import path

from fleet.window import views

urlpatterns = [
    path("windows/", views.window_list, name="window-list"),
    path("windows/blackouts/", views.blackout_everybody, name="blackout-everybody"),
    path("windows/<int:pk>/", views.window_edit, name="window-edit"),
    path("windows/<int:pk>/preview/", views.window_preview, name="window-preview"),
    path("windows/<int:pk>/usual/", views.window_usual, name="window-usual"),
    path("windows/<int:pk>/blackouts/", views.blackout_add, name="blackout-add"),
    path("blackouts/<int:pk>/remove/", views.blackout_remove, name="blackout-remove"),
]
