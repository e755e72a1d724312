"""The sign-off: outside pages behind a link, and what our own people do about it."""

from django.urls import path

from fleet.signoff import staff_views, views

urlpatterns = [
    path("s/<str:token>/", views.sign_off, name="sign-off"),
    path("s/<str:token>/compare/", views.sign_off_blind, name="sign-off-blind"),
    path("s/<str:token>/code/", views.sign_off_code, name="sign-off-code"),
    path("s/<str:token>/decide/", views.sign_off_decide, name="sign-off-decide"),
    path("s/<str:token>/document/", views.sign_off_document, name="sign-off-document"),
    path("sign-offs/<int:pk>/seen/", staff_views.sign_off_seen, name="sign-off-seen"),
    path("sign-offs/<int:pk>/file/", staff_views.sign_off_file, name="sign-off-file"),
    path(
        "sign-off-links/<uuid:pk>/void/", staff_views.sign_off_link_void, name="sign-off-link-void"
    ),
    path("tracks/<uuid:pk>/contacts/add/", staff_views.contact_add, name="track-contact-add"),
    path("contacts/<int:pk>/edit/", staff_views.contact_edit, name="contact-edit"),
    path("contacts/<int:pk>/remove/", staff_views.contact_remove, name="contact-remove"),
]
