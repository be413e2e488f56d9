"""Code Quality, by what GitLab's parser takes and its comparison makes of it."""

from __future__ import annotations

import datetime
import json
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from harness.expected import Entry, applied
from harness.formats import codequality
from harness.report import ParticipantShown, Report
from tests.formats.foreign import REPORTS
from tests.formats.samples import faulty, fine, report, unreachable, verdict

ENTRY = jsonschema_rs.Draft202012Validator(
    {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^[^/.\\]"},
                    "lines": {"required": ["begin"], "properties": {"begin": {"type": "integer", "minimum": 1}}},
                },
            },
        },
    }
)
"""What docs.gitlab.com asks of an entry, which is more than its codeclimate.json does. Reading ends at the first that is none."""


def entries(report: Report, language: str = "en") -> Any:
    return json.loads(codequality.render(report, language))


def severities(report: Report) -> dict[str, str]:
    return {each["check_name"]: each["severity"] for each in entries(report)}


@pytest.mark.parametrize("name", REPORTS)
def test_gitlab_takes_every_entry_and_knows_it_from_the_others(name: str) -> None:
    read = entries(REPORTS[name]())
    assert [error for each in read for error in ENTRY.iter_errors(each)] == []
    assert len({each["fingerprint"] for each in read}) == len(read)


def test_what_the_build_breaks_for_weighs_most() -> None:
    assert severities(faulty()) == {
        "govai": "blocker",
        "GREE-A-004": "minor",
        "GREE-A-005": "minor",
        "GREE-A-006": "major",
        "GREE-A-007": "major",
        "GREE-A-009": "major",
        "GREE-A-010": "critical",
        "GREE-A-011": "critical",
    }
    assert entries(fine()) == []


def test_an_entry_says_who_what_and_why() -> None:
    assert entries(faulty())[-1]["description"] == (
        "Greeter of the Ministry, GREE-A-011 – Failed: the name is missing – A greeting MUST be polite (GREE-A-011)."
    )


def test_a_run_that_measured_nothing_is_not_taken_for_a_good_one() -> None:
    (only,) = entries(unreachable())
    assert only["severity"] == "blocker"
    assert "https://assistant.example.lt cannot be reached." in only["description"]


def test_what_is_known_is_there_and_weighs_nothing() -> None:
    entry = Entry("GREE-A-010", "the gateway is replaced", "integration team", datetime.date(2027, 3, 31))
    known = applied(report(verdict("GREE-A-001", "passed", "base"), verdict("GREE-A-010", "failed")), [entry])
    assert severities(known) == {"GREE-A-010": "info"}
    assert "(integration team): the gateway is replaced" in entries(known)[0]["description"]


def test_an_entry_stays_the_same_from_run_to_run_and_is_nobody_elses() -> None:
    def fingerprints(**others: Any) -> set[str]:
        return {each["fingerprint"] for each in entries(msgspec.structs.replace(faulty(), **others))}

    assert fingerprints() == fingerprints(seed=2, duration_s=9.0, exchanges={})
    assert not fingerprints() & fingerprints(participant=ParticipantShown("Another", None, "pl", "provider"))
