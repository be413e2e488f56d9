"""SARIF 2.1.0, for code scanning (GitHub) and viewers of it: a rule for each requirement, a result for what is not met or not known to be.

A running service has no source line, and GitHub shows nothing without a file: a result names the one that its requirement stands in, and the
operations as logical locations. It stays the same alert as long as the requirement is not met.
"""

from __future__ import annotations

import datetime
import hashlib
from typing import Any
from urllib.parse import quote

import msgspec

from harness.formats import markdown
from harness.formats.answer import answer, binds_later, known_by, operation_of, told
from harness.formats.inert import linkable, one_line, shortened, visible
from harness.formats.wording import Words
from harness.report import ParticipantShown, Report, Verdict

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LONGEST = 1_000
"""Characters of a text; GitHub takes 1,024 of a description."""
KINDS = {"failed": "fail", "warning": "fail", "needs-review": "review", "not-tested": "open"}
"""Verdict -> kind of result. What is in none of these has none: GitHub shows every result as an alert."""
SEVERITY = {"MUST": ("error", "error"), "SHOULD": ("warning", "warning"), "MAY": ("note", "recommendation")}
"""Level of a requirement -> level of the rule, and GitHub's name for it."""


def render(report: Report, language: str = "en") -> bytes:
    """The report as a SARIF log of one run."""
    words = Words(language)
    report = told(report, words.language)
    places = {verdict.requirement: place for place, verdict in enumerate(report.verdicts)}
    shown = [each for each in report.verdicts if each.verdict in ("failed", "warning") or (each.verdict in KINDS and report.decides(each))]
    driver = {
        "name": "govai",
        "version": report.govai_version,
        "language": language,
        "rules": [_rule(verdict, words) for verdict in report.verdicts],
    }
    run = {
        "tool": {"driver": driver},
        "language": language,
        "automationDetails": {"id": _category(report)},
        "invocations": [_invocation(report, words, places)],
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(verdict, report, words, places[verdict.requirement]) | _suppressions(verdict, report, words) for verdict in shown
        ],
        "properties": _facts(report),
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(log), indent=2) + b"\n"


def _rule(verdict: Verdict, words: Words) -> dict[str, Any]:
    statement, (level, severity) = words.sentence(verdict.statement), SEVERITY[verdict.level]
    kind = f"{words.name('level', verdict.level)}, {words.name('class_named', verdict.class_)}"
    remedy = [(words.say("label.remedy"), words.sentence(verdict.remedy))] if verdict.remedy else []
    basis = [(words.say("label.basis"), each) for each in verdict.basis]
    links = [each.url for each in verdict.basis if linkable(each.url)]
    plain = [statement, kind, *(f"{label}: {text}" for label, text in remedy)]
    plain += [f"{label}: {words.cited(each)}" + (f" <{each.url}>" if each.url else "") for label, each in basis]
    marked = [markdown.escape(statement), markdown.escape(kind), *(f"**{label}:** {markdown.escape(text)}" for label, text in remedy)]
    marked += [f"**{label}:** {markdown.basis_link(each, words)}" for label, each in basis]
    return {
        "id": one_line(verdict.requirement),
        "shortDescription": {"text": _text(statement)},
        "fullDescription": {"text": _text(statement)},
        "help": {"text": "\n".join(_text(each) for each in plain), "markdown": _literal("\n\n".join(marked))},
        **({"helpUri": links[0]} if links else {}),
        "defaultConfiguration": {"level": level},
        "properties": {
            "tags": [one_line(each) for each in (verdict.profile, verdict.level, verdict.class_, verdict.layer)],
            "precision": "very-high",
            "problem.severity": severity,
        },
    }


def _result(verdict: Verdict, report: Report, words: Words, place: int) -> dict[str, Any]:
    kind, findings = KINDS[verdict.verdict], verdict.findings
    operations = sorted({operation for each in findings if (operation := operation_of(each, report))})
    named = [{"name": one_line(each), "kind": "operation"} for each in operations] or [
        {"name": one_line(verdict.profile), "kind": "profile"}
    ]
    return {
        "ruleId": one_line(verdict.requirement),
        "ruleIndex": place,
        "kind": kind,
        "level": ("error" if verdict.verdict == "failed" else "warning") if kind == "fail" else "none",
        "message": {"text": _message(verdict, words)},
        "locations": [{"physicalLocation": _physical(verdict.profile), "logicalLocations": named}],
        "partialFingerprints": {"primaryLocationLineHash": fingerprint(report.participant, verdict.requirement)},
        "properties": {
            "verdict": verdict.verdict,
            "violations": verdict.violations,
            "decides": report.decides(verdict),
            "curl": [visible(report.exchanges[each.exchange].curl) for each in findings if each.exchange in report.exchanges],
        },
    }


