"""CSV as a spreadsheet reads it."""

from __future__ import annotations

import csv
import io

import msgspec
import pytest

from harness.formats import csv as csv_format
from harness.report import Finding, Report
from tests.formats.foreign import REPORTS
from tests.formats.samples import faulty, hostile, report, verdict


def rows(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_format.render(report).decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("name", REPORTS)
def test_there_is_a_row_for_each_verdict_and_a_cell_for_each_column(name: str) -> None:
    content = csv_format.render(REPORTS[name]())
    assert content.startswith(b"\xef\xbb\xbfparticipant,country,")
    table = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    assert {len(row) for row in table} == {len(csv_format.COLUMNS)}
    assert len(table) == 1 + len(REPORTS[name]().verdicts) == content.count(b"\r\n"), "RFC 4180; no cell holds a line break"


def test_a_row_says_what_the_report_says() -> None:
    row = rows(faulty())[9]
    assert (row["requirement"], row["verdict"], row["decides"], row["violations"]) == ("GREE-A-010", "failed", "yes", "6")
    assert (row["operation"], row["finding"], row["expected"], row["got"]) == ("greet", "the name is missing", "Ona", "Dear you!")


FORMULAS = ("=1+1", "+1", "-1+cmd|' /C calc'!A0", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", '=HYPERLINK("https://evil.example")')


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula(text: str) -> None:
    forged = report(verdict("GREE-A-001", "failed", findings=[Finding(text, text, None, text, text)], cause=text))
    forged = msgspec.structs.replace(forged, participant=msgspec.structs.replace(forged.participant, name=text))
    (row,) = rows(forged)
    for column in ("participant", "cause", "finding", "expected", "got", "pointer"):
        assert row[column].startswith(("'", "\\x"))
        assert text.strip() in row[column].replace("\\x0d", "")


def test_figures_stay_figures() -> None:
    assert rows(hostile())[0]["violations"] == "1"
    assert not any(value.startswith(("=", "+", "-", "@")) for row in rows(hostile()) for value in row.values())
