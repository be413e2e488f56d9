"""Failures that are known and dated: what breaks a build and what does not, and that nothing leaves the report."""

from __future__ import annotations

import datetime
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import msgspec
import pytest

from harness import catalogue, formats
from harness.errors import UsageError
from harness.expected import Entry, applied, read_expected, updated
from harness.report import Finding, Report, decode_report, encode_report
from tests.formats.samples import report, verdict

DAY = datetime.date(2027, 3, 31)


def entry(requirement: str = "GREE-A-010", *, until: datetime.date = DAY, finding: str | None = None) -> Entry:
    return Entry(requirement, "the gateway is replaced in March", "integration team", until, finding)


def failing(*others: object) -> Report:
    return report(verdict("GREE-A-001", "passed", "base"), verdict("GREE-A-010", "failed"), *others)


def states(result: Report) -> dict[str, str]:
    return {each.requirement: each.state for each in result.expected}


def test_a_known_failure_does_not_break_the_build_and_stays_in_the_report() -> None:
    told = applied(failing(), [entry()])
    assert (told.exit_code, told.outcome, states(told)) == (0, "not-conformant", {"GREE-A-010": "known"})
    assert decode_report(encode_report(told)) == told
    for format in ("html", "markdown", "junit", "sarif", "github", "codequality", "csv", "gitb-tar", "earl"):
        assert b"the name is missing" in formats.FORMATS[format](told)


def test_a_new_failure_breaks_it() -> None:
    assert applied(failing(verdict("GREE-A-011", "failed")), [entry()]).exit_code == 1


def test_an_entry_whose_failure_is_gone_breaks_it() -> None:
    told = applied(failing(), [entry(), entry("GREE-A-001")])
    assert (told.exit_code, states(told)["GREE-A-001"]) == (1, "stale")


def test_an_entry_whose_day_has_passed_breaks_it() -> None:
    told = applied(failing(), [entry(until=failing().as_of - datetime.timedelta(days=1))])
    assert (told.exit_code, states(told)) == (1, {"GREE-A-010": "expired"})
    assert applied(failing(), [entry(until=failing().as_of)]).exit_code == 0


def test_what_was_not_tested_is_no_proof_that_a_failure_is_gone() -> None:
    untested = report(verdict("GREE-A-001", "passed", "base"), verdict("GREE-A-010", "not-tested"))
    assert states(applied(untested, [entry(finding="the name is missing")])) == {"GREE-A-010": "open"}
    assert applied(untested, [entry(finding="the name is missing")]).exit_code == 5
    assert applied(untested, [entry()]).exit_code == 0


def test_one_finding_alone_may_be_known() -> None:
    two = [Finding("the name is missing"), Finding("the greeting is rude")]
    told = applied(report(verdict("GREE-A-010", "failed", findings=two)), [entry(finding="the name is missing")])
    assert (told.exit_code, states(told)) == (1, {"GREE-A-010": "known"})
    assert applied(failing(), [entry(finding="the name is missing")]).exit_code == 0
    assert states(applied(failing(), [entry(finding="something else")])) == {"GREE-A-010": "stale"}


@pytest.mark.parametrize("outcome", ["unreachable", "harness-error"])
def test_nothing_is_excused_where_nothing_was_measured(outcome: str) -> None:
    told = applied(msgspec.structs.replace(failing(), outcome=outcome), [entry()])
    assert told.exit_code == {"unreachable": 3, "harness-error": 4}[outcome]


def test_junit_fails_exactly_when_the_build_does() -> None:
    known = ET.fromstring(formats.FORMATS["junit"](applied(failing(), [entry()])))
    assert (known.get("failures"), known.get("errors")) == ("0", "0")
    stale = ET.fromstring(formats.FORMATS["junit"](applied(failing(), [entry(), entry("GREE-A-001")])))
    assert [each.get("type") for each in stale.iter("failure")] == ["stale"]


