"""JUnit XML, for CI systems: one suite for each profile, one case for each requirement.

There is no standard. The form is what Jenkins' own schema allows (junit-10.xsd of its xUnit plugin), GitLab reads, and
https://github.com/testmoapp/junitxml describes: no properties below a case, no count of skipped cases at the top. GitHub itself shows no JUnit; its
actions do (dorny/test-reporter shows "NaN" for a suite or a case without a time).
"""

from __future__ import annotations

import datetime
import xml.etree.ElementTree as ET

from harness.formats.answer import breaks
from harness.formats.inert import one_line, shortened, visible
from harness.report import ExpectedFailure, Finding, Report, Verdict

LONGEST = 2_000
"""Characters shown of what was expected, and of what came."""


def render(report: Report, language: str = "en") -> bytes:
    """The report as JUnit XML, in English for the log of a build: a failure or an error stands in it exactly when the outcome is not conformant.

    Green is only what passed. A requirement that decides the outcome and was violated is a failure, one that was not tested or needs a person's
    review is an error, so that no CI system shows it as green. What is not met and does not decide is skipped, with its verdict in the message. The
    duration of the run stands at the top: it cannot be told how much of it belongs to one requirement, or to one profile, and they have 0.
    """
    root = ET.Element("testsuites", name=f"govai: {one_line(report.participant.name)}", time=f"{report.duration_s:.3f}")
    for profile in dict.fromkeys(verdict.profile for verdict in report.verdicts):
        _suite(root, profile, [_case(verdict, report) for verdict in report.verdicts if verdict.profile == profile], report)
    broken = [each for each in report.expected if each.state in ("stale", "expired")]
    if broken:
        _suite(root, "expected failures", [_entry(each) for each in broken], report)
    if report.exit_code and not root.findall("*/*/failure") and not root.findall("*/*/error"):
        _suite(root, "run", [_run(report)], report)
    _total(root, root.findall("testsuite/testcase"))
    del root.attrib["skipped"]
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _suite(root: ET.Element, name: str, cases: list[ET.Element], report: Report) -> None:
    started = report.started.astimezone(datetime.UTC).isoformat(timespec="seconds")
    suite = ET.SubElement(root, "testsuite", name=one_line(name), timestamp=started, time="0")
    properties = ET.SubElement(suite, "properties")
    for fact, value in _facts(report, name).items():
        ET.SubElement(properties, "property", name=fact, value=one_line(value))
    suite.extend(cases)
    _total(suite, cases)


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


def _entry(entry: ExpectedFailure) -> ET.Element:
    """A case for an entry of the list of expected failures that does not hold any more."""
    case = ET.Element("testcase", classname="govai", name=one_line(f"expected {entry.requirement}"), time="0")
    why = "no longer fails: take it off the list" if entry.state == "stale" else f"was expected until {entry.until} only"
    ET.SubElement(case, "failure", type=entry.state, message=one_line(f"{entry.requirement} {why} ({entry.owner}: {entry.reason})"))
    return case


def _run(report: Report) -> ET.Element:
    """A case for a run that did not come far enough to say of any requirement that it stands in the way."""
    case = ET.Element("testcase", classname="govai", name="run", time="0")
    ET.SubElement(case, "error", type=report.outcome, message=one_line(f"{report.outcome}: {report.ended or 'no requirement was tested'}"))
    return case


def _case(verdict: Verdict, report: Report) -> ET.Element:
    case = ET.Element("testcase", classname=one_line(verdict.profile), name=one_line(verdict.requirement), time="0")
    reason = shortened(one_line(verdict.cause or (verdict.findings[0].message if verdict.findings else verdict.level)), LONGEST)
    message, text = f"{verdict.verdict}: {reason}", details(verdict, report)
    if verdict.verdict in ("passed", "passed-with-adapter"):
        ET.SubElement(case, "system-out").text = text
        return case
    kind = "skipped" if not breaks(verdict, report) else "failure" if verdict.verdict == "failed" else "error"
    known = "known: " if report.is_known(verdict) else ""
    ET.SubElement(case, kind, type=verdict.verdict, message=f"{known}{message}").text = text
    return case


def details(verdict: Verdict, report: Report) -> str:
    """What a person reading the CI log needs. XML 1.0 has no way to write most control characters (section 2.2): they are written out."""
    lines = [f"{verdict.verdict}: {verdict.statement.en}", f"{verdict.level}, class {verdict.class_}"]
    if verdict.cause:
        lines.append(f"cause: {verdict.cause}")
    for finding in verdict.findings:
        lines += ["", *_finding(finding, report)]
    if verdict.violations > len(verdict.findings) > 0:
        lines += ["", f"and {verdict.violations - len(verdict.findings)} more"]
    if verdict.remedy and verdict.verdict != "passed":
        lines += ["", f"what to do: {verdict.remedy.en}"]
    lines += [f"basis: {basis}" + (f" <{basis.url}>" if basis.url else "") for basis in verdict.basis]
    return visible("\n".join(lines))


def _finding(finding: Finding, report: Report) -> list[str]:
    shown = (("expected", finding.expected), ("got", finding.got), ("where", finding.pointer))
    lines = [finding.message, *(f"  {label}: {shortened(text, LONGEST)}" for label, text in shown if text)]
    if finding.exchange in report.exchanges:
        lines.append(report.exchanges[finding.exchange].curl)
    return lines
