"""Code Quality of GitLab: the part of Code Climate's form that it reads (its codeclimate.json), an entry for each requirement that is not met
or not known to be.

GitLab compares the entries of a merge request with those of its target by their fingerprints, and calls one that is missing resolved. So a
run that does not end with 0 has an entry of its own, which stays where nothing could be measured.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from harness.formats.answer import answer, binds_later, breaks, known_by, told
from harness.formats.inert import one_line, shortened
from harness.formats.sarif import fingerprint, requirements_file
from harness.formats.wording import Words
from harness.report import Report, Verdict

LONGEST = 1_000
"""Characters of a description."""
Severity = Literal["info", "minor", "major", "critical", "blocker"]


def render(report: Report, language: str = "en") -> bytes:
    """The report as a list of entries."""
    words = Words(language)
    report = told(report, words.language)
    entries = [_of(each, severity, report, words) for each in report.verdicts if (severity := _severity(each, report))]
    if report.exit_code:
        said = [*answer(report, words), *([report.ended] if report.ended else [])]
        entries.insert(0, _entry("govai", f"{words.name('outcome', report.outcome)}. {' '.join(said)}", "blocker", "govai.toml", report))
    return msgspec.json.format(msgspec.json.encode(entries), indent=2) + b"\n"


def _severity(verdict: Verdict, report: Report) -> Severity | None:
    if verdict.verdict in ("passed", "passed-with-adapter", "not-applicable"):
        return None
    if breaks(verdict, report):
        return "critical" if verdict.verdict == "failed" else "major"
    if report.is_known(verdict):
        return "info"
    return "minor" if verdict.verdict in ("failed", "warning") else None


def _of(verdict: Verdict, severity: Severity, report: Report, words: Words) -> dict[str, Any]:
    found = verdict.findings[0].message if verdict.findings else None
    parts = [found, binds_later(verdict, words) or verdict.cause, known_by(verdict, report, words), words.sentence(verdict.statement)]
    text = f"{words.name('verdict', verdict.verdict)}: {' – '.join(each for each in parts if each)}"
    return _entry(verdict.requirement, text, severity, requirements_file(verdict.profile), report)


def _entry(name: str, text: str, severity: Severity, path: str, report: Report) -> dict[str, Any]:
    return {
        "description": shortened(one_line(f"{report.participant.name}, {name} – {text}"), LONGEST),
        "check_name": one_line(name),
        "fingerprint": fingerprint(report.participant, name),
        "severity": severity,
        "location": {"path": path, "lines": {"begin": 1}},
    }
