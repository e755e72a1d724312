"""Migrations and roll-outs: the list, the board, the tracks."""

from django.urls import path

from fleet.campaign import batch_views, rollout_views, track_views, views
from fleet.campaign.batch_acts import ACTS

urlpatterns = [
    path("migrations/", views.campaign_list, name="campaign-list"),
    path("roll-outs/open/", rollout_views.rollout_open, name="rollout-open"),
    path("migrations/<uuid:pk>/", views.campaign_board, name="campaign-board"),
    path("migrations/<uuid:pk>/rows/", views.campaign_rows, name="campaign-rows"),
    path("migrations/<uuid:pk>/export/", views.campaign_export, name="campaign-export"),
    path("migrations/<uuid:pk>/cost/", views.campaign_cost, name="campaign-cost"),
    path("migrations/<uuid:pk>/preview/", batch_views.campaign_preview, name="campaign-preview"),
    *(
        path(f"migrations/<uuid:pk>/{slug}/", batch_views.acting(slug), name=f"campaign-{slug}")
        for slug, act in ACTS.items()
        if act.run is not None
    ),
    path("migrations/<uuid:pk>/pause-all/", batch_views.campaign_pause, name="campaign-pause-all"),
    path(
        "migrations/<uuid:pk>/resume-all/", batch_views.campaign_resume, name="campaign-resume-all"
    ),
    path("migrations/<uuid:pk>/cancel/", views.campaign_cancel, name="campaign-cancel"),
    path("tracks/<uuid:pk>/", track_views.track_detail, name="track-detail"),
    path("tracks/<uuid:pk>/re-evaluate/", track_views.track_re_evaluate, name="track-re-evaluate"),
    path("tracks/<uuid:pk>/sign-off/", track_views.track_sign_off, name="track-sign-off"),
    path("tracks/<uuid:pk>/cut-over/", track_views.track_cut_over, name="track-cut-over"),
    path("tracks/<uuid:pk>/roll-back/", track_views.track_roll_back, name="track-roll-back"),
    path("tracks/<uuid:pk>/<slug:act>/", track_views.track_act, name="track-act"),
]
