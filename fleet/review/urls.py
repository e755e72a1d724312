"""Reviews, and the eval runs that need to know what is live."""

from django.urls import path

from fleet.review import views

urlpatterns = [
    path("reviews/", views.review_queue, name="review-queue"),
    path("reviews/<int:pk>/", views.review_detail, name="review-detail"),
    path("reviews/<int:pk>/approve/", views.review_approve, name="review-approve"),
    path("reviews/<int:pk>/reject/", views.review_reject, name="review-reject"),
    path("reviews/<int:pk>/withdraw/", views.review_withdraw, name="review-withdraw"),
    path("reviews/<int:pk>/publish/", views.review_publish, name="review-publish"),
    path("revisions/<uuid:pk>/evaluate/", views.eval_run_start, name="eval-run-start"),
]
