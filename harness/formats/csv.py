"""CSV for spreadsheets, a row for each verdict (RFC 4180).

It begins with a byte order mark: without one, Excel reads the letters of Polish and Lithuanian as something else. Programs read ``json``; those that
read this one have to know (``encoding="utf-8-sig"``). A cell that a spreadsheet would take for a formula begins with an apostrophe.
"""

from __future__ import annotations

import csv
import io

from harness.formats.answer import binds_later, operation_of, told
from harness.formats.inert import one_line, shortened
from harness.formats.wording import Words
from harness.report import Report, Verdict

LONGEST = 2_000
"""Characters of a cell; Excel takes 32,767."""
STARTS_A_FORMULA = "=+-@＝＋－＠"
"""Section "CSV injection" of OWASP's list; tab and line ends do not come this far."""


def render(report: Report, language: str = "en") -> bytes:
    """The report as a table. Names of columns and values are those of ``report.json``; sentences are in the language."""
    text, words = io.StringIO(), Words(language)
    rows = [_row(verdict, report, words) for verdict in told(report, words.language).verdicts]
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(COLUMNS)
    table.writerows([[_cell(value) for value in row] for row in rows])
    return text.getvalue().encode("utf-8-sig")


COLUMNS = (
    *(
        "participant",
        "country",
        "side",
        "started",
        "profile",
        "requirement",
        "verdict",
        "level",
        "class",
        "layer",
        "decides",
        "applies_from",
    ),
    *("exercised", "violations", "cause", "operation", "finding", "expected", "got", "pointer", "statement", "remedy", "basis", "url"),
)


def _row(verdict: Verdict, report: Report, words: Words) -> list[str | int | None]:
    finding = verdict.findings[0] if verdict.findings else None
    return [
        report.participant.name,
        report.participant.country,
        report.participant.side,
        report.started.isoformat(timespec="seconds"),
        verdict.profile,
        verdict.requirement,
        verdict.verdict,
        verdict.level,
        verdict.class_,
        verdict.layer,
        "yes" if report.decides(verdict) else "no",
        verdict.applies_from.isoformat() if verdict.applies_from else None,
        verdict.exercised,
        verdict.violations,
        binds_later(verdict, words) or verdict.cause,
        *((operation_of(finding, report), finding.message, finding.expected, finding.got, finding.pointer) if finding else [None] * 5),
        words.sentence(verdict.statement),
        words.sentence(verdict.remedy) if verdict.remedy else None,
        "; ".join(words.cited(each) for each in verdict.basis),
        " ".join(each.url for each in verdict.basis if each.url),
    ]


def _cell(value: str | int | None) -> str | int:
    if value is None or isinstance(value, int):
        return "" if value is None else value
    text = shortened(one_line(value), LONGEST)
    return f"'{text}" if text.startswith(tuple(STARTS_A_FORMULA)) else text
