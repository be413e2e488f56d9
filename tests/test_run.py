"""A run from profile to report, on a service in this process: what each verdict means, and that nothing measured is lost."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from starlette.responses import JSONResponse, PlainTextResponse, Response

import harness
from harness.client import asgi_transport
from harness.participant import Limits
from harness.report import Report
from harness.serve.mock import reference_app
from tests.conftest import Greet, dear, greeter

URL = "http://greeter.localhost"


def run_against(profiles: Path, greet: Greet = dear, **options: Any) -> Report:
    return harness.run(URL, ["greeting"], profile_paths=[profiles], transport=asgi_transport(greeter(greet)), **options)


def verdicts(report: Report) -> dict[str, str]:
    return {each.requirement: each.verdict for each in report.verdicts if each.profile == "greeting/1"}


def test_a_right_service_passes(profiles: Path) -> None:
    report = run_against(profiles)
    assert verdicts(report) == {
        "GREE-TXT-001": "passed",
        "GREE-TXT-002": "passed",
        "GREE-TXT-003": "passed",
        "GREE-TXT-004": "not-tested",
        "GREE-TXT-005": "passed",
    }
    assert report.class_reached in (None, "base")
    assert report.binding == {"name": "Jonas"}
    assert "cannot decide" in str(report.of("GREE-TXT-004").cause)


def test_a_violated_must_fails_with_the_exchange_that_shows_it(profiles: Path) -> None:
    report = run_against(profiles, lambda name: JSONResponse({"text": "Dear you!"}))
    verdict = report.of("GREE-TXT-001")
    assert (verdict.verdict, report.outcome, report.exit_code) == ("failed", "not-conformant", 1)
    finding = verdict.findings[0]
    assert (finding.pointer, finding.got) == ("/text", "Dear you!")
    assert finding.exchange is not None
    assert "/greet" in report.exchanges[finding.exchange].curl
    assert verdict.violations > len(verdict.findings) - 1


def test_a_violated_should_warns(profiles: Path) -> None:
    assert verdicts(run_against(profiles, lambda name: JSONResponse({"text": f"Dear {name}"})))["GREE-TXT-003"] == "warning"


@pytest.mark.parametrize(("as_of", "verdict"), [("2026-11-24", "warning"), ("2030-01-01", "failed")])
def test_a_duty_that_does_not_bind_yet_warns_and_keeps_the_class_away(
    profiles: Path, counter: Callable[[], int], as_of: str, verdict: str
) -> None:
    report = run_against(
        profiles, lambda name: JSONResponse({"text": f"Dear {name} {counter()}!"}), as_of=datetime.date.fromisoformat(as_of)
    )
    assert report.of("GREE-TXT-002").verdict == verdict
    assert "GREE-TXT-002" in report.classes["government"].blocked_by


@pytest.mark.parametrize(("friendly", "verdict"), [(20, "passed"), (11, "needs-review"), (0, "failed")])
def test_a_statistical_check_is_held_against_its_interval(profiles: Path, friendly: int, verdict: str) -> None:
    def greet(name: str) -> Response:
        kind = name.startswith("N") and int(name[1:]) < friendly
        return JSONResponse({"text": f"{'Dear' if kind else 'You'} {name}!"})

    assert verdicts(run_against(profiles, greet))["GREE-TXT-005"] == verdict


def test_the_same_seed_gives_the_same_report(profiles: Path) -> None:
    def fixed(report: Report) -> object:
        return verdicts(report), [each.findings for each in report.verdicts], sorted(report.exchanges)

    def greet(name: str) -> Response:
        return JSONResponse({"text": name.upper()})

    assert fixed(run_against(profiles, greet, seed=5)) == fixed(run_against(profiles, greet, seed=5))


def test_scenarios_ask_what_the_service_serves(profiles: Path) -> None:
    """The first valid vector is refused by this service: scenarios that build on a plain request take the next one."""

    def greet(name: str) -> Response:
        problem = {"type": "about:blank", "title": "no", "status": 400, "detail": "I do not know Jonas."}
        return dear(name) if name != "Jonas" else JSONResponse(problem, 400, media_type="application/problem+json")

    report = run_against(profiles, greet)
    assert report.of("CORE-CNT-002").verdict == "failed"  # the greeter reads JSON under any Content-Type; with Jonas nobody would know
    assert report.requests == run_against(profiles).requests


def test_the_budget_is_kept_and_what_it_left_out_is_not_tested(profiles: Path) -> None:
    report = run_against(profiles, limits=Limits(budget=6, concurrency=1))
    assert report.requests == 6
    assert report.of("GREE-TXT-005").verdict == "not-tested"
    assert "budget" in str(report.of("GREE-TXT-005").cause)
    assert report.class_reached is None


def test_an_interrupted_run_keeps_what_it_measured(profiles: Path) -> None:
    stop = asyncio.Event()

    def greet(name: str) -> Response:
        if name == "N3":
            stop.set()
        return JSONResponse({"text": f"Dear {name}"})

    async def interrupted() -> Report:
        return await harness.arun(
            URL, ["greeting"], profile_paths=[profiles], transport=asgi_transport(greeter(greet)), stop=stop, limits=Limits(concurrency=1)
        )

    report = asyncio.run(interrupted())
    assert report.ended == "The run was interrupted."
    assert report.of("GREE-TXT-003").verdict == "warning"
    assert report.of("GREE-TXT-005").verdict == "not-tested"


def test_a_mocked_endpoint_goes_through_the_same_engine(profiles: Path) -> None:
    with respx.mock(base_url="https://greeter.example.lt", assert_all_called=False) as router:
        router.get("/names").respond(json={"names": ["Ona"]})
        router.post("/greet").mock(side_effect=lambda request: httpx.Response(200, json={"text": "Dear nobody!"}))
        router.route().respond(404)
        report = harness.run(
            "https://greeter.example.lt", ["greeting"], profile_paths=[profiles], transport=httpx.MockTransport(router.async_handler)
        )
    assert report.of("GREE-TXT-001").verdict == "failed"


def test_retry_after_is_obeyed(profiles: Path, counter: Callable[[], int]) -> None:
    def greet(name: str) -> Response:
        return dear(name) if counter() else PlainTextResponse("later", 429, {"Retry-After": "0"})

    report = run_against(profiles, greet)
    assert verdicts(report)["GREE-TXT-001"] == "passed"


def test_a_check_that_crashes_is_the_harness_s_fault(profiles: Path) -> None:
    report = run_against(profiles, lambda name: JSONResponse({"text": 5} if name == "Ona" else {"text": f"Dear {name}!"}))
    assert report.of("GREE-TXT-001").verdict == "harness-error"
    assert report.of("GREE-TXT-002").verdict == "passed"
    assert any("crashed" in note for note in report.notes)


def test_a_secret_is_in_no_part_of_the_report(profiles: Path) -> None:
    def leaking(name: str) -> Response:
        return JSONResponse({"text": "your token is s3cret-token-value"})

    credential = harness.Credential("bearer", "s3cret-token-value", "$TOKEN")
    report = run_against(profiles, leaking, credential=credential)
    assert b"s3cret" not in harness.report.encode_report(report)
    assert report.participant.credential == "bearer"


def test_recorded_exchanges_are_judged_by_the_same_rules(profiles: Path) -> None:
    right = harness.Exchange(
        "r.1",
        harness.Request("POST", "http://h/api/greet", harness.Headers({"Content-Type": "application/json"}), b'{"name": "Ona"}'),
        harness.Response(200, harness.Headers({"Content-Type": "application/json"}), b'{"text": "You!"}'),
    )
    report = harness.judge([right], ["greeting"], base_url="http://h/api", profile_paths=[profiles])
    assert verdicts(report) == {
        "GREE-TXT-001": "failed",
        "GREE-TXT-002": "not-tested",
        "GREE-TXT-003": "passed",
        "GREE-TXT-004": "not-tested",
        "GREE-TXT-005": "not-tested",
    }


def test_a_scenario_that_has_to_be_alone_is() -> None:
    """First contact takes four requests, and seven ask what a broken text does to the next request."""
    app, under_way, seen = reference_app("assistant", "pl"), 0, list[int]()

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        nonlocal under_way
        under_way += 1
        seen.append(under_way)
        await asyncio.sleep(0.001)
        await app(scope, receive, send)
        under_way -= 1

    harness.run("http://127.0.0.1", ["assistant"], transport=asgi_transport(watched))
    assert seen.index(2) >= 11
    assert max(seen) > 2
