"""What customers come back with."""

from django.urls import path

from fleet.feedback import views

urlpatterns = [
    path("feedback/", views.feedback_list, name="feedback-list"),
    path("variants/<int:pk>/feedback/", views.variant_feedback, name="variant-feedback"),
]
