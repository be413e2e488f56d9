"""Recorded exchanges, judged offline by the same rules as live ones; what takes a live service is said to be not tested."""

import json
from pathlib import Path

import pytest

import harness
from harness.errors import UsageError
from harness.exchange import Exchange, Headers, Request, Response

JSON = Headers({"Content-Type": "application/json"})


def greeted(name: str, text: str, base: str = "https://greeter.example.lt/api") -> Exchange:
    request = Request("POST", f"{base}/greet", JSON, json.dumps({"name": name}).encode())
    return Exchange(f"recorded.{name}", request, Response(200, JSON, json.dumps({"text": text}).encode()))


def judged(profiles: Path, *exchanges: Exchange, base_url: str = "https://greeter.example.lt/api") -> harness.Report:
    return harness.judge(exchanges, ["greeting"], base_url=base_url, profile_paths=[profiles])


def test_rules_judge_a_recording(profiles: Path) -> None:
    report = judged(profiles, greeted("Ona", "Dear Ona!"), greeted("Żaneta", "Dear someone!"))
    assert report.of("GREE-TXT-001").verdict == "failed"
    assert report.of("GREE-TXT-001").findings[0].exchange == "recorded.Żaneta"
    assert report.of("GREE-TXT-003").verdict == "passed"
    assert (report.requests, report.outcome) == (2, "not-conformant")


def test_the_same_fault_is_shown_once_and_counted_every_time(profiles: Path) -> None:
    verdict = judged(profiles, *(greeted(f"Ona{number}", "You!") for number in range(100))).of("GREE-TXT-001")
    assert verdict.violations == 100
    assert [each.exchange for each in verdict.findings] == ["recorded.Ona0"]


def test_scenarios_are_not_tested_in_a_recording(profiles: Path) -> None:
    verdict = judged(profiles, greeted("Ona", "Dear Ona!")).of("GREE-TXT-002")
    assert (verdict.verdict, verdict.cause) == ("not-tested", "it takes a service to ask; traffic was observed")


@pytest.mark.parametrize(
    ("base", "base_url"),
    [
        ("https://a.lt", "https://a.lt"),
        ("https://a.lt", "https://a.lt/"),
        ("https://a.lt/api/v2", "https://a.lt/api/v2"),
        ("https://a.lt:8443/x", "https://a.lt:8443/x/"),
    ],
)
def test_operations_lie_below_the_base_url(profiles: Path, base: str, base_url: str) -> None:
    assert judged(profiles, greeted("Ona", "Dear Ona!", base), base_url=base_url).of("GREE-TXT-001").verdict == "passed"


def test_an_exchange_elsewhere_exercises_nothing(profiles: Path) -> None:
    assert (
        judged(profiles, greeted("Ona", "You!", "https://a.lt/other"), base_url="https://a.lt/api").of("GREE-TXT-001").verdict
        == "not-tested"
    )


def test_nothing_recorded_is_nothing_tested(profiles: Path) -> None:
    report = judged(profiles)
    assert report.class_reached is None
    assert report.outcome == "incomplete"


def test_credentials_of_others_are_hidden_in_a_recording(profiles: Path) -> None:
    exchange = greeted("Ona", "You!")
    sent = exchange.request.with_header("Authorization", "Bearer citizen-secret").with_header("Cookie", "session=citizen-secret")
    report = harness.judge(
        [Exchange(exchange.id, sent, exchange.response, sender="participant")],
        ["greeting"],
        base_url="https://greeter.example.lt/api",
        profile_paths=[profiles],
    )
    assert report.exchanges
    assert "citizen-secret" not in str(report)


def test_profiles_that_are_not_there(profiles: Path) -> None:
    with pytest.raises(UsageError, match="Known profiles"):
        harness.judge([], ["gretting"], profile_paths=[profiles])
