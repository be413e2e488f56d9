"""A correct translation server by somebody else reaches class base, with whatever habit the standard leaves to it, and is accused of nothing."""

from __future__ import annotations

from typing import Any

import pytest

import harness
from harness.client import asgi_transport
from harness.report import Report, Verdict
from tests.conformance.foreign_translation import Habits, foreign_translation

HABITS: dict[str, Habits] = {
    "as it comes": Habits(),
    "older": Habits(targets=False, auto=False, ignores_alternatives=True),
    "other languages": Habits(languages=("es", "fr", "pt-BR"), itself=False, whole_confidence=True),
    "capital codes": Habits(languages=("EN", "LT", "PL"), one_detection=True),
    "regions": Habits(languages=("lt-LT", "pl-PL"), settings=True),
    "one text at a time": Habits(lists=False, invalid=422),
    "no detection": Habits(detects=False, auto=False, invalid=422),
}


def report_on(habits: Habits, **options: Any) -> Report:
    return harness.run("http://127.0.0.1", ["translation"], transport=asgi_transport(foreign_translation(habits)), **options)


def base(report: Report) -> list[Verdict]:
    return [each for each in report.verdicts if each.class_ == "base" and each.side == "provider"]


@pytest.mark.parametrize("habits", HABITS.values(), ids=HABITS.keys())
def test_a_foreign_server_reaches_class_base(habits: Habits) -> None:
    report = report_on(habits)
    held_against = {each.requirement: each.findings[0].message for each in base(report) if each.verdict in ("failed", "warning")}
    assert held_against == {}
    assert {each.requirement: each.cause for each in base(report) if each.verdict not in ("passed", "not-applicable")} == {}
    assert report.class_reached == "base"
    assert report.of("TRNS-DET-001").verdict == ("passed" if habits.detects else "not-applicable")
    assert report.of("TRNS-BAT-001").verdict == ("passed" if habits.lists else "not-applicable")
    assert report.of("TRNS-API-004").verdict == ("passed" if habits.auto else "not-applicable")


def test_the_pair_is_that_of_the_agreement_as_the_server_writes_it() -> None:
    assert report_on(HABITS["as it comes"]).binding == {"source": "lt", "target": "pl"}
    assert report_on(HABITS["regions"]).binding == {"source": "lt-LT", "target": "pl-PL"}
    assert report_on(HABITS["other languages"]).binding == {"source": "es", "target": "fr"}


def test_what_a_server_does_not_have_is_not_held_against_it() -> None:
    """Half the profile: no jobs, no callbacks, no card. The other half is judged all the same, and each rest names its cause."""
    report = report_on(Habits(detects=False))
    for number in range(1, 7):
        assert (report.of(f"TRNS-JOB-00{number}").verdict, report.of(f"TRNS-JOB-00{number}").cause) == (
            "not-applicable",
            "the service card does not declare the capability jobs",
        )
    assert report.of("TRNS-CBK-001").cause == "the service card does not declare the capability callbacks"
    assert report.of("TRNS-QUA-001").cause == "the service card declares no chrF for a pair of languages"
    assert report.of("TRNS-DET-003").cause == "the service has no detection"
    assert report.of("TRNS-MRK-001").verdict == "warning"
    assert report.of("TRNS-PLT-001").verdict == "passed"


def test_a_run_of_two_profiles_asks_each_in_its_own_words() -> None:
    """Whichever of them the run takes its plain request from."""
    app = foreign_translation(Habits())
    report = harness.run("http://127.0.0.1", ["translation", "anonymisation"], transport=asgi_transport(app), variables={"language": "en"})
    assert [each.requirement for each in report.verdicts if each.verdict == "harness-error"] == []
    assert report.of("TRNS-BAT-001").verdict == report.of("TRNS-API-004").verdict == "passed"


def test_words_in_no_language_are_not_judged_as_if_they_were() -> None:
    report = report_on(Habits())
    for requirement in ("TRNS-QUA-002", "TRNS-QUA-003", "TRNS-QUA-004"):
        assert report.of(requirement).verdict == "not-tested", requirement
