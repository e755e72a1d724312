"""Reviews, what is said and done about them, and the eval runs that need what is live."""

from django.urls import path

from fleet.review import acts, casing, glass_views, rebase_views, talking, timing, views

urlpatterns = [
    path("reviews/", views.review_queue, name="review-queue"),
    path("reviews/schedule/", timing.review_schedule_all, name="review-schedule-all"),
    path("reviews/<int:pk>/", views.review_detail, name="review-detail"),
    path("reviews/<int:pk>/approve/", acts.review_approve, name="review-approve"),
    path(
        "reviews/<int:pk>/request-changes/", acts.review_request_changes,
        name="review-request-changes",
    ),
    path("reviews/<int:pk>/accept-risk/", acts.review_accept_risk, name="review-accept-risk"),
    path("reviews/<int:pk>/resume/", acts.review_resume, name="review-resume"),
    path("reviews/<int:pk>/reject/", acts.review_reject, name="review-reject"),
    path("reviews/<int:pk>/withdraw/", acts.review_withdraw, name="review-withdraw"),
    path("reviews/<int:pk>/publish/", acts.review_publish, name="review-publish"),
    path("reviews/<int:pk>/schedule/", timing.review_schedule, name="review-schedule"),
    path("reviews/<int:pk>/unschedule/", timing.review_unschedule, name="review-unschedule"),
    path("reviews/<int:pk>/break-glass/", acts.review_break_glass, name="review-break-glass"),
    path("reviews/<int:pk>/rebase/", rebase_views.review_rebase, name="review-rebase"),
    path("reviews/<int:pk>/comment/", talking.review_comment, name="review-comment"),
    path("comments/<int:pk>/resolve/", talking.comment_resolve, name="comment-resolve"),
    path("comments/<int:pk>/reopen/", talking.comment_reopen, name="comment-reopen"),
    path("comments/<int:pk>/case/", casing.comment_case, name="comment-case"),
    path("objections/<int:pk>/lift/", acts.objection_lift, name="objection-lift"),
    path("objections/<int:pk>/overrule/", acts.objection_overrule, name="objection-overrule"),
    path("break-glass/<int:pk>/", glass_views.break_glass_review, name="break-glass-review"),
    path("revisions/<uuid:pk>/evaluate/", views.eval_run_start, name="eval-run-start"),
]  # fmt: skip
