"""A service that lacks an operation is accused of that alone; what the operation would have shown is not tested, with the cause, and not passed.

The operations that most depends on are taken from the reference of one country, and answer 404; ``--both-countries`` takes every one from both, with
each status that says so (``tox -e mutants``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest

import harness
from harness import catalogue
from harness.checks import CallNext, FaultyHandler
from harness.client import asgi_transport
from harness.exchange import Request, Response
from harness.operation import Operation
from harness.report import Report
from harness.serve.mock import reference_app
from tests.conformance.test_mutants import COUNTRIES, accused, claimed, reference
from tests.conformance.variations import Varied, problem, rewritten

ACCUSED: Mapping[str, Mapping[str, set[str]]] = {
    "discovery": {
        "getApiCatalog": {"DISC-CAT-001"},
        "getInstructions": {"DISC-CAT-006", "DISC-INS-002"},
    },
    "translation": {
        "getLanguages": {"CORE-API-001", "TRNS-API-002"},
        "getFrontendSettings": set(),
        "detectLanguage": set(),
        "translate": {"CORE-API-001", "TRNS-API-002", "TRNS-PLT-001", "TRNS-PLT-002"},
        "createJob": {"TRNS-JOB-001"},
        "getJob": {"TRNS-JOB-001"},
        "deleteJob": {"TRNS-JOB-004"},
    },
    "anonymisation": {
        "listSupportedEntities": set(),
        "listRecognizers": set(),
        "listAnonymizers": set(),
        "listDeanonymizers": set(),
        "analyze": set(),
        "anonymize": set(),
        "deanonymize": set(),
    },
    "classification": {
        "serverMetadata": {"CLAS-API-003"},
        "serverLive": {"CORE-API-001", "CLAS-HLT-001"},
        "serverReady": {"CLAS-HLT-002"},
        "modelMetadata": {"CORE-API-001"},
        "modelReady": {"CORE-API-001", "CLAS-HLT-002"},
        "modelVersionMetadata": {"CLAS-API-012"},
        "modelVersionReady": {"CLAS-API-012"},
        "infer": {"CORE-API-001"},
        "inferWithVersion": {"CLAS-API-012"},
    },
    "decision-support": {
        "listCaseTypes": {"CORE-API-001"},
        "createRecommendation": {"CORE-API-001", "DECN-API-003"},
        "getRecommendation": {"DECN-API-002"},
        "decideRecommendation": {"DECN-HUM-003", "DECN-OVR-001"},
        "getExplanation": {"DECN-EXP-001", "DECN-EXP-003"},
        "askWhatIf": set(),
        "getOversight": set(),
        "setOversight": {"DECN-STP-001", "DECN-STP-002"},
        "listLogEntries": {"DECN-LOG-001"},
        "matchPersons": set(),
    },
}
"""What a service is accused of that has all of a profile but one operation."""

LEFT: Mapping[str, str] = {
    "translate": r"TRNS-(DET-00[123]|LNG-002|MRK-001|JOB-\d+|CBK-\d+)",
    "analyze": r"ANON-(API-007|ANM-00[234]|OPR-\d+|DEA-\d+)",
    "anonymize": r"ANON-(API-00[1-6]|OFF-\d+|LNG-\d+|REC-\d+|NAM-\d+|DEA-001|LOG-001)",
    "infer": r"CLAS-(HLT-001|API-001|API-003|API-011|ERR-001|CRD-\d+|RTE-001)",
    "createRecommendation": r"DECN-(API-004|INP-\d+|CAS-001|FRI-001|MTC-\d+)",
    "listLogEntries": r"DECN-(?!LOG|WIF-001).*",
}
"""The requirements of its own that such a service can still pass, where the operation is what most of them are about."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each operation in both countries, or some in one."""
    if "operation" in metafunc.fixturenames:
        both = metafunc.config.getoption("--both-countries")
        cases = [
            pytest.param(name, country, catalogue.load(f"{name}/1").operation(id), status, id=f"{country}-{id}-{status}")
            for name, operations in ACCUSED.items()
            for number, id in enumerate(id for id in operations if both or id in LEFT)
            for country in (COUNTRIES if both else COUNTRIES[number % 2 :][:1])
            for status in ((404, 405, 501) if both else (404,))
        ]
        metafunc.parametrize(("name", "country", "operation", "status"), cases)


def without(operation: Operation, status: int) -> FaultyHandler:
    """A service that does not have this operation, and says so."""
    path = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(operation.path)))

    async def handler(request: Request, call_next: CallNext) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        if method != operation.method or not path.fullmatch(request.path):
            return await call_next(request)
        unknown = await call_next(Request("GET", "/no-such-resource", request.headers))
        return problem(unknown.with_header("Allow", "OPTIONS" if status == 405 else None), status)

    return handler


def report_on(name: str, country: str, *ways: FaultyHandler) -> Report:
    app = Varied(reference_app(name, country), *ways)
    return harness.run("http://127.0.0.1", claimed(name), country=country, transport=asgi_transport(app))


def test_every_operation_is_taken_away_in_turn() -> None:
    for name, operations in ACCUSED.items():
        assert {each.id for each in catalogue.load(f"{name}/1").operations} == operations.keys()


def test_half_a_service_is_judged_for_that_half(name: str, country: str, operation: Operation, status: int) -> None:
    report = report_on(name, country, without(operation, status))
    assert report.ended is None
    assert accused(report).keys() <= ACCUSED[name][operation.id] | ({"CORE-API-001"} if status != 404 else set()), accused(report)
    if status == 404:  # the others leave some checks in doubt
        assert accused(report).keys() == ACCUSED[name][operation.id]
    lost = [each for each in report.verdicts if each.verdict == "not-tested" and each.decidable]
    assert all(each.cause for each in lost)
    prefix = reference(name, country).verdicts[-1].requirement[:5]
    passed = {each.requirement for each in report.verdicts if each.verdict == "passed" and each.requirement.startswith(prefix)}
    assert [id for id in passed if not re.fullmatch(LEFT.get(operation.id, ".*"), id)] == []


@pytest.mark.parametrize(
    ("name", "gone"),
    [
        ("translation", ("createJob", "getJob", "deleteJob", "detectLanguage")),
        ("decision-support", ("matchPersons", "askWhatIf", "getOversight")),
    ],
)
def test_what_is_optional_and_not_declared_is_not_applicable(name: str, gone: tuple[str, ...]) -> None:
    async def bare(request: Request, call_next: CallNext) -> Response:
        answer = await call_next(request)
        return rewritten(answer, lambda card: {**card, "capabilities": []}) if request.path == "/service-card" else answer

    operations = [catalogue.load(f"{name}/1").operation(id) for id in gone]
    report = report_on(name, "lt", bare, *(without(each, 404) for each in operations))
    assert accused(report) == {}
    verdicts = {each.requirement: each.verdict for each in report.verdicts if each.decidable and each.side == "provider"}
    assert {id for id, verdict in verdicts.items() if verdict not in ("passed", "not-applicable")} == set()
    assert report.class_reached == "high-risk"


@pytest.mark.parametrize("country", COUNTRIES)
def test_without_any_of_the_readings_that_a_profile_leaves_open_all_that_is_asked_of_every_service_is_tested(country: str) -> None:
    """The plain GET is then one of core: a service that takes texts and nothing else reaches its class all the same."""
    readings = [each for each in catalogue.load("anonymisation/1").operations if each.method == "GET"]
    report = report_on("anonymisation", country, *(without(each, 404) for each in readings))
    assert accused(report) == {}
    assert report.class_reached == "high-risk"
