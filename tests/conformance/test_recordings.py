"""What the references of all profiles say and ask, as recorders write it down: nothing that a recorder leaves out is held against anybody."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import harness
from harness import catalogue
from harness.client import asgi_transport
from harness.exchange import Exchange
from harness.recorded import read_exchanges
from harness.report import Report
from harness.serve.mock import reference_app
from tests.conformance.counterpart import BASE, Counterpart, traffic
from tests.recorders import RECORDERS, record

HOST = "http://127.0.0.1"
PROVIDER_FAULTS = {
    "errors-leave-the-trace": "CORE-TRC-001",
    "problems-begin-with-a-mark": "CORE-ENC-001",
    "card-is-encoded-twice": "CORE-ENC-005",
}


@cache
def exchanges(profile: str, mutant: str | None = None) -> tuple[Exchange, ...]:
    """What a run of the harness exchanges with the Lithuanian reference."""
    with TemporaryDirectory() as folder:
        harness.run(
            HOST, [profile], country="lt", transport=asgi_transport(reference_app(profile, "lt", mutant=mutant)), evidence=Path(folder)
        )
        return tuple(read_exchanges(Path(folder)))


def accused(report: Report) -> set[str]:
    return {each.requirement for each in report.verdicts if each.verdict in ("failed", "warning", "needs-review", "harness-error")}


@pytest.mark.parametrize("recorder", RECORDERS)
@pytest.mark.parametrize("profile", catalogue.references())
def test_a_right_service_is_not_accused(profile: str, recorder: str, tmp_path: Path) -> None:
    record(tmp_path / "x.har", recorder, exchanges(profile))
    (report,) = harness.judge_file(tmp_path / "x.har", [profile], side="provider", base_url=HOST)
    assert accused(report) == set()
    assert report.requests > 200
    assert sum(each.exercised > 0 for each in report.verdicts) >= 20


@pytest.mark.parametrize("recorder", RECORDERS)
@pytest.mark.parametrize("mutant", PROVIDER_FAULTS)
def test_a_wrong_one_is_as_far_as_the_recorder_tells(mutant: str, recorder: str, tmp_path: Path) -> None:
    record(tmp_path / "x.har", recorder, exchanges("assistant", mutant))
    (report,) = harness.judge_file(tmp_path / "x.har", ["assistant"], side="provider", base_url=HOST)
    seen = (
        {PROVIDER_FAULTS[mutant]} if mutant != "problems-begin-with-a-mark" or recorder == "mitmproxy" else set()
    )  # browsers take the mark away
    assert accused(report) >= seen
    assert accused(report) <= seen | {"CORE-ERR-001", "CORE-ENC-002", "CORE-LNG-001"}


@pytest.mark.parametrize("recorder", RECORDERS)
def test_a_right_client_is_not_accused(recorder: str, tmp_path: Path) -> None:
    _, asked = asyncio.run(traffic("pl", Counterpart(catalogue.reference("assistant")("pl"))))  # on a bad day of the service
    record(tmp_path / "x.har", recorder, asked)
    (report,) = harness.judge_file(tmp_path / "x.har", ["assistant"], side="consumer", base_url=BASE)
    assert accused(report) == set()
    assert {each.requirement for each in report.verdicts if each.exercised} >= {"CORE-REQ-002", "CORE-TRC-003", "CHAT-REQ-002"}
