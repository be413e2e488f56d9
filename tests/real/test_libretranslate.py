"""LibreTranslate with random weights: a real server by somebody else, and what was found out about it by hand.

``tox -e real-libretranslate`` installs it and runs this. What each finding is, and why it is right, stands in docs/real-world.md.
"""

from __future__ import annotations

import contextlib
import datetime
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import harness
from harness.report import Report
from tests.real.serving import free_ports, serving
from tests.real.tiny_packages import environment, install

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        importlib.util.find_spec("libretranslate") is None, reason="libretranslate is not installed: tox -e real-libretranslate does that"
    ),
]

DEFECTS = {"CORE-ERR-002": "a number for a text, and anything but a number for alternatives, is answered with 500"}
"""MUSTs of class base that this server does not meet."""

MISSING = {
    "CORE-CNT-002", "CORE-ERR-001", "CORE-ERR-003", "CORE-TRC-001", "CORE-HLT-001", "CORE-CRD-001", "CORE-DOC-001", "CORE-CCH-001",
}  # fmt: skip
"""MUSTs of class government that it does not meet: it is no government's server."""

RANDOM = {"TRNS-INV-001", "TRNS-INV-002", "TRNS-INV-003", "TRNS-INV-004"}
"""What random weights do not keep. It says nothing of LibreTranslate."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Report]:
    """The report on one run against the server."""
    home = tmp_path_factory.mktemp("libretranslate")
    install(home)
    with served(home) as url:
        yield harness.run(url, ["translation"], decided_by="base", as_of=datetime.date(2026, 11, 24))


def served(home: Path) -> contextlib.AbstractContextManager[str]:
    """The server on a free port of this machine."""
    [port] = free_ports(1)
    words = [sys.executable, "-c", "from libretranslate.main import main; main()", "--host", "127.0.0.1", "--port", str(port)]
    return serving(words, port, ["/languages"], environment=environment(home), folder=home)


def test_the_run_came_to_its_end(report: Report) -> None:
    assert report.ended is None
    assert report.binding == {"source": "lt", "target": "pl"}
    assert [note for note in report.notes if note.startswith("harness error")] == []


@pytest.mark.parametrize("requirement", DEFECTS)
def test_what_it_does_wrong_is_found(report: Report, requirement: str) -> None:
    assert report.of(requirement).verdict == "failed"


def test_nothing_else_stands_before_class_base(report: Report) -> None:
    assert set(report.classes["base"].blocked_by) == DEFECTS.keys()
    for requirement in ("TRNS-API-001", "TRNS-API-002", "TRNS-API-004", "TRNS-DET-001", "TRNS-BAT-001"):
        assert report.of(requirement).verdict == "passed", requirement


def test_it_is_accused_of_nothing_else(report: Report) -> None:
    failed = {each.requirement for each in report.verdicts if each.verdict == "failed"}
    assert failed - RANDOM <= DEFECTS.keys() | MISSING


def test_random_weights_speak_no_language_and_are_not_judged_as_if_they_did(report: Report) -> None:
    for requirement in ("TRNS-LNG-001", "TRNS-QUA-002", "TRNS-QUA-003", "TRNS-QUA-004"):
        assert report.of(requirement).verdict == "not-tested", requirement


def test_its_detector_is_real(report: Report) -> None:
    """TRNS-DET-002 depends on the moment: detections that come while the first one loads the detector's profiles are told as English."""
    for requirement in ("TRNS-DET-001", "TRNS-DET-003"):
        assert report.of(requirement).verdict == "passed", requirement
