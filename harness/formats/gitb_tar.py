"""The test report (TAR) of the EU's Interoperability Test Bed: a ``TestStepReport`` as its validators and test services give back.

Valid by gitb_tr.xsd. Errors are what makes the outcome not conformant, warnings what a person has to look at, information what is met or does not
concern; the counters count these, as the Test Bed's own validators do.
"""

from __future__ import annotations

import datetime
import xml.etree.ElementTree as ET

from harness.formats.answer import answer, binds_later, operation_of, told, worst_first
from harness.formats.inert import one_line, shortened
from harness.formats.wording import Words
from harness.report import Outcome, Report, Verdict

LONGEST = 2_000
"""Characters of one text."""
_TR, _CORE, _XSI = "http://www.gitb.com/tr/v1/", "http://www.gitb.com/core/v1/", "http://www.w3.org/2001/XMLSchema-instance"
_RESULTS: dict[Outcome, str] = {"conformant": "SUCCESS", "not-conformant": "FAILURE"}


def render(report: Report, language: str = "en") -> bytes:
    """The report as a TAR. Its result is FAILURE where a MUST of the deciding class is violated, UNDEFINED where it was not decided, WARNING where
    the outcome is conformant and something else is to be looked at.
    """
    words = Words(language)
    report = told(report, words.language)
    items = [(_severity(verdict, report), verdict) for verdict in worst_first(report.verdicts, report)]
    result = _RESULTS.get(report.outcome, "UNDEFINED")
    if result == "SUCCESS" and any(severity == "warning" for severity, _ in items):
        result = "WARNING"
    root = ET.Element("TestStepReport", {"xmlns": _TR, "xmlns:core": _CORE, "xmlns:xsi": _XSI, "xsi:type": "TAR"})
    root.set("name", f"govai: {_text(report.participant.name)}")
    _add(root, "date", report.started.astimezone(datetime.UTC).isoformat(timespec="milliseconds"))
    _add(root, "result", result)
    overview = ET.SubElement(root, "overview")
    _add(overview, "profileID", ", ".join(f"{used.name}/{used.major} {used.version}" for used in report.profiles))
    _add(overview, "validationServiceName", "govai")
    _add(overview, "validationServiceVersion", report.govai_version)
    _add(overview, "note", " ".join([*answer(report, words), *([report.ended] if report.ended else [])]))
    counters = ET.SubElement(root, "counters")
    for name, severity in (("nrOfAssertions", "info"), ("nrOfErrors", "error"), ("nrOfWarnings", "warning")):
        _add(counters, name, str(sum(each == severity for each, _ in items)))
    _context(root, report)
    if items:
        reports = ET.SubElement(root, "reports")
        for severity, verdict in items:
            _item(ET.SubElement(reports, severity, {"xsi:type": "BAR"}), verdict, report, words)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _severity(verdict: Verdict, report: Report) -> str:
    if verdict.verdict == "failed" and report.decides(verdict):
        return "error"
    if verdict.verdict in ("failed", "warning", "needs-review", "harness-error") or (
        verdict.verdict == "not-tested" and report.decides(verdict)
    ):
        return "warning"
    return "info"


def _context(root: ET.Element, report: Report) -> None:
    context = ET.SubElement(root, "context", {"type": "map"})
    facts = {
        "participant": report.participant.name,
        "url": report.participant.url,
        "country": report.participant.country,
        "side": report.participant.side,
        "outcome": report.outcome,
        "class_reached": report.class_reached or "none",
        "decided_by": report.decided_by,
        "as_of": report.as_of.isoformat(),
        "seed": str(report.seed),
        "requests": str(report.requests),
        **{f"digest:{used.name}/{used.major}": used.digest for used in report.profiles},
    }
    for name, value in facts.items():
        if value:
            item = ET.SubElement(context, "core:item", {"name": _text(name), "embeddingMethod": "STRING", "type": "string"})
            _add(item, "core:value", value)


def _item(item: ET.Element, verdict: Verdict, report: Report, words: Words) -> None:
    finding = verdict.findings[0] if verdict.findings else None
    reason = finding.message if finding else binds_later(verdict, words) or verdict.cause
    told = words.sentence(verdict.statement)
    _add(item, "assertionID", verdict.requirement)
    _add(item, "description", f"{words.name('verdict', verdict.verdict)}: {told}" + (f" {reason}" if reason else ""))
    if finding:
        where = [each for each in (operation_of(finding, report), finding.pointer) if each]
        _add(item, "location", " ".join(where))
    _add(item, "test", f"{verdict.profile} ({words.name('level', verdict.level)}, {words.name('class_named', verdict.class_)})")
    _add(item, "type", verdict.verdict)
    if finding and finding.got:
        _add(item, "value", finding.got)


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _text(text)


def _text(text: str) -> str:
    return shortened(one_line(text), LONGEST)
