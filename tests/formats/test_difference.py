"""A difference, for a terminal and for a pull request."""

from __future__ import annotations

import io
import re
import unicodedata

import msgspec
import pytest
from rich.console import Console

from harness.difference import difference
from harness.formats.difference import summary, to_markdown
from harness.profile import LANGUAGES
from harness.report import Finding, Report
from tests.formats.foreign import REPORTS
from tests.formats.samples import faulty, fine, hostile, hundreds, report, verdict


def shown(old: Report, new: Report, language: str = "en") -> str:
    file = io.StringIO()
    summary(difference(old, new), Console(file=file, width=100, highlight=False), language)
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


OLD = report(
    verdict("GREE-A-001", "passed", "base"),
    verdict("GREE-A-002", "passed"),
    verdict("GREE-A-003", "failed"),
    verdict("GREE-A-004", "failed"),
)
NEW = report(
    verdict("GREE-A-001", "failed", "base"),
    verdict("GREE-A-002", "not-tested", cause="the request budget was spent"),
    verdict("GREE-A-003", "passed"),
    verdict("GREE-A-004", "failed", findings=[Finding("the name is missing"), Finding("the tea is cold")]),
    translations=faulty().translations,
)


def test_the_regressions_lead_and_the_rest_follows_worst_first() -> None:
    assert shown(OLD, NEW).splitlines() == [
        "✗ 3 regressions: GREE-A-001, GREE-A-002 and GREE-A-004.",
        "  Greeter of the Ministry: 24 November 2026, 12:30:05 UTC → 24 November 2026, 12:30:05 UTC",
        "  Outcome: Not conformant → Not conformant",
        "  Class: base → none",
        "",
        "Worse",
        "  ✗ GREE-A-001 Passed → Failed (decides the outcome)",
        "    A greeting MUST be polite (GREE-A-001).",
        "    the name is missing",
        "",
        "Not tested or not decided this time",
        "  ○ Passed → Not tested (decides the outcome): GREE-A-002",
        "    the request budget was spent",
        "",
        "Still not met, with other findings",
        "  ✗ GREE-A-004 Failed (decides the outcome)",
        "    A greeting MUST be polite (GREE-A-004).",
        "    New finding: the tea is cold",
        "",
        "Better",
        "  ✓ Failed → Passed (decides the outcome): GREE-A-003",
        "",
        "As before: 0",
    ]


def test_it_is_said_in_all_languages() -> None:
    assert len({shown(OLD, NEW, language) for language in LANGUAGES}) == 3
    assert "išnaudota užklausų riba" in shown(OLD, NEW, "lt")
    assert "brakuje imienia" in to_markdown(difference(OLD, NEW), "pl").decode()


def test_nothing_changed_is_short() -> None:
    assert shown(fine(), fine()).splitlines()[0] == "✓ No regression."
    assert shown(fine(), fine()).splitlines()[-1] == "As before: 3"
    assert len(shown(fine(), fine()).splitlines()) == 6


def test_what_is_hard_to_compare_is_said_before() -> None:
    renamed = msgspec.structs.replace(fine(), participant=msgspec.structs.replace(fine().participant, name="Another"))
    assert "  ! The reports are about participants of different names: Greeter of the Ministry and Another." in shown(fine(), renamed)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", REPORTS)
def test_any_two_reports_can_be_compared_and_fit_into_a_comment(name: str, language: str) -> None:
    for old, new in ((fine(), REPORTS[name]()), (REPORTS[name](), fine()), (hundreds(), REPORTS[name]())):
        content = to_markdown(difference(old, new), language)
        assert content == to_markdown(difference(old, new), language)
        assert len(content.decode()) <= 65_536


def test_what_would_be_too_long_is_counted() -> None:
    passed = report(*(verdict(f"GREE-A-{number:03}", "passed") for number in range(400)))
    long = [Finding("x" * 2_000)]
    failed = report(*(verdict(f"GREE-A-{number:03}", "failed", findings=long) for number in range(400)))
    text = to_markdown(difference(passed, failed)).decode()
    assert re.search(r"^- and \d+ more$", text, re.MULTILINE)
    assert len(text) <= 65_536


def test_nothing_steers_or_marks_up() -> None:
    for old, new in ((fine(), hostile()), (hostile(), fine())):
        for text in (shown(old, new), to_markdown(difference(old, new)).decode()):
            assert [char for char in text if unicodedata.category(char) in ("Cc", "Cf") and char not in "\n\u200b"] == []
    text = to_markdown(difference(fine(), hostile())).decode()
    assert "<script" not in text
    assert "<img" not in text
    assert "@everyone" not in text.replace("\u200b", "") or "@&#8203;everyone" in text
