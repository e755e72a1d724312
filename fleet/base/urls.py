"""The workshop of base prompts."""

from django.urls import path

from fleet.base import reading, views

urlpatterns = [
    path("bases/", reading.base_list, name="base-list"),
    path("prompts/new/", reading.prompt_new, name="prompt-new"),
    path("base-versions/<int:pk>/", reading.base_version, name="base-version"),
    path("bases/<int:pk>/edit/", views.base_edit, name="base-edit"),
    path("bases/<int:pk>/edit/check/", views.base_check, name="base-check"),
    path("bases/<int:pk>/edit/shape/", views.base_shape, name="base-shape"),
    path("bases/<int:pk>/edit/try/", views.base_try, name="base-try"),
    path("bases/<int:pk>/edit/publish/", views.base_publish, name="base-publish"),
    path("bases/<int:pk>/edit/discard/", views.base_discard, name="base-discard"),
]
