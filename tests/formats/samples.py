"""Reports made by hand: one of each kind that a format has to tell."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from harness.profile import Basis, ConformanceClass, Translated
from harness.report import (
    FORMAT,
    Evidence,
    Finding,
    LimitsSet,
    Outcome,
    ParticipantShown,
    ProfileUsed,
    Report,
    Said,
    TimeTaken,
    Verdict,
    VerdictName,
)
from harness.verdict import class_reached, classes, outcome

HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(1)>'\"& \u202e\x1b[31m\x00\x85\uffff"
    "`|*_#1 @everyone ]]> [red]x[/red] www.evil.example"
)
"""What a participant could write to break out of a report: markup, escapes of a terminal, a reading direction, mentions, ends of sections."""

STARTED = datetime.datetime(2026, 11, 24, 12, 30, 5, tzinfo=datetime.UTC)
CURL = "curl -i -X POST -H 'Content-Type: application/json' --data-binary '{\"name\": \"Ona\"}' https://assistant.example.lt/greet"


def sentence(en: str) -> Translated:
    return Translated(en, f"{en} (po polsku)", f"{en} (lietuviškai)")


def verdict(id: str, name: VerdictName, class_: ConformanceClass = "government", **others: Any) -> Verdict:
    findings = [Finding("the name is missing", "/text", "x.1", "Ona", "Dear you!")] if name in ("failed", "warning", "needs-review") else []
    given: dict[str, Any] = {
        "profile": "greeting/1",
        "cause": None,
        "findings": findings,
        "violations": len(findings),
        "level": "MUST",
        "side": "provider",
        "layer": "semantic",
        "statement": sentence(f"A greeting MUST be polite ({id})."),
        "basis": [Basis("RFC 9457", "3", "https://www.rfc-editor.org/rfc/rfc9457.html#section-3")],
        "remedy": sentence("Be polite."),
        "exercised": 3,
        **others,
    }
    return Verdict(requirement=id, verdict=name, class_=class_, **given)


def evidence(id: str = "x.1", **others: Any) -> Evidence:
    given: dict[str, Any] = {
        "method": "POST",
        "url": "https://assistant.example.lt/greet",
        "request_headers": [("Content-Type", "application/json")],
        "request_body": '{"name": "Ona"}',
        "request_bytes": 15,
        "curl": CURL,
        "started": STARTED,
        "duration_s": 0.0123,
        "status": 200,
        "response_headers": [("Content-Type", "application/json")],
        "response_body": '{"text": "Dear you!"}',
        "response_bytes": 21,
        "operation": "greet",
        "vector": "greeting.ona",
        **others,
    }
    return Evidence(id=id, **given)


def report(*verdicts: Verdict, **others: Any) -> Report:
    """A report of these verdicts, its classes and its outcome as the engine draws them."""
    results = classes(verdicts)
    decided_by: ConformanceClass = others.get("decided_by", "government")
    stopped: Outcome | None = others.get("outcome")
    given: dict[str, Any] = {
        "format": FORMAT,
        "govai_version": "0.1.0",
        "participant": ParticipantShown("Greeter of the Ministry", "https://assistant.example.lt", "lt", "provider"),
        "profiles": [ProfileUsed("greeting", 1, "1.0.0", "Greeting", "sha256:0123", 4)],
        "started": STARTED,
        "duration_s": 1.234,
        "requests": 12,
        "seed": 1,
        "as_of": STARTED.date(),
        "decided_by": decided_by,
        "class_reached": class_reached(results),
        "classes": results,
        "outcome": stopped or outcome(verdicts, decided_by, unreachable=False),
        "ended": None,
        "notes": [],
        "binding": {"name": "Ona"},
        "verdicts": list(verdicts),
        "exchanges": {"x.1": evidence()},
        "software": {"python": "3.11.9", "httpx": "0.28.1"},
        "limits": LimitsSet(30.0, 5.0, 60.0, 16_777_216, 8, None, 2.5),
        "timing": [TimeTaken("greeting/1", "greet", 12, 0.0123, 1.234)],
        "translations": {"Greeting": Said("Powitanie", "Pasisveikinimas")},
        **others,
    }
    return Report(**given)


def fine() -> Report:
    return report(verdict("GREE-A-001", "passed", "base"), verdict("GREE-A-002", "passed"), verdict("GREE-A-003", "passed", "high-risk"))


def faulty() -> Report:
    """Every verdict there is, the good ones first."""
    return report(
        verdict("GREE-A-001", "passed", "base"),
        verdict("GREE-A-002", "passed-with-adapter", cause="through uapi"),
        verdict("GREE-A-003", "not-applicable", cause="the service card declares no streaming"),
        verdict("GREE-A-004", "warning", level="SHOULD"),
        verdict("GREE-A-005", "warning", "high-risk", applies_from=datetime.date(2027, 12, 2), cause="the duty binds from 2027-12-02"),
        verdict("GREE-A-006", "needs-review", cause="11 of 20 friendly greetings"),
        verdict("GREE-A-007", "not-tested", cause="the request budget was spent"),
        verdict("GREE-A-008", "not-tested", "high-risk", decidable=False, cause="sincerity is not visible in traffic"),
        verdict("GREE-A-009", "harness-error", cause="check crashed"),
        verdict("GREE-A-010", "failed", violations=6),
        verdict("GREE-A-011", "failed", "base"),
        notes=["harness error: check crashed"],
        translations={
            "the name is missing": Said("brakuje imienia", "trūksta vardo"),
            "the request budget was spent": Said("wyczerpano limit żądań", "išnaudota užklausų riba"),
        },
    )


def incomplete() -> Report:
    return report(verdict("GREE-A-001", "passed", "base"), verdict("GREE-A-002", "not-tested", cause="no credential was given"))


def beyond() -> Report:
    """Conformant in the class that decides, with a violation above it."""
    return report(verdict("GREE-A-001", "passed", "base"), verdict("GREE-A-002", "failed", "high-risk"))


def crashed() -> Report:
    return report(verdict("GREE-A-001", "passed", "base"), verdict("GREE-A-002", "harness-error", level="SHOULD", cause="a check crashed"))


def unreachable() -> Report:
    """Nothing was measured at all."""
    return report(outcome="unreachable", ended="https://assistant.example.lt cannot be reached.", exchanges={}, binding={}, requests=1)


def hostile() -> Report:
    """Everything that others can write into a report, written by someone who means harm."""
    findings = [Finding(HOSTILE, HOSTILE, "x.1", HOSTILE * 300, HOSTILE)]
    given = {"cause": HOSTILE, "findings": findings, "basis": [Basis(HOSTILE, "1", "javascript:alert(1)")]}
    headers = [(HOSTILE, HOSTILE)]
    return report(
        verdict("GREE-A-001", "failed", **given),
        verdict("GREE-A-002", "not-tested", cause=HOSTILE),
        verdict("GREE-A-003", "passed-with-adapter", cause=HOSTILE),
        participant=ParticipantShown(HOSTILE, HOSTILE, "zz", "provider", [HOSTILE], HOSTILE),
        profiles=[ProfileUsed("greeting", 1, HOSTILE, HOSTILE, HOSTILE, 4)],
        ended=HOSTILE,
        notes=[HOSTILE],
        binding={HOSTILE: HOSTILE},
        software={HOSTILE: HOSTILE},
        timing=[TimeTaken(HOSTILE, HOSTILE, 1, 0.1, 0.2)],
        exchanges={
            "x.1": evidence(
                url=HOSTILE,
                curl=f"curl {HOSTILE} {'x' * 16_000}",
                request_headers=headers,
                request_body=HOSTILE,
                response_headers=headers,
                response_body=HOSTILE,
                fault=HOSTILE,
            )
        },
    )


def hundreds() -> Report:
    exchanges = {f"x.{number}": evidence(f"x.{number}", response_body="Dear you! " * 300) for number in range(400)}
    findings = {number: [Finding("the name is missing", "/text", f"x.{number}", "Ona", "Dear you!")] for number in range(400)}
    return report(
        *(verdict(f"GREE-A-{number:03}", "failed", findings=findings[number], violations=5) for number in range(400)), exchanges=exchanges
    )


SAMPLES: Mapping[str, Callable[[], Report]] = {
    each.__name__: each for each in (fine, faulty, incomplete, beyond, crashed, unreachable, hostile, hundreds)
}


def with_unknown_members(content: bytes) -> Any:
    """A report as a later version may write it: with members in every object that this version knows nothing of."""

    def grown(value: Any, *, free: bool = False) -> Any:
        if isinstance(value, list):
            return [grown(each) for each in value]
        if not isinstance(value, dict):
            return value
        members = {
            name: grown(each, free=name in ("classes", "binding", "exchanges", "software", "translations")) for name, each in value.items()
        }
        return members if free else {**members, "added-later": {"any": ["thing"]}}

    return grown(msgspec.json.decode(content))
