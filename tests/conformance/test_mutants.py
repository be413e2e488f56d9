"""The proof of every provider check: the references of both countries pass everything, and each mutant is caught under its own requirement alone."""

from __future__ import annotations

from functools import cache

import pytest

import harness
from harness.checks import Mutant
from harness.client import asgi_transport
from harness.participant import Limits
from harness.report import Report
from harness.serve.mock import mutants_of, reference_app

COUNTRIES = ("pl", "lt")
ACCUSED = frozenset({"failed", "warning", "needs-review", "harness-error"})
SIMULTANEOUS = frozenset({"CORE-ROB-005", "CORE-IDM-004"})
"""Requirements on what is asked at the same time."""
MUTANTS = [
    pytest.param(country, mutant, id=f"{country}-{mutant.id}")
    for mutant, requirement, _ in mutants_of("assistant")
    if requirement.side == "provider"
    for country in COUNTRIES
]


def report_on(country: str, mutant: Mutant | None = None) -> Report:
    """The reference of a country, with a fault if one is given, tested in this process.

    Faults are met one step after the other, where that can show them: then what a faulty service carries over from one request to another
    meets nobody but the scenario that looks for it.
    """
    transport = asgi_transport(reference_app("assistant", country, mutant=mutant.id if mutant else None))
    limits = Limits() if mutant is None or mutant.requirement in SIMULTANEOUS else Limits(concurrency=1)
    return harness.run("http://127.0.0.1", ["assistant"], country=country, transport=transport, limits=limits)


@cache
def reference(country: str) -> Report:
    """The report on a reference without a fault."""
    return report_on(country)


def accused(report: Report) -> dict[str, str]:
    """The requirements that a report holds against the participant, with their verdicts."""
    return {
        each.requirement: f"{each.verdict}: {each.cause or each.findings[0].message}" for each in report.verdicts if each.verdict in ACCUSED
    }


@pytest.mark.parametrize("country", COUNTRIES)
def test_the_reference_passes_everything(country: str) -> None:
    report = reference(country)
    assert accused(report) == {}
    assert report.ended is None
    assert (report.outcome, report.class_reached, report.decided_by) == ("conformant", "high-risk", "high-risk")
    left = {each.requirement: each.cause for each in report.verdicts if each.verdict not in ("passed", "not-applicable") and each.decidable}
    assert left == {}


def test_a_service_that_was_tested_before_passes_again() -> None:
    """With the same seed: what has to be new to the service, such as a key, is new in every run."""
    transport = asgi_transport(reference_app("assistant", "lt"))
    first, second = (harness.run("http://127.0.0.1", ["assistant"], country="lt", transport=transport) for _ in range(2))
    assert accused(second) == accused(first) == {}
    assert [each.verdict for each in second.verdicts] == [each.verdict for each in first.verdicts]


@pytest.mark.parametrize("country", COUNTRIES)
def test_nothing_is_passed_that_no_mutant_proves(country: str) -> None:
    """What the reference passes, some mutant fails: no check of this run is one that cannot fail."""
    proven = {mutant.requirement for mutant, _, _ in mutants_of("assistant")}
    assert {each.requirement for each in reference(country).verdicts if each.verdict == "passed"} <= proven


@pytest.mark.parametrize(("country", "mutant"), MUTANTS)
def test_a_mutant_is_caught_under_its_requirement_and_accused_of_nothing_else(country: str, mutant: Mutant) -> None:
    report = report_on(country, mutant)
    found = accused(report)
    assert report.of(mutant.requirement).verdict in ("failed", "warning"), found
    assert set(found) <= {mutant.requirement, *mutant.also}, found
    binding = report.of(mutant.requirement)
    assert report.exit_code == (1 if binding.verdict == "failed" else report.exit_code)
