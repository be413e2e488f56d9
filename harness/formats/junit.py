"""JUnit XML, for CI systems: one suite for each profile, one case for each requirement.

The form is the one that Jenkins and GitLab read and pytest writes (there is no standard; https://github.com/testmoapp/junitxml describes it).
"""

from __future__ import annotations

import datetime
import xml.etree.ElementTree as ET

from harness.formats.answer import decides
from harness.formats.inert import one_line, visible
from harness.report import Finding, Report, Verdict


def render(report: Report) -> bytes:
    """The report as JUnit XML.

    A MUST that decides the outcome and was not tested is an error, so that no CI system shows it as green. The duration of the run stands at the
    top: it cannot be told how much of it belongs to one requirement, or to one profile.
    """
    root = ET.Element("testsuites", name=f"govai: {one_line(report.participant.name)}", time=f"{report.duration_s:.3f}")
    for profile in dict.fromkeys(verdict.profile for verdict in report.verdicts):
        cases = [_case(verdict, report) for verdict in report.verdicts if verdict.profile == profile]
        suite = ET.SubElement(root, "testsuite", name=profile, timestamp=report.started.astimezone(datetime.UTC).isoformat(timespec="seconds"))
        _properties(suite, _facts(report, profile))
        suite.extend(cases)
        _total(suite, cases)
    _total(root, root.findall("testsuite/testcase"))
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _total(element: ET.Element, cases: list[ET.Element]) -> None:
    element.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(attribute, str(sum(case.find(tag) is not None for case in cases)))


def _facts(report: Report, profile: str) -> dict[str, str]:
    facts = {
        "participant": report.participant.name,
        "url": report.participant.url or "",
        "outcome": report.outcome,
        "class_reached": report.class_reached or "none",
        "decided_by": report.decided_by,
        "as_of": report.as_of.isoformat(),
        "seed": str(report.seed),
        "requests": str(report.requests),
        "ended": report.ended or "",
        "govai_version": report.govai_version,
        **{f"digest:{used.name}/{used.major}": used.digest for used in report.profiles if f"{used.name}/{used.major}" == profile},
    }
    return {name: value for name, value in facts.items() if value}


def _case(verdict: Verdict, report: Report) -> ET.Element:
    case = ET.Element("testcase", classname=verdict.profile, name=verdict.requirement)
    facts = {
        "verdict": verdict.verdict,
        "level": verdict.level,
        "class": verdict.class_,
        "decides": "true" if decides(verdict, report) else "false",
        "basis": "; ".join(str(basis) for basis in verdict.basis),
    }
    _properties(case, facts)
    reason = one_line(verdict.cause or (verdict.findings[0].message if verdict.findings else verdict.verdict))
    if verdict.verdict == "failed":
        _child(case, "failure", reason, verdict, report)
    elif verdict.verdict == "harness-error" or (verdict.verdict == "not-tested" and decides(verdict, report)):
        _child(case, "error", f"{verdict.verdict}: {reason}", verdict, report)
    elif verdict.verdict in ("not-applicable", "not-tested"):
        ET.SubElement(case, "skipped", message=f"{verdict.verdict}: {reason}")
    elif verdict.verdict != "passed":
        ET.SubElement(case, "system-out").text = _details(verdict, report)
    return case


def _child(case: ET.Element, tag: str, message: str, verdict: Verdict, report: Report) -> None:
    ET.SubElement(case, tag, type=verdict.verdict, message=message).text = _details(verdict, report)


def _details(verdict: Verdict, report: Report) -> str:
    """What a person reading the CI log needs. XML 1.0 has no way to write most control characters (section 2.2): they are written out."""
    lines = [f"{verdict.verdict}: {verdict.statement.en}"]
    if verdict.cause:
        lines.append(f"cause: {verdict.cause}")
    for finding in verdict.findings:
        lines += ["", *_finding(finding, report)]
    if verdict.violations > len(verdict.findings) > 0:
        lines.append(f"and {verdict.violations - len(verdict.findings)} more")
    if verdict.remedy:
        lines += ["", f"what to do: {verdict.remedy.en}"]
    return visible("\n".join(lines))


def _finding(finding: Finding, report: Report) -> list[str]:
    shown = (("expected", finding.expected), ("got", finding.got), ("where", finding.pointer))
    lines = [finding.message, *(f"  {label}: {text}" for label, text in shown if text)]
    if finding.exchange in report.exchanges:
        lines.append(report.exchanges[finding.exchange].curl)
    return lines


def _properties(element: ET.Element, facts: dict[str, str]) -> None:
    properties = ET.SubElement(element, "properties")
    for name, value in facts.items():
        ET.SubElement(properties, "property", name=name, value=one_line(value))
