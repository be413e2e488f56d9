"""What a correct service may do otherwise than another changes no verdict: the references, varied in each legal way, are accused of nothing.

Some ways at once, before the reference of one country in turn; ``--both-countries`` puts each alone before both (``tox -e mutants``).
"""

from __future__ import annotations

from typing import Any

import pytest

import harness
from harness import catalogue
from harness.client import asgi_transport
from harness.report import Report
from harness.serve.mock import reference_app
from tests.conformance.test_mutants import COUNTRIES, accused, claimed, reference
from tests.conformance.variations import VARIATIONS, Varied
from tests.conformance.wires import WIRES

AT_ONCE = 4
"""Into so many services the ways are dealt; those that exclude each other stand side by side in the list, and so come into different ones."""
SERVICES = [name for name in catalogue.references() if name != "assistant"]  # discovery's own is an assistant
NOT_DONE = {"no-tags": {"CORE-CCH-002", "CORE-CCH-003", "CORE-CCH-005"}, "head": {"CORE-CNT-005"}}
"""What cannot be tested of a service that leaves out what is optional."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each way alone in both countries, or some at once in one of them; each wire with every service, or with one."""
    alone = metafunc.config.getoption("--both-countries")
    if "wire" in metafunc.fixturenames:
        metafunc.parametrize(("name", "wire"), [(name, wire) for wire in WIRES for name in SERVICES[:: 1 if alone else len(SERVICES)]])
    elif "ways" in metafunc.fixturenames:
        names = list(VARIATIONS)
        dealt = [[name] for name in names] if alone else [names[number::AT_ONCE] for number in range(AT_ONCE)]
        cases = [
            pytest.param(name, country, ways, id=f"{name}-{country}-{ways[0] if alone else number}")
            for name in SERVICES
            for number, ways in enumerate(dealt)
            for country in (COUNTRIES if alone else COUNTRIES[number % 2 :][:1])
        ]
        metafunc.parametrize(("name", "country", "ways"), cases)


def test_no_verdict_changes(name: str, country: str, ways: list[str]) -> None:
    app = Varied(reference_app(name, country), *(VARIATIONS[way] for way in ways))
    report = report_on("http://127.0.0.1", name, country, transport=asgi_transport(app))
    optional = {id for kind, ids in NOT_DONE.items() for id in ids if any(way.startswith(kind) for way in ways)}
    changed = changes(report, name, country)
    assert {id: told for id, told in changed.items() if not (id in optional and told.startswith("not-applicable"))} == {}


def test_no_verdict_changes_on_another_wire(name: str, wire: str) -> None:
    with WIRES[wire](reference_app(name, "lt")) as url:
        assert changes(report_on(url, name, "lt"), name, "lt") == {}


def report_on(url: str, name: str, country: str, **options: Any) -> Report:
    report = harness.run(url, claimed(name), country=country, **options)
    assert (accused(report), report.ended) == ({}, None)
    return report


def changes(report: Report, name: str, country: str) -> dict[str, str]:
    """What has another verdict than in the run against the reference as it comes."""
    pairs = zip(report.verdicts, reference(name, country).verdicts, strict=True)
    return {now.requirement: f"{now.verdict}: {now.cause}" for now, before in pairs if now.verdict != before.verdict}
