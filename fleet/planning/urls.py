"""Plans of campaigns."""

from django.urls import path

from fleet.planning import opening_views, views

urlpatterns = [
    path("migrations/open/", opening_views.campaign_open, name="campaign-open"),
    path("plans/<uuid:pk>/", views.plan_detail, name="plan-detail"),
    path("plans/<uuid:pk>/save/", views.plan_save, name="plan-save"),
    path("plans/<uuid:pk>/waves/", views.plan_waves, name="plan-waves"),
    path("plans/<uuid:pk>/variants/", views.plan_tracks, name="plan-tracks"),
    path("plans/<uuid:pk>/start/", views.plan_start, name="plan-start"),
    path("plans/<uuid:pk>/discard/", views.plan_discard, name="plan-discard"),
]
