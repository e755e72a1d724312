"""The router. Scope 0 in an address is “all prompts”."""

from django.urls import path

from fleet.router import views

urlpatterns = [
    path("router/", views.router_list, name="router-list"),
    path("router/<int:scope>/", views.router_history, name="router-history"),
    path("router/<int:scope>/edit/", views.router_edit, name="router-edit"),
    path("router/<int:scope>/edit/shape/", views.router_shape, name="router-shape"),
    path("router/<int:scope>/edit/try/", views.router_try, name="router-try"),
    path("router/reviews/<int:pk>/", views.router_review, name="router-review"),
    path("router/reviews/<int:pk>/approve/", views.router_approve, name="router-approve"),
    path("router/reviews/<int:pk>/reject/", views.router_reject, name="router-reject"),
    path("router/reviews/<int:pk>/withdraw/", views.router_withdraw, name="router-withdraw"),
    path("router/reviews/<int:pk>/publish/", views.router_publish, name="router-publish"),
    path("router/versions/<int:pk>/roll-back/", views.router_roll_back, name="router-roll-back"),
]
