"""JUnit XML as CI systems read it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping

import msgspec
import pytest

from harness.formats import junit
from harness.report import Report
from tests.formats.samples import HOSTILE, SAMPLES, beyond, crashed, faulty, fine, hostile, incomplete, report, unreachable, verdict

ALLOWED: Mapping[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": ({"testsuite"}, {"name", "time", "tests", "failures", "errors"}, set()),
    "testsuite": (
        {"properties", "testcase"},
        {"name", "tests", "failures", "errors", "skipped", "timestamp", "time"},
        {"name", "tests", "failures", "errors", "time"},
    ),
    "properties": ({"property"}, set(), set()),
    "property": (set(), {"name", "value"}, {"name", "value"}),
    "testcase": ({"skipped", "error", "failure", "system-out"}, {"name", "classname", "time"}, {"name", "classname", "time"}),
    "failure": (set(), {"type", "message"}, {"message"}),
    "error": (set(), {"type", "message"}, {"message"}),
    "skipped": (set(), {"type", "message"}, {"message"}),
    "system-out": (set(), set(), set()),
}
"""Children, attributes and needed attributes of each element: what the schema of Jenkins' xUnit plugin (junit-10.xsd) allows and we write.

GitLab knows a case by its name and classname; dorny/test-reporter shows "NaN" where a suite or case has no time."""

SUREFIRE_TIME = r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?"


def parsed(report: Report) -> ET.Element:
    return ET.fromstring(junit.render(report))


def kinds(root: ET.Element) -> dict[str, str]:
    """Case -> what a CI system shows it as: ``failure``, ``error``, ``skipped`` or ``green``."""
    cases = root.iter("testcase")
    return {case.attrib["name"]: next((each.tag for each in case if each.tag != "system-out"), "green") for case in cases}


@pytest.mark.parametrize("name", SAMPLES)
def test_it_has_the_form_that_jenkins_and_gitlab_read(name: str) -> None:
    root = parsed(SAMPLES[name]())
    assert root.tag == "testsuites"
    assert re.fullmatch(SUREFIRE_TIME, root.attrib["time"])
    for element in root.iter():
        children, attributes, needed = ALLOWED[element.tag]
        assert {child.tag for child in element} <= children
        assert needed <= set(element.attrib) <= attributes


@pytest.mark.parametrize("name", SAMPLES)
def test_the_totals_are_right(name: str) -> None:
    root = parsed(SAMPLES[name]())
    for element in (root, *root.findall("testsuite")):
        cases = list(element.iter("testcase"))
        assert element.attrib["tests"] == str(len(cases))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            if attribute in element.attrib:
                assert element.attrib[attribute] == str(sum(case.find(tag) is not None for case in cases))


@pytest.mark.parametrize("name", SAMPLES)
def test_it_is_red_exactly_when_the_run_does_not_end_with_0(name: str) -> None:
    report = SAMPLES[name]()
    red = {"failure", "error"} & set(kinds(parsed(report)).values())
    assert bool(red) == (report.exit_code != 0)


def test_green_is_only_what_passed() -> None:
    assert kinds(parsed(faulty())) == {
        "GREE-A-001": "green",
        "GREE-A-002": "green",
        "GREE-A-003": "skipped",
        "GREE-A-004": "skipped",
        "GREE-A-005": "skipped",
        "GREE-A-006": "error",
        "GREE-A-007": "error",
        "GREE-A-008": "skipped",
        "GREE-A-009": "error",
        "GREE-A-010": "failure",
        "GREE-A-011": "failure",
    }


@pytest.mark.parametrize(
    ("made", "kind"),
    [(fine, "green"), (incomplete, "error"), (beyond, "skipped"), (crashed, "error")],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_what_decides_and_is_not_known_to_be_met_is_never_green(made: object, kind: str) -> None:
    assert kinds(parsed(made()))["GREE-A-002"] == kind  # type: ignore[operator]


def test_a_run_that_measured_nothing_is_red() -> None:
    error = parsed(unreachable()).find("testsuite/testcase/error")
    assert error is not None
    assert error.attrib["message"] == "unreachable: https://assistant.example.lt cannot be reached."


def test_a_failure_says_what_to_do_and_how_to_repeat_it() -> None:
    failure = parsed(report(verdict("GREE-A-001", "failed"))).find("testsuite/testcase/failure")
    assert failure is not None
    assert failure.attrib["message"] == "failed: the name is missing"
    assert str(failure.text).splitlines() == [
        "failed: A greeting MUST be polite (GREE-A-001).",
        "MUST, class government",
        "",
        "the name is missing",
        "  expected: Ona",
        "  got: Dear you!",
        "  where: /text",
        "curl -i -X POST -H 'Content-Type: application/json' --data-binary '{\"name\": \"Ona\"}' https://assistant.example.lt/greet",
        "",
        "what to do: Be polite.",
        "basis: RFC 9457, 3 <https://www.rfc-editor.org/rfc/rfc9457.html#section-3>",
    ]


def test_control_characters_are_written_out_since_xml_cannot_hold_them() -> None:
    text = junit.render(hostile()).decode()
    assert not re.search("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text), "no Char of XML 1.0 section 2.2"
    root = ET.fromstring(text)
    assert "\\x1b[31m\\x00\\x85\\uffff" in root.attrib["name"]
    assert "\u202e" not in text
    assert HOSTILE.partition("\u202e")[0].strip() in root.attrib["name"], "markup comes back as the text it was"


def test_the_time_of_the_run_is_told_in_utc() -> None:
    later = msgspec.convert("2026-11-24T14:30:05+02:00", type(fine().started))
    suite = parsed(msgspec.structs.replace(fine(), started=later)).find("testsuite")
    assert suite is not None
    assert suite.attrib["timestamp"] == "2026-11-24T12:30:05+00:00"
