"""Letters to customers, and the words they are made of."""

from django.urls import path

from fleet.letter import views, words_views

urlpatterns = [
    path("letters/", views.letter_list, name="letter-list"),
    path("letters/send/", views.letter_send, name="letter-send"),
    path("letters/words/", words_views.letter_words, name="letter-words"),
    path("letters/words/edit/", words_views.letter_words_edit, name="letter-words-edit"),
    path("letters/words/preview/", words_views.letter_words_preview, name="letter-words-preview"),
    path("letters/words/reset/", words_views.letter_words_reset, name="letter-words-reset"),
    path("letters/<uuid:pk>/", views.letter_detail, name="letter-detail"),
    path("letters/<uuid:pk>/retry/", views.letter_retry, name="letter-retry"),
]
