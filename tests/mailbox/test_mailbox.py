"""Mails that stay here."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.mail import EmailMessage
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from fleet.mailbox.backend import EmailBackend
from fleet.mailbox.models import LocalMail
from fleet.mailbox.page import BACKEND, with_links
from fleet.mailbox.pruning import prune_mails
from registry.models import User
from tests.builders import Fleet


def mail(key: str = "one", body: str = "Hello") -> EmailMessage:
    headers = {"Message-ID": f"<{key}@x>"}
    return EmailMessage(f"Subject {key}", body, to=["Ana <ana@a.example>"], headers=headers)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("See https://x.example/a?b=1&c=2.", 'href="https://x.example/a?b=1&amp;c=2"'),
        ("<script>alert(1)</script>", "&lt;script&gt;"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ('https://x"onmouseover="alert(1)', 'href="https://x"'),
    ],
)
def test_addresses_become_links_and_nothing_else_markup(text: str, shown: str) -> None:
    html = with_links(text)
    assert shown in html
    assert "<script" not in html and "javascript:" not in html.replace(text, "")
    assert html.count("<a ") == html.count('rel="noopener noreferrer nofollow"')


@pytest.mark.django_db
def test_a_mail_that_is_sent_five_times_is_kept_once() -> None:
    for _ in range(5):
        EmailBackend().send_messages([mail("one"), mail("two")])
    assert sorted(LocalMail.objects.values_list("subject", flat=True)) == [
        "Subject one", "Subject two",
    ]  # fmt: skip


@pytest.mark.django_db
def test_old_mails_go_and_the_last_ones_stay() -> None:
    EmailBackend().send_messages([mail(str(n)) for n in range(5)])
    LocalMail.objects.update(at=timezone.now() - dt.timedelta(days=40))
    assert prune_mails(keep_rows=3) == 2
    assert LocalMail.objects.count() == 3
    assert prune_mails() == 0


@override_settings(EMAIL_BACKEND=BACKEND)
def test_mailbox_is_read_by_operators_and_engineers_alone(fleet: Fleet) -> None:
    EmailBackend().send_messages([mail("one", "Your code: 123456 https://x.example/s/")])
    pages = [reverse("mailbox"), reverse("mailbox-mail", args=[LocalMail.objects.get().pk])]
    for url in pages:
        for person, status in ((fleet.operator, 200), (fleet.engineer, 200),
                               (fleet.manager, 403), (fleet.viewer, 403)):  # fmt: skip
            assert signed_in(person).get(url).status_code == status
    text = signed_in(fleet.operator).get(pages[1]).content.decode()
    assert "Nothing leaves this machine: simulated mailbox" in text
    assert 'href="https://x.example/s/"' in text


@override_settings(EMAIL_BACKEND=BACKEND)
def test_mails_are_found_by_person_and_words_newest_first(fleet: Fleet) -> None:
    EmailBackend().send_messages([mail("old"), mail("new")])
    client = signed_in(fleet.operator)
    text = client.get(reverse("mailbox")).content.decode()
    assert text.index("Subject new") < text.index("Subject old")
    found = client.get(reverse("mailbox"), {"q": "subject OLD"}).content.decode()
    assert "Subject old" in found and "Subject new" not in found
    assert client.get(reverse("mailbox"), {"q": "x" * 6000, "page": "9" * 30}).status_code == 200


def test_mailbox_is_not_there_where_mails_are_sent(fleet: Fleet) -> None:
    for url in (reverse("mailbox"), reverse("mailbox-mail", args=[1])):
        assert signed_in(fleet.operator).get(url).status_code == 404
