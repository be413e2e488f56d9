"""Workflow commands, read as GitHub's runner reads them."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from typing import NamedTuple

import msgspec
import pytest

from harness.expected import Entry, applied
from harness.formats import github
from harness.report import ParticipantShown, Report
from tests.formats.foreign import REPORTS
from tests.formats.samples import HOSTILE, beyond, crashed, faulty, fine, hostile, hundreds, report, unreachable, verdict


class Command(NamedTuple):
    """What the runner understands of a line."""

    kind: str
    title: str
    message: str


def unescaped(text: str, *more: tuple[str, str]) -> str:
    for token, written in (("\r", "%0D"), ("\n", "%0A"), *more, ("%", "%25")):
        text = text.replace(written, token)
    return text


def commands(report: Report, language: str = "en") -> list[Command]:
    """ActionCommand.TryParseV2 of actions/runner: ``::name key=value,key=value::data``, every line of it."""
    read = []
    for line in github.render(report, language).decode().splitlines():
        told, separator, data = line.removeprefix("::").partition("::")
        assert line.startswith("::")
        assert separator
        kind, _, properties = told.partition(" ")
        (name, title), *others = [each.split("=", 1) for each in properties.split(",")]
        assert (name, others) == ("title", [])
        read.append(Command(kind, unescaped(title, (":", "%3A"), (",", "%2C")), unescaped(data)))
    return read


@pytest.mark.parametrize("name", REPORTS)
def test_a_step_has_no_more_annotations_than_github_shows_of_it(name: str) -> None:
    made = REPORTS[name]()
    read = commands(made)
    assert {each.kind for each in read} <= {"error", "warning", "notice"}
    assert max(Counter(each.kind for each in read).values()) <= 10
    assert any(each.kind == "error" for each in read) == (made.exit_code != 0), "red exactly when the build is"
    assert all(len(each.message) <= 4096 for each in read)


def test_the_answer_leads_and_the_worst_follows() -> None:
    read = commands(faulty())
    assert read[0].title == "Greeter of the Ministry: Not conformant"
    assert read[0].message.startswith("Reaches no class yet.")
    assert [(each.kind, each.title.rpartition(": ")[2]) for each in read[1:]] == [
        ("error", "GREE-A-011"),
        ("error", "GREE-A-010"),
        ("error", "GREE-A-009"),
        ("error", "GREE-A-006"),
        ("error", "GREE-A-007"),
        ("warning", "GREE-A-004"),
        ("warning", "GREE-A-005"),
    ]
    assert read[2].message.splitlines() == [
        "Failed (MUST): A greeting MUST be polite (GREE-A-010).",
        "the name is missing",
        "Expected: Ona",
        "Got: Dear you!",
        "Where: /text",
        "5 more violations",
        "What to do: Be polite.",
    ]


def test_nothing_in_the_way_is_a_notice() -> None:
    assert commands(fine()) == [Command("notice", "Greeter of the Ministry: Conformant", "Reaches class high-risk, the highest there is.")]
    assert [each.kind for each in commands(beyond())] == ["warning", "notice"]


@pytest.mark.parametrize("made", [unreachable, crashed])
def test_a_run_that_measured_nothing_is_an_error(made: object) -> None:
    assert commands(made())[0].kind == "error"  # type: ignore[operator]


def test_what_was_not_tested_for_one_reason_is_one_error() -> None:
    untested = [verdict(f"GREE-A-00{number}", "not-tested", cause="no credential was given") for number in range(1, 8)]
    _, told = commands(report(*untested))
    assert told.title.endswith("Not tested: GREE-A-001, GREE-A-002, GREE-A-003, GREE-A-004, GREE-A-005 and 2 more")
    assert told.message == "no credential was given\nWhat was not tested never counts as passed."


def test_what_would_be_too_much_is_named_in_the_last_one() -> None:
    read = commands(hundreds())
    assert len(read) == 10
    assert read[-1].title.endswith("and 392 more")
    assert read[-1].message.startswith("GREE-A-008, GREE-A-009, ")


def test_what_is_known_is_a_notice() -> None:
    entry = Entry("GREE-A-010", "the gateway is replaced", "integration team", datetime.date(2027, 3, 31))
    known = applied(report(verdict("GREE-A-001", "passed", "base"), verdict("GREE-A-010", "failed")), [entry])
    assert {each.kind for each in commands(known)} == {"notice"}
    assert commands(known)[-1].message.endswith("Known and expected until 31 March 2027 (integration team): the gateway is replaced")


def test_nobody_writes_a_command_of_his_own() -> None:
    text = "x\n::error::forged\n::add-mask::e%0A::stop-commands::x, y: 100% ##[error]z"
    named = msgspec.structs.replace(hostile(), participant=ParticipantShown(text, None, None, "provider"), ended=text)
    lines = github.render(named).decode().splitlines()
    assert all(re.match(r"::(error|warning|notice) title=[^:,\r\n]*::", line) for line in lines)
    read = commands(named)
    assert read[0].title.startswith("x ::error::forged ::add-mask::e%0A::stop-commands::x, y: 100% ##[error]z: ")
    assert HOSTILE.partition("\u202e")[0] in read[1].message, "it is shown as it is"
