"""SARIF, by its published schema and by what GitHub makes of it."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from harness.formats import sarif
from harness.profile import LANGUAGES, Basis
from harness.report import Finding, Report
from tests.formats.foreign import REPORTS, SCHEMAS, reference
from tests.formats.samples import HOSTILE, crashed, evidence, faulty, fine, hostile, report, unreachable, verdict

SCHEMA = jsonschema_rs.Draft4Validator(json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_bytes()), validate_formats=True)


def run_of(report: Report, language: str = "en") -> Any:
    return json.loads(sarif.render(report, language))["runs"][0]


def result_of(report: Report, requirement: str) -> Any:
    return next(each for each in run_of(report)["results"] if each["ruleId"] == requirement)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", REPORTS)
def test_it_is_valid_by_the_schema_of_oasis(name: str, language: str) -> None:
    log = json.loads(sarif.render(REPORTS[name](), language))
    assert [f"{error.instance_path}: {error.message}" for error in SCHEMA.iter_errors(log)] == []


@pytest.mark.parametrize("name", REPORTS)
def test_github_finds_what_it_needs(name: str) -> None:
    """A rule's texts, a result's file and region, its fingerprint, a category: SARIF support for code scanning, docs.github.com."""
    run = run_of(REPORTS[name]())
    for rule in run["tool"]["driver"]["rules"]:
        texts = [rule[member]["text"] for member in ("shortDescription", "fullDescription")]
        assert all(0 < len(text) <= 1024 for text in texts)
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert len(rule["properties"]["tags"]) <= 20
    for result in run["results"]:
        (location,) = result["locations"]
        assert not re.match(r"[a-z]+:|/", location["physicalLocation"]["artifactLocation"]["uri"])
        assert set(location["physicalLocation"]["region"]) == {"startLine", "startColumn", "endLine", "endColumn"}
        assert result["partialFingerprints"]["primaryLocationLineHash"]
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    assert re.fullmatch(r"govai/[^/]+/(provider|consumer)/[^/]+/", run["automationDetails"]["id"])


def test_results_are_what_has_to_be_looked_at() -> None:
    results = {each["ruleId"]: (each["kind"], each["level"]) for each in run_of(faulty())["results"]}
    assert results == {
        "GREE-A-004": ("fail", "warning"),
        "GREE-A-005": ("fail", "warning"),
        "GREE-A-006": ("review", "none"),
        "GREE-A-007": ("open", "none"),
        "GREE-A-010": ("fail", "error"),
        "GREE-A-011": ("fail", "error"),
    }
    assert run_of(fine())["results"] == []


def test_the_harness_own_errors_are_notifications_and_no_results() -> None:
    run = run_of(crashed())
    assert run["results"] == []
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is False
    assert invocation["toolExecutionNotifications"][0]["associatedRule"] == {"id": "GREE-A-002", "index": 1}


def test_why_a_run_ended_is_said() -> None:
    (invocation,) = run_of(unreachable())["invocations"]
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "https://assistant.example.lt cannot be reached."


def test_a_result_names_its_operations_and_how_to_repeat_it() -> None:
    findings = [Finding("no name", exchange="x.1"), Finding("no tea", exchange="x.2"), Finding("no cake", exchange="gone")]
    shown = {"x.1": evidence("x.1"), "x.2": evidence("x.2", operation="brew")}
    result = result_of(report(verdict("GREE-A-001", "failed", findings=findings), exchanges=shown), "GREE-A-001")
    (location,) = result["locations"]
    assert [each["name"] for each in location["logicalLocations"]] == ["brew", "greet"]
    assert result["message"]["text"].splitlines() == ["Failed: no name", "no tea", "no cake"]
    assert len(result["properties"]["curl"]) == 2


def test_an_alert_stays_the_same_from_run_to_run() -> None:
    one, other = faulty(), faulty()
    moved = {"x.1": evidence(operation="brew")}
    other = msgspec.structs.replace(other, seed=2, started=other.started.replace(year=2027), exchanges=moved)

    def fingerprints(report: Report) -> dict[str, str]:
        return {each["ruleId"]: each["partialFingerprints"]["primaryLocationLineHash"] for each in run_of(report)["results"]}

    assert fingerprints(one) == fingerprints(other)
    assert max(Counter(fingerprints(one).values()).values()) == 1


def test_a_rule_says_what_to_do_and_which_law_says_so() -> None:
    rule = run_of(fine(), "pl")["tool"]["driver"]["rules"][0]
    assert rule["help"]["text"].splitlines()[2:] == [
        "Co zrobić: Be polite. (po polsku)",
        "Podstawa: RFC 9457, 3 <https://www.rfc-editor.org/rfc/rfc9457.html#section-3>",
    ]
    assert rule["helpUri"] == "https://www.rfc-editor.org/rfc/rfc9457.html#section-3"


def test_nothing_that_others_wrote_is_a_placeholder_or_a_link() -> None:
    """Sections 3.11.5 and 3.11.6: ``{0}`` stands for an argument, ``[text](url)`` is a link."""
    text = "see {0} at [this page](https://evil.example)"
    shown = report(verdict("GREE-A-001", "failed", findings=[Finding(text)], basis=[Basis(text)]), notes=[text])
    for kind, message in re.findall(r'"(text|markdown)": "(.*)"', sarif.render(shown).decode()):
        assert not re.search(r"(?<!{){(?!{)", message)
        assert not re.search(r"(?<!\\)\]\(" if kind == "markdown" else r"\]\(", message) or "rfc-editor" in message
    run = run_of(hostile())
    assert "helpUri" not in run["tool"]["driver"]["rules"][0]
    assert HOSTILE.partition("\u202e")[0] in run["results"][0]["message"]["text"], "it is shown as it is"


def test_a_real_run_has_one_alert_for_the_fault() -> None:
    alerts = [each["ruleId"] for each in run_of(reference())["results"] if each["level"] == "error"]
    assert alerts == ["CORE-TRC-001"]
