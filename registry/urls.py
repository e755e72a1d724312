"""What is written: revisions and their comparison."""

from django.urls import path

from registry.views import compare, revision

urlpatterns = [
    path("revisions/<uuid:pk>/", revision.revision_detail, name="revision-detail"),
    path("compare/", compare.compare, name="compare"),
]
