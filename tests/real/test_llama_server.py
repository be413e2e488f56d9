"""The llama.cpp server (llama-cpp-python) with random weights: a real server by somebody else, and what was found out about it by hand.

``tox -e real`` installs it and runs this. What each finding is, and why it is right, stands in docs/real-world.md.
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

MODEL = "tiny-random"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(importlib.util.find_spec("llama_cpp") is None, reason="llama-cpp-python is not installed: tox -e real does that"),
]

DEFECTS = {
    "CORE-API-001": "null for temperature, which the standard allows, is answered with 500",
    "CORE-ERR-002": "invalid input is answered with 500",
    "CHAT-API-004": "max_completion_tokens is ignored",
    "CHAT-STR-005": "the usage chunk that was asked for does not come",
}
"""MUSTs of class base that this server does not meet."""

MISSING = {
    "CORE-CNT-002", "CORE-ERR-001", "CORE-ERR-003", "CORE-ERR-005", "CORE-TRC-001", "CORE-HLT-001", "CORE-CRD-001", "CORE-CCH-001",
    "CHAT-API-009", "CHAT-AID-001",
}  # fmt: skip
"""MUSTs of class government that it does not meet: it is no government's server."""

DIFFERS = {"CORE-ROB-001", "CHAT-API-011"}
"""What depends on what the random weights write, on the version, and on what else the machine is doing: named in docs/real-world.md."""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Report]:
    """The report on one run against the server. Requests come one by one, because by default it breaks an answer off when another comes."""
    from tests.real.tiny_model import write

    folder = tmp_path_factory.mktemp("llama")
    write(str(folder / "tiny.gguf"))
    with served(folder / "tiny.gguf") as url:
        yield harness.run(url, ["assistant"], decided_by="base", as_of=datetime.date(2026, 11, 24), limits=harness.Limits(concurrency=1))


def served(model: Path) -> contextlib.AbstractContextManager[str]:
    """The server on a free port of this machine."""
    [port] = free_ports(1)
    options = ["--model", str(model), "--model_alias", MODEL, "--host", "127.0.0.1", "--port", str(port), "--n_ctx", "1024"]
    return serving([sys.executable, "-m", "llama_cpp.server", *options, "--verbose", "false"], port, ["/v1/models"])


def test_the_run_came_to_its_end(report: Report) -> None:
    assert report.ended is None
    assert report.binding == {"model": MODEL}
    assert report.class_reached is None
    assert [note for note in report.notes if note.startswith("harness error")] == []


@pytest.mark.parametrize("requirement", DEFECTS)
def test_what_it_does_wrong_is_found(report: Report, requirement: str) -> None:
    assert report.of(requirement).verdict == "failed"


def test_it_is_accused_of_nothing_else(report: Report) -> None:
    failed = {each.requirement for each in report.verdicts if each.verdict == "failed"}
    assert failed - DIFFERS <= DEFECTS.keys() | MISSING


def test_random_weights_speak_no_language_and_are_not_judged_as_if_they_did(report: Report) -> None:
    for requirement in ("CHAT-LNG-001", "CHAT-SRC-002", "CHAT-INJ-001", "CHAT-INJ-002", "CHAT-PII-001", "CHAT-PII-002"):
        assert report.of(requirement).verdict == "not-tested", requirement
