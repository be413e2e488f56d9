"""Correct decision support by somebody else reaches class base and is accused of nothing by the profile's own requirements, whole or in part."""

from __future__ import annotations

from typing import Any

import pytest

import harness
from harness.client import asgi_transport
from harness.report import Report
from tests.conformance.foreign_decision_support import Habits, foreign_decision_support

CARD: dict[str, Any] = {"capabilities": ["person-matching", "suspension-test", "something-else"], "languages": ["lt"]}
HABITS: dict[str, Habits] = {
    "as it comes": Habits(),
    "bare": Habits(bare=True),
    "bare and strict": Habits(bare=True, strict=True, invalid=400, decided=422, returns_applicant=False),
    "invalid is 400": Habits(invalid=400, unknown=410, page=1),
    "strict": Habits(strict=True, returns_applicant=False, location="/recommendations/{id}"),
    "wants the explanation read": Habits(explanation_needed=True, page=500, location="../recommendations/{id}?v=2"),
    "stopped is 503": Habits(stopped=503),
    "one outcome": Habits(one_outcome=True),
    "no what-if": Habits(what_if=False, page=2),
}


def report_on(habits: Habits, card: dict[str, Any] | None = None) -> Report:
    transport = asgi_transport(foreign_decision_support(habits, card=card))
    return harness.run("http://127.0.0.1", ["decision-support"], transport=transport)


def held_against(report: Report, **of: str) -> dict[str, str]:
    return {
        each.requirement: each.findings[0].message if each.findings else str(each.cause)
        for each in report.verdicts
        if each.verdict in ("failed", "warning", "needs-review", "harness-error")
        and all(getattr(each, name) == value for name, value in of.items())
    }


@pytest.mark.parametrize("habits", HABITS.values(), ids=HABITS.keys())
def test_a_foreign_service_reaches_class_base(habits: Habits) -> None:
    report = report_on(habits)
    assert held_against(report, class_="base") == {}
    assert report.class_reached == "base"
    base = {each.requirement: each.verdict for each in report.verdicts if each.class_ == "base" and each.side == "provider"}
    assert set(base.values()) <= {"passed", "not-applicable"}


@pytest.mark.parametrize(
    "habits", [each for each in HABITS.values() if not each.bare], ids=[name for name, each in HABITS.items() if not each.bare]
)
def test_the_profile_accuses_it_of_nothing(habits: Habits) -> None:
    report = report_on(habits, CARD)
    own = {id: message for id, message in held_against(report).items() if id.startswith("DECN")}
    assert set(own) <= {"DECN-INP-002"}, own  # FastAPI's errors name places in another way
    verdicts = {
        each.requirement: (each.verdict, each.cause) for each in report.verdicts if each.requirement.startswith("DECN") and each.decidable
    }
    not_passed = {id: told for id, told in verdicts.items() if told[0] != "passed" and id not in own}
    if habits.one_outcome:
        assert not_passed.pop("DECN-EXP-002")[0] == "not-tested"
        assert not_passed.pop("DECN-OVR-001")[0] == "not-applicable"
    if not habits.what_if:
        assert {not_passed.pop(id)[0] for id in ("DECN-WIF-001", "DECN-WIF-002")} == {"not-applicable"}
    if not habits.returns_applicant:
        assert not_passed.pop("DECN-ENC-001")[0] == "not-applicable"
    assert not_passed == {}


def test_half_a_profile_has_its_causes() -> None:
    report = report_on(HABITS["bare"])
    verdicts = {each.requirement: each for each in report.verdicts if each.requirement.startswith("DECN") and each.decidable}
    missing = {"DECN-EXP-001", "DECN-EXP-003", "DECN-LOG-001", "DECN-NOT-001", "DECN-CAS-001", "DECN-FRI-001"}
    against = {id for id, each in verdicts.items() if each.verdict in ("failed", "warning")} - {"DECN-INP-002"}
    assert against == missing
    assert {verdicts[f"DECN-LOG-00{number}"].verdict for number in (2, 3, 4)} == {"not-tested"}
    neutral = ("DECN-STP-001", "DECN-STP-002", "DECN-MTC-001", "DECN-MTC-002", "DECN-WIF-002")
    assert {verdicts[id].verdict for id in neutral} == {"not-applicable"}
    assert (verdicts["DECN-EXP-002"].verdict, verdicts["DECN-OVR-001"].verdict) == ("not-tested", "passed")
    for each in verdicts.values():
        assert each.verdict == "passed" or each.cause or each.findings
