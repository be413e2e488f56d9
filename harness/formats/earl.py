"""EARL 1.0 (W3C), as JSON-LD whose context stands in the document: an assertion for each requirement, to be merged with other people's.

Verdicts are finer than EARL's five outcomes, so that each result also names ours (``urn:govai:``). What participants wrote stands in literals alone,
never as a name or an address.
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import quote

import msgspec

from harness.formats.answer import operation_of
from harness.formats.inert import linkable, visible
from harness.profile import LANGUAGES, Basis, Translated
from harness.report import Finding, Report, Verdict, VerdictName

OUTCOMES: dict[VerdictName, str] = {
    "passed": "passed",
    "passed-with-adapter": "passed",
    "failed": "failed",
    "warning": "failed",
    "needs-review": "cantTell",
    "not-applicable": "inapplicable",
    "not-tested": "untested",
    "harness-error": "cantTell",
}
_CONTEXT: dict[str, Any] = {
    "earl": "http://www.w3.org/ns/earl#",
    "dct": "http://purl.org/dc/terms/",
    "doap": "http://usefulinc.com/ns/doap#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "govai": "urn:govai:",
    "assertedBy": {"@id": "earl:assertedBy", "@type": "@id"},
    "subject": {"@id": "earl:subject", "@type": "@id"},
    "test": {"@id": "earl:test", "@type": "@id"},
    "mode": {"@id": "earl:mode", "@type": "@id"},
    "result": "earl:result",
    "outcome": {"@id": "earl:outcome", "@type": "@id"},
    "info": "earl:info",
    "title": "dct:title",
    "description": {"@id": "dct:description", "@container": "@language"},
    "date": {"@id": "dct:date", "@type": "xsd:dateTime"},
    "isPartOf": {"@id": "dct:isPartOf", "@type": "@id"},
    "source": "dct:source",
    "seeAlso": {"@id": "rdfs:seeAlso", "@type": "@id"},
    "identifier": "dct:identifier",
    "release": "doap:revision",
    **{name: f"govai:{name}" for name in ("verdict", "level", "class", "layer", "side", "country", "operation", "digest")},
    "exercised": {"@id": "govai:exercised", "@type": "xsd:integer"},
    "violations": {"@id": "govai:violations", "@type": "xsd:integer"},
    "classReached": "govai:classReached",
    "runOutcome": "govai:runOutcome",
}


def render(report: Report, language: str = "en") -> bytes:
    """The report as one JSON-LD document, the same in every language: statements stand in all of them."""
    subject = f"urn:govai:participant:{_digest(report.participant.side, report.participant.name, report.participant.url or '')}"
    assertor = f"urn:govai:version:{quote(report.govai_version, safe='')}"
    run = f"urn:govai:run:{_digest(subject, report.started.isoformat(), str(report.seed))}"
    graph = [
        _subject(report, subject),
        {"@id": assertor, "@type": ["earl:Assertor", "earl:Software"], "title": "govai", "release": visible(report.govai_version)},
        _run(report, run),
        *(_criterion(verdict) for verdict in report.verdicts),
        *(_assertion(verdict, report, run, subject, assertor) for verdict in report.verdicts),
    ]
    document = {"@context": _CONTEXT, "@graph": graph}
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _subject(report: Report, subject: str) -> dict[str, Any]:
    participant = report.participant
    told = {"title": participant.name, "identifier": participant.url, "country": participant.country, "side": participant.side}
    return {"@id": subject, "@type": "earl:TestSubject", **{name: visible(value) for name, value in told.items() if value}}


def _run(report: Report, run: str) -> dict[str, Any]:
    return {
        "@id": run,
        "@type": "govai:Run",
        "date": report.started.isoformat(),
        "runOutcome": report.outcome,
        "classReached": report.class_reached or "none",
        "digest": [visible(f"{used.name}/{used.major} {used.version} {used.digest}") for used in report.profiles],
    }


def _criterion(verdict: Verdict) -> dict[str, Any]:
    criterion: dict[str, Any] = {
        "@id": _named(verdict),
        "@type": "earl:TestRequirement",
        "title": visible(verdict.requirement),
        "description": _in_languages(verdict.statement),
        "level": verdict.level,
        "class": verdict.class_,
        "layer": visible(verdict.layer),
        "side": verdict.side,
        "isPartOf": f"urn:govai:profile:{quote(verdict.profile, safe='/')}",
    }
    return {**criterion, **_sources(verdict.basis)}


def _sources(basis: list[Basis]) -> dict[str, Any]:
    return {"source": [visible(str(each)) for each in basis], "seeAlso": [each.url for each in basis if linkable(each.url)]}


def _assertion(verdict: Verdict, report: Report, run: str, subject: str, assertor: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "@type": "earl:TestResult",
        "outcome": f"earl:{OUTCOMES[verdict.verdict]}",
        "date": report.started.isoformat(),
        "verdict": verdict.verdict,
        "exercised": verdict.exercised,
        "violations": verdict.violations,
    }
    info = [*([verdict.cause] if verdict.cause else []), *(_info(each) for each in verdict.findings)]
    operations = sorted({operation for each in verdict.findings if (operation := operation_of(each, report))})
    return {
        "@id": f"{run}:{quote(verdict.requirement, safe='')}",
        "@type": "earl:Assertion",
        "assertedBy": assertor,
        "subject": subject,
        "test": _named(verdict),
        "mode": "earl:automatic",
        "isPartOf": run,
        "result": result
        | ({"info": [visible(each) for each in info]} if info else {})
        | ({"operation": [visible(each) for each in operations]} if operations else {}),
    }


def _info(finding: Finding) -> str:
    shown = (("expected", finding.expected), ("got", finding.got), ("where", finding.pointer))
    return "; ".join([finding.message, *(f"{label}: {text}" for label, text in shown if text)])


def _in_languages(text: Translated) -> dict[str, str]:
    return {language: visible(text.in_language(language)) for language in LANGUAGES}


def _named(verdict: Verdict) -> str:
    return f"urn:govai:requirement:{quote(verdict.requirement, safe='')}"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
