"""The openai client (Python) as agencies use it, under ``govai consumer``, and what was found out about it by hand.

``tox -e real-openai`` installs it and runs this. What each finding is, and why it is right, stands in docs/real-world.md.
"""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path

import pytest

import harness
from harness.report import Report

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(importlib.util.find_spec("openai") is None, reason="openai is not installed: tox -e real-openai does that"),
]

AS_IT_COMES = ["plain", "stream", "tools"]
FOUND = {
    "CORE-TRC-003": "failed",  # it sends no traceparent
    "CORE-IDM-006": "warning",  # it makes a key for each request and has no header to send it in
    "CHAT-REQ-002": "warning",  # it sends no Accept-Language
}


@cache
def report(way: str) -> Report:
    return harness.consume([sys.executable, str(Path(__file__).with_name("openai_program.py")), way], ["assistant"])


def found(way: str) -> dict[str, str]:
    return {each.requirement: each.verdict for each in report(way).verdicts if each.verdict not in ("passed", "not-tested")}


@pytest.mark.parametrize("way", AS_IT_COMES)
def test_as_it_comes_it_reaches_base(way: str) -> None:
    assert report(way).ended is None
    assert report(way).class_reached == "base"


@pytest.mark.parametrize("way", AS_IT_COMES)
def test_what_it_leaves_out_is_found_and_nothing_else(way: str) -> None:
    assert found(way) == FOUND | {"CORE-IDM-002": "not-applicable"}


@pytest.mark.parametrize("way", AS_IT_COMES)
def test_it_waits_as_long_as_it_is_asked_and_keeps_its_token_at_home(way: str) -> None:
    for requirement in ("CORE-RAT-002", "CORE-SEC-008", "CORE-SEC-009", "CORE-TOL-001", "CORE-TOL-002"):
        assert report(way).of(requirement).verdict == "passed", requirement


def test_with_three_header_fields_it_meets_all_that_can_be_decided() -> None:
    assert found("careful") == {}
    assert report("careful").class_reached == "high-risk"


def test_every_situation_of_the_profile_was_met() -> None:
    assert next(note for note in report("stream").notes if note.startswith("Situations met:")).endswith(" Not met: suspended.")
