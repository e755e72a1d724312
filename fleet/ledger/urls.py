"""What forks, campaigns and waiting cost."""

from django.urls import path

from fleet.ledger import views

urlpatterns = [
    path("ledger/", views.ledger, name="ledger"),
    path("ledger.csv", views.ledger_export, name="ledger-export"),
    path("ledger/waiting/", views.ledger_waiting, name="ledger-waiting"),
    path("migrations/<uuid:pk>/ledger/", views.ledger_campaign, name="ledger-campaign"),
    path("variants/<int:pk>/ledger/", views.ledger_variant, name="ledger-variant"),
    path("variants/<int:pk>/hours/", views.hours_note, name="hours-note"),
    path("hours/<int:pk>/", views.hours_correct, name="hours-correct"),
    path("hours/<int:pk>/take-back/", views.hours_take_back, name="hours-take-back"),
]
