"""Un-forks: the list, handing in, one un-fork, one fork of it."""

from django.urls import path

from fleet.adoption import fork_views, views

urlpatterns = [
    path("un-forks/", views.unfork_list, name="unfork-list"),
    path("un-forks/open/", views.unfork_open, name="unfork-open"),
    path("un-forks/<uuid:pk>/", views.unfork_detail, name="unfork-detail"),
    path("un-forks/<uuid:pk>/progress/", views.unfork_progress, name="unfork-progress"),
    path("un-forks/<uuid:pk>/slot/", views.unfork_slot, name="unfork-slot"),
    path("un-forks/<uuid:pk>/decide/", views.unfork_decide, name="unfork-decide"),
    path("un-forks/<uuid:pk>/finish/", views.unfork_finish, name="unfork-finish"),
    path("un-forks/<uuid:pk>/cancel/", views.unfork_cancel, name="unfork-cancel"),
    path("forks/<int:pk>/", fork_views.fork_detail, name="fork-detail"),
    path("forks/<int:pk>/check/", fork_views.fork_check, name="fork-check"),
    path("forks/<int:pk>/owner/", fork_views.fork_owner, name="fork-owner"),
    path("forks/<int:pk>/decide/", fork_views.fork_decide, name="fork-decide"),
]
