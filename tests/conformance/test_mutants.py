"""The proof of every provider check: the references of both countries pass everything, and each mutant is caught under its own requirement alone.

A mutant is put before the reference of one country, in turn; ``--both-countries`` puts it before both (``tox -e mutants``).
"""

from __future__ import annotations

from functools import cache

import pytest

import harness
from harness import catalogue
from harness.checks import Mutant, registry
from harness.client import asgi_transport
from harness.participant import Limits
from harness.report import Report
from harness.serve.mock import mutants_of, reference_app
from tests.conformance.reference_services import send
from tests.sentences import untranslated

COUNTRIES = ("pl", "lt")
ACCUSED = frozenset({"failed", "warning", "needs-review", "harness-error"})
SIMULTANEOUS = frozenset({"CORE-ROB-005", "CORE-IDM-004"})
"""Requirements on what is asked at the same time."""
SERVICES = catalogue.references()
CORE_PROVEN_WITH = "assistant"
"""The reference service that core's mutants are put before."""


def mutants_proven_with(name: str) -> list[Mutant]:
    """The provider mutants of a profile, and of core where this is its turn."""
    proven = {"core/1", f"{name}/1"} if name == CORE_PROVEN_WITH else {f"{name}/1"}
    return [mutant for mutant, requirement, profile in mutants_of(name) if requirement.side == "provider" and profile in proven]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each service in each country, and each mutant of it in one country or in both."""
    if "mutant" in metafunc.fixturenames:
        both = metafunc.config.getoption("--both-countries")
        cases = [
            pytest.param(name, country, mutant, id=f"{country}-{mutant.id}")
            for name in SERVICES
            for number, mutant in enumerate(mutants_proven_with(name))
            for country in (COUNTRIES if both else COUNTRIES[number % 2 :][:1])
        ]
        metafunc.parametrize(("name", "country", "mutant"), cases)
    elif "country" in metafunc.fixturenames:
        metafunc.parametrize(("name", "country"), [(name, country) for name in SERVICES for country in COUNTRIES])
    elif "name" in metafunc.fixturenames:
        metafunc.parametrize("name", SERVICES)


def report_on(name: str, country: str, mutant: Mutant | None = None) -> Report:
    """The reference service of a country, with a fault if one is given, tested in this process against all profiles that its card names.

    Faults are met one step after the other, where that can show them: then what a faulty service carries over from one request to another
    meets nobody but the scenario that looks for it.
    """
    transport = asgi_transport(reference_app(name, country, mutant=mutant.id if mutant else None))
    limits = Limits() if mutant is None or mutant.requirement in SIMULTANEOUS else Limits(concurrency=1)
    return harness.run("http://127.0.0.1", claimed(name), country=country, transport=transport, limits=limits)


@cache
def claimed(name: str) -> list[str]:
    """The profiles that the card of a reference service names."""
    card: dict[str, list[str]] = send(reference_app(name, "pl"), "GET", "/service-card").json
    return card["profiles"]


@cache
def reference(name: str, country: str) -> Report:
    """The report on a reference without a fault."""
    return report_on(name, country)


def accused(report: Report) -> dict[str, str]:
    """The requirements that a report holds against the participant, with their verdicts."""
    return {
        each.requirement: f"{each.verdict}: {each.cause or each.findings[0].message}" for each in report.verdicts if each.verdict in ACCUSED
    }


def test_the_reference_passes_everything(name: str, country: str) -> None:
    report = reference(name, country)
    assert accused(report) == {}
    assert report.ended is None
    assert (report.outcome, report.class_reached) == ("conformant", report.decided_by)
    assert report.decided_by in ("government", "high-risk")
    assert untranslated(report) == []
    left = {each.requirement: each.cause for each in report.verdicts if each.verdict not in ("passed", "not-applicable") and each.decidable}
    assert left == {}


def test_a_service_that_was_tested_before_passes_again(name: str) -> None:
    """With the same seed: what has to be new to the service, such as a key, is new in every run."""
    transport = asgi_transport(reference_app(name, "lt"))
    first, second = (harness.run("http://127.0.0.1", claimed(name), country="lt", transport=transport) for _ in range(2))
    assert accused(second) == accused(first) == {}
    assert [each.verdict for each in second.verdicts] == [each.verdict for each in first.verdicts]


def test_nothing_is_passed_that_no_mutant_proves(name: str, country: str) -> None:
    """What the reference passes, some mutant fails: no check of this run is one that cannot fail."""
    proven = {mutant.requirement for mutant in registry.mutants.values()}
    assert {each.requirement for each in reference(name, country).verdicts if each.verdict == "passed"} <= proven


def test_a_mutant_is_caught_under_its_requirement_and_accused_of_nothing_else(name: str, country: str, mutant: Mutant) -> None:
    report = report_on(name, country, mutant)
    found = accused(report)
    assert report.of(mutant.requirement).verdict in ("failed", "warning"), found
    assert set(found) <= {mutant.requirement, *mutant.also}, found
    binding = report.of(mutant.requirement)
    assert report.exit_code == (1 if binding.verdict == "failed" else report.exit_code)
    assert untranslated(report) == []
