"""What took traffic in a variant, and the way back."""

from django.urls import path

from fleet.release import views

urlpatterns = [
    path("variants/<int:pk>/releases/", views.variant_releases, name="variant-releases"),
    path("variants/<int:pk>/roll-back/", views.variant_roll_back, name="variant-roll-back"),
]
