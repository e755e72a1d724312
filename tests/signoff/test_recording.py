"""A sign-off received elsewhere: recorded with a file or a reference, and marked as such."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from fleet.campaign.actions import record_sign_off
from fleet.campaign.actions.deciding import Proof
from fleet.campaign.models import SignOff, SignOffChannel, TrackStage
from fleet.review.actions import Blocked
from fleet.signoff.files import LARGEST, UnusableFile, check_file, clean_name
from registry.models import User
from tests.signoff.asking import Asked, usual_asked

PDF = b"%PDF-1.7 yes"


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("yes.html", b"<script>", "Attach a PDF"),
        ("yes", b"yes", "Attach a PDF"),
        ("yes.pdf", b"MZ\x90", "not what its ending"),
        ("yes.txt", b"a\x00b", "not what its ending"),
        ("yes.png", b"", "empty"),
        ("yes.pdf", b"%PDF-" + b"x" * LARGEST, "5 MB"),
    ],
)
def test_file_that_cannot_be_kept_is_refused_in_words(name: str, data: bytes, why: str) -> None:
    with pytest.raises(UnusableFile, match=why):
        check_file(name, data)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\mails\\Ja.PDF", "Ja.PDF"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ('a"\r\nX: y.eml', "a---X- y.eml"),
        ("é" * 300 + ".pdf", "é" * 117 + ".pdf"),
    ],
)
def test_name_of_a_file_is_its_own_and_fits_a_header(given: str, kept: str) -> None:
    assert clean_name(given) == kept


@pytest.fixture
def sent(db: None) -> Asked:
    return usual_asked()


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.django_db
def test_answer_with_a_file_is_kept_and_handed_to_own_people_as_a_download(sent: Asked) -> None:
    manager = signed_in(sent.fleet.manager)
    typed = {
        "decision": "approved", "contact": "-", "other": "Carla",
        "document": SimpleUploadedFile("Ja, gern.pdf", PDF),
    }  # fmt: skip
    url = reverse("track-sign-off", args=[sent.track.pk])
    assert manager.post(url, typed).status_code == 302
    stored = SignOff.objects.get()
    assert stored.channel == SignOffChannel.RECORDED and stored.recorded_by == sent.fleet.manager
    answer = manager.get(reverse("sign-off-file", args=[stored.pk]))
    assert answer.content == PDF
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    other = User.objects.create_user("elsewhere", password="x")
    other.groups.set(sent.fleet.manager.groups.all())
    assert signed_in(other).get(reverse("sign-off-file", args=[stored.pk])).status_code == 404


@pytest.mark.django_db
def test_answer_without_file_and_reference_is_refused_by_page_and_action(sent: Asked) -> None:
    url = reverse("track-sign-off", args=[sent.track.pk])
    answer = signed_in(sent.fleet.manager).post(
        url, {"decision": "approved", "contact": "-", "other": "Carla"}
    )
    assert answer.status_code == 422
    assert "Attach the answer, or say where it can be found." in answer.content.decode()
    with pytest.raises(Blocked, match="where"):
        record_sign_off(
            sent.track, decision="approved", contact_name="Carla", by=sent.fleet.manager,
            proof=Proof(),
        )  # fmt: skip


@pytest.mark.django_db
def test_lists_of_sign_offs_leave_the_files_where_they_are(sent: Asked) -> None:
    proof = Proof(file_name="yes.pdf", file=PDF)
    record_sign_off(
        sent.track, decision="approved", contact_name="C", by=sent.fleet.manager, proof=proof
    )
    assert "document" in sent.track.sign_offs.get().get_deferred_fields()
    sent.track.refresh_from_db()
    assert sent.track.stage == TrackStage.SIGNED_OFF
