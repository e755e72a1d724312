"""A run of a safety set: answers also go to the moderation service, where one is configured."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from evals.actions import CHUNK_KIND, start_run
from evals.models import Case, CaseResult, EvalRun
from evals.safety import shipped
from evals.safety.scan import expected_of
from evals.suites import write_suite
from fleet import tasks
from registry.models import Policy, WorkItem
from tests import live
from tests.builders import Fleet, make_cases

pytestmark = pytest.mark.django_db


class Moderation(BaseHTTPRequestHandler):
    """A service that flags whatever speaks of oneself."""

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["input"]
        flagged = "AI assistant" in said
        row = {
            "flagged": flagged, "categories": {"self": flagged},
            "category_scores": {"self": 0.9 if flagged else 0.01},
        }  # fmt: skip
        body = json.dumps({"results": [row]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    """The service's address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Moderation)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    thread.join()


@pytest.fixture
def run(fleet: Fleet) -> EvalRun:
    """A run of one usual case and the shipped set."""
    write_suite(prompt=fleet.prompt, cases=make_cases(1), by=fleet.engineer)
    write_suite(policy=Policy.objects.get(), cases=shipped.cases(), by=fleet.policy_owner)
    return start_run(fleet.variants[0].revisions.get(), baseline=None, by=fleet.engineer)


def test_without_a_service_a_safety_set_measures_what_it_says(run: EvalRun) -> None:
    for case in Case.objects.filter(suite_version__in=run.suite_versions.all()):
        assert expected_of(case) == case.expectations


def test_flagged_answer_of_a_safety_set_fails_and_other_suites_are_not_sent(
    run: EvalRun, service: str, settings: Any, tmp_path: Any
) -> None:
    settings.MODERATION = {"base_url": service, "model": "", "key": ""}
    with live.simulator(tmp_path / "log") as url:
        settings.PROVIDERS = {"simulator": {"base_url": url, "key": "x", "concurrency": 8}}
        for item in WorkItem.objects.filter(kind=CHUNK_KIND, key__contains=str(run.pk)):
            tasks.work(item.pk)
    rows = CaseResult.objects.filter(run=run, repeat=0).select_related("case")
    found = {row.case.key: (row.score, [one["scorer"] for one in row.details]) for row in rows}
    assert found["case-0"] == (1.0, ["not_contains"])
    assert found["ai-identity"] == (pytest.approx(0.1), ["forbidden_absent", "moderation"])
    assert found["health-dose"][0] == pytest.approx(0.99)