def test_sarif_suppresses_what_is_known() -> None:
    results = json.loads(formats.FORMATS["sarif"](applied(failing(), [entry()])))["runs"][0]["results"]
    assert "the gateway is replaced in March" in results[0]["suppressions"][0]["justification"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[[expected]", "is no TOML"),
        ('[[expected]]\nrequirement = "GREE-A-010"', "missing required field"),
        ('[[expected]]\nrequirement = "GREE-A-010"\nreason = " "\nowner = "a"\nuntil = 2027-01-01', "reason"),
        ('[[expected]]\nrequirement = "GREE-A-010"\nreason = "a"\nowner = "a"\nuntil = "soon"', "until"),
        ('[[expected]]\nrequirement = "GREE-A-010"\nreason = "a"\nowner = "a"\nuntil = 2027-01-01\nsince = 1', "since"),
        ('[[expected]]\nrequirement = "NO-SUCH-001"\nreason = "a"\nowner = "a"\nuntil = 2027-01-01', "no requirement NO-SUCH-001"),
    ],
)
def test_a_list_that_cannot_be_is_refused_by_name(tmp_path: Path, content: str, told: str) -> None:
    path = tmp_path / "expected.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=told) as refusal:
        read_expected(path, [catalogue.load("core")])
    assert str(path) in str(refusal.value)


def test_an_entry_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "expected.toml"
    path.write_text('[[expected]]\nrequirement = "GREE-A-010"\nreason = "a"\nowner = "a"\nuntil = 2027-01-01\n' * 2, encoding="utf-8")
    with pytest.raises(UsageError, match="stands twice"):
        read_expected(path)


def test_an_update_adds_what_is_new_takes_out_what_is_stale_and_keeps_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "expected.toml"
    path.write_text(
        "# ours\n"
        '[[expected]]\nrequirement = "GREE-A-010"\nreason = "known" # since May\nowner = "a"\nuntil = 2027-01-01\n\n'
        '[[expected]]\nrequirement = "GREE-A-001"\nreason = "gone"\nowner = "a"\nuntil = 2027-01-01\n',
        encoding="utf-8",
    )
    now = failing(verdict("GREE-A-011", "failed"), verdict("GREE-A-012", "failed", "high-risk"))
    with pytest.raises(UsageError, match="GREE-A-011: say --reason, --owner, --until"):
        updated(path, now, reason=None, owner=None, until=None)
    made = updated(path, now, reason="new", owner="b", until=DAY)
    assert (made.added, made.removed) == (["GREE-A-011"], ["GREE-A-001"])
    assert "# ours" in made.text
    assert "# since May" in made.text
    path.write_text(made.text, encoding="utf-8")
    assert applied(now, read_expected(path)).exit_code == 0
    again = updated(path, now, reason=None, owner=None, until=None)
    assert (again.text, again.added, again.removed) == (made.text, [], [])


def test_an_update_leaves_an_entry_of_another_profile_alone(tmp_path: Path) -> None:
    path = tmp_path / "expected.toml"
    entries = [
        f'[[expected]]\nrequirement = "{id}"\nreason = "a"\nowner = "a"\nuntil = 2027-01-01\n' for id in ("OTHR-A-001", "GREE-A-001")
    ]
    path.write_text("".join(entries), encoding="utf-8")
    made = updated(path, report(verdict("GREE-A-001", "passed", "base")), reason=None, owner=None, until=None)
    assert (made.removed, "OTHR-A-001" in made.text, "GREE-A-001" in made.text) == (["GREE-A-001"], True, False)
    assert states(applied(failing(), read_expected(path)))["OTHR-A-001"] == "open"


def test_an_update_prolongs_what_has_expired(tmp_path: Path) -> None:
    path = tmp_path / "expected.toml"
    path.write_text('[[expected]]\nrequirement = "GREE-A-010"\nreason = "a"\nowner = "a"\nuntil = 2020-01-01\n', encoding="utf-8")
    made = updated(path, failing(), reason="a", owner="a", until=DAY)
    path.write_text(made.text, encoding="utf-8")
    assert [each.until for each in read_expected(path)] == [DAY]