def _suppressions(verdict: Verdict, report: Report, words: Words) -> dict[str, Any]:
    """A result that is known is suppressed (section 3.35), with the reason. GitHub passes over that and keeps the alert open."""
    known = known_by(verdict, report, words)
    return {"suppressions": [{"kind": "external", "status": "accepted", "justification": one_line(known)}]} if known else {}


def _message(verdict: Verdict, words: Words) -> str:
    findings, reason = verdict.findings, binds_later(verdict, words) or verdict.cause
    said = [findings[0].message] if findings else []
    lines = [f"{words.name('verdict', verdict.verdict)}: {_text(' – '.join([*said, *([reason] if reason else [])]) or verdict.level)}"]
    if findings:
        shown = (("expected", findings[0].expected), ("got", findings[0].got), ("where", findings[0].pointer))
        lines += [f"{words.say(f'label.{label}')}: {_text(text)}" for label, text in shown if text]
    return "\n".join([*lines, *(_text(each.message) for each in findings[1:])])


def _physical(profile: str) -> dict[str, Any]:
    region = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2}
    return {"artifactLocation": {"uri": requirements_file(profile)}, "region": region}


def requirements_file(profile: str) -> str:
    """The file that a profile's requirements stand in, in govai's own repository."""
    return f"specs/{quote(profile)}/requirements.yaml"


def fingerprint(participant: ParticipantShown, requirement: str) -> str:
    """The same for the same problem of the same participant in every run."""
    return hashlib.sha256("\0".join((participant.side, participant.name, requirement)).encode()).hexdigest()[:32]


def _category(report: Report) -> str:
    """What keeps the results of several participants apart: GitHub takes all before the last slash."""
    profiles = "+".join(f"{used.name}-{used.major}" for used in report.profiles if used.name != "core") or "core-1"
    return f"govai/{quote(shortened(one_line(report.participant.name), 100), safe='')}/{report.participant.side}/{quote(profiles)}/"


def _invocation(report: Report, words: Words, places: dict[str, int]) -> dict[str, Any]:
    crashed = [each for each in report.verdicts if each.verdict == "harness-error"]
    notifications: list[dict[str, Any]] = [{"level": "warning", "message": {"text": _text(report.ended)}}] if report.ended else []
    notifications += [{"level": "note", "message": {"text": _text(note)}} for note in report.notes]
    for each in crashed:
        rule = {"id": one_line(each.requirement), "index": places[each.requirement]}
        told = each.cause or words.name("verdict", each.verdict)
        notifications.append({"level": "error", "message": {"text": _text(told)}, "associatedRule": rule})
    return {
        "executionSuccessful": report.outcome not in ("harness-error", "unreachable"),
        "exitCode": report.exit_code,
        "exitCodeDescription": words.name("outcome", report.outcome),
        "startTimeUtc": _utc(report.started),
        "endTimeUtc": _utc(report.started + datetime.timedelta(seconds=report.duration_s)),
        "toolExecutionNotifications": notifications,
        "properties": {"answer": one_line(" ".join(answer(report, words)))},
    }


def _facts(report: Report) -> dict[str, Any]:
    participant = report.participant
    return {
        "participant": one_line(participant.name),
        "url": one_line(participant.url or ""),
        "country": one_line(participant.country or ""),
        "side": participant.side,
        "outcome": report.outcome,
        "classReached": report.class_reached or "none",
        "decidedBy": report.decided_by,
        "asOf": report.as_of,
        "seed": report.seed,
        "requests": report.requests,
        "profiles": [one_line(f"{used.name}/{used.major} {used.version} {used.digest}") for used in report.profiles],
    }


def _utc(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _text(text: str) -> str:
    """``text`` as part of a message in which nothing becomes a link (section 3.11.6)."""
    return _literal(shortened(one_line(text), LONGEST).replace("](", "] ("))


def _literal(text: str) -> str:
    """``text`` without placeholders (section 3.11.5)."""
    return text.replace("{", "{{").replace("}", "}}")
