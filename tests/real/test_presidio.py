"""Presidio 2.2, whole and in halves: a real server by somebody else, and what was found out about it by hand.

``tox -e real-presidio`` installs it and runs this. What each finding is, and why it is right, stands in docs/real-world.md.
"""

from __future__ import annotations

import contextlib
import datetime
import importlib.util
import sys

import pytest

import harness
from harness.report import Report
from tests.real.serving import free_ports, serving

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        importlib.util.find_spec("presidio_analyzer") is None or importlib.util.find_spec("flask") is None,
        reason="presidio-analyzer is not installed: tox -e real-presidio does that",
    ),
]

DEFECTS = {"CORE-ERR-002": "invalid input, an unsupported language and a wrong key are answered with 500"}
"""MUSTs of class base that Presidio does not meet."""

MISSING = {
    "CORE-CNT-002", "CORE-ERR-001", "CORE-ERR-003", "CORE-ERR-007", "CORE-TRC-001", "CORE-HLT-001", "CORE-CRD-001", "CORE-DOC-001",
    "CORE-CCH-001", "ANON-LNG-002", "ANON-ANM-001", "ANON-DEA-001",
}  # fmt: skip
"""MUSTs of class government that it does not meet as it comes: it is no government's server."""

FINDING = {f"ANON-API-00{number}" for number in range(1, 7)} | {"ANON-OFF-002", "ANON-LNG-001"}
TAKING_OUT = {"ANON-API-007", "ANON-ANM-002", "ANON-ANM-003", "ANON-ANM-004", "ANON-OPR-001", "ANON-OPR-002", "ANON-DEA-002"}
"""What of class base the two services of Presidio can be asked, each for itself."""


def served(half: str, *languages: str) -> contextlib.AbstractContextManager[str]:
    """The server on a free port of this machine."""
    [port] = free_ports(1)
    words = [sys.executable, "-m", "tests.real.presidio_server", str(port), half, *languages]
    return serving(words, port, ["/health"], seconds=120)


def report_on(half: str, *languages: str, **variables: str) -> Report:
    with served(half, *languages) as url:
        return harness.run(url, ["anonymisation"], decided_by="base", as_of=datetime.date(2026, 11, 25), variables=variables)


def failed(report: Report) -> set[str]:
    return {each.requirement for each in report.verdicts if each.verdict == "failed"}


@pytest.fixture(scope="module")
def whole() -> Report:
    """Both halves behind one address, in English, which is how Presidio comes."""
    return report_on("both")


def test_the_run_came_to_its_end(whole: Report) -> None:
    assert whole.ended is None
    assert whole.binding == {"language": "en"}
    assert [note for note in whole.notes if note.startswith("harness error")] == []


def test_what_it_does_wrong_is_found_and_nothing_else(whole: Report) -> None:
    assert failed(whole) == DEFECTS.keys() | MISSING
    base = {each.requirement: each.verdict for each in whole.verdicts if each.class_ == "base" and each.side == "provider"}
    assert {id for id, verdict in base.items() if verdict not in ("passed", "not-applicable")} == set(DEFECTS)


def test_in_polish_it_finds_pesel_of_all_centuries_and_no_asmens_kodas() -> None:
    report = report_on("both", "en", "pl", language="pl")
    assert report.of("ANON-REC-001").verdict == "passed"
    assert failed(report) == DEFECTS.keys() | MISSING | {"ANON-REC-002"}


@pytest.mark.parametrize(("half", "its", "other"), [("analyzer", FINDING, TAKING_OUT), ("anonymizer", TAKING_OUT, FINDING)])
def test_half_of_it_gets_a_verdict_for_that_half(half: str, its: set[str], other: set[str]) -> None:
    report = report_on(half, language="en")
    own, rest = "/analyze" if half == "analyzer" else "/anonymize", "/anonymize" if half == "analyzer" else "/analyze"
    assert {id: report.of(id).verdict for id in its} == dict.fromkeys(its, "passed"), own
    assert {report.of(id).verdict for id in other} == {"not-tested"}
    assert {report.of(id).cause for id in other} == {f"the service has no {rest} (404)"}
    assert failed(report) <= DEFECTS.keys() | MISSING
