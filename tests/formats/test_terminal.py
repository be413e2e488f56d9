"""The summary on a terminal, and on terminals that can do less."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from harness.errors import UsageError
from harness.formats.terminal import summary
from harness.profile import LANGUAGES
from harness.report import Report
from tests.formats.samples import CURL, HOSTILE, SAMPLES, beyond, faulty, fine, hostile, hundreds


def shown(report: Report, language: str = "en", width: int = 80, encoding: str = "utf-8", **console: object) -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    summary(report, Console(file=file, width=width, highlight=False, **console), language)  # type: ignore[arg-type]
    file.flush()
    return "\n".join(line.rstrip() for line in raw.getvalue().decode(encoding).splitlines())


def test_the_answer_leads() -> None:
    assert shown(faulty()).splitlines()[:8] == [
        "✗ Not conformant. Reaches no class yet. One requirement is still to be met for",
        "class base: GREE-A-011.",
        "Notes: harness error: check crashed",
        "",
        "  base        ✗ Not reached  Not met 1",
        "  government  ✗ Not reached  Not met 2, Undecided 3 (decides the outcome)",
        "  high-risk   ✗ Not reached  Not met 3, Undecided 3",
        "",
    ]


def test_a_finding_says_what_was_asked_for_what_came_and_what_to_do() -> None:
    assert shown(beyond()).split("\n\n")[2:] == [
        "\n".join(
            [
                "✗ GREE-A-002  Failed (MUST, Class: high-risk)",
                "  A greeting MUST be polite (GREE-A-002).",
                "  the name is missing",
                "    Expected    Ona",
                "    Got         Dear you!",
                "    Where       /text",
                CURL,
                "    Basis       RFC 9457, 3",
                "    What to do  Be polite.",
            ]
        ),
        "Greeter of the Ministry: Passed 1, Failed 1; 12 requests, 1.2 seconds",
    ]


def test_worst_comes_first_and_what_was_not_tested_before_mere_warnings() -> None:
    heads = re.findall(r"^([✗⚠?!]) (GREE-A-\d+)|^(Not tested)", shown(faulty()), re.MULTILINE)
    assert [" ".join(filter(None, each)) for each in heads] == [
        "✗ GREE-A-011",
        "✗ GREE-A-010",
        "⚠ GREE-A-009",
        "Not tested",
        "? GREE-A-006",
        "! GREE-A-004",
        "! GREE-A-005",
    ]


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_curl_line_can_be_copied_whole_at_any_width(width: int) -> None:
    assert CURL in shown(faulty(), width=width).splitlines()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["fine", "faulty", "unreachable", "incomplete", "crashed"])
def test_nothing_but_the_curl_line_is_wider_than_the_terminal(name: str, language: str) -> None:
    assert [line for line in shown(SAMPLES[name](), language).splitlines() if len(line) > 80 and not line.startswith("curl ")] == []


def test_colours_only_where_they_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[1;31m" in shown(faulty(), force_terminal=True)
    assert "\x1b" not in shown(faulty()), "no terminal, no colours"
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[\d;]*3\dm", shown(faulty(), force_terminal=True)), "https://no-color.org"


@pytest.mark.parametrize(
    ("language", "encoding", "said"),
    [
        ("en", "ascii", "x Not conformant."),
        ("pl", "ascii", "Nie osiaga jeszcze zadnej klasy."),
        ("pl", "cp1250", "Nie osiąga jeszcze żadnej klasy."),
        ("lt", "cp1257", "Iki bazinės klasės liko neįvykdytas 1 reikalavimas"),
        ("lt", "ascii", "Iki bazines klases liko neivykdytas 1 reikalavimas"),
    ],
)
def test_a_terminal_without_the_letters_shows_the_nearest(language: str, encoding: str, said: str) -> None:
    assert said in shown(faulty(), language, width=200, encoding=encoding)


def test_what_participants_wrote_steers_no_terminal() -> None:
    text = shown(hostile(), force_terminal=True, color_system=None)
    assert not [char for char in "\u202e\x1b\x00\x85\uffff" if char in text]
    assert "\\u202e\\x1b[31m\\x00\\x85" in text
    assert "[red]x[/red]" in text, "rich reads no markup in it"
    assert HOSTILE[:9] in text


def test_a_long_text_is_cut() -> None:
    longest = max(len(line) for line in shown(hostile(), width=10_000).splitlines() if not line.startswith("curl"))
    assert longest < 2_000


def test_nothing_found_is_short() -> None:
    assert len(shown(fine()).splitlines()) <= 8
    assert shown(fine()).startswith("✓ Conformant. Reaches class high-risk, the highest there is.")


def test_hundreds_of_findings_are_all_shown() -> None:
    assert len(re.findall(r"^✗ GREE-A-", shown(hundreds()), re.MULTILINE)) == 400


def test_a_language_without_wording_is_refused() -> None:
    with pytest.raises(UsageError, match=r"There is no wording in de\. Languages: en, pl, lt\."):
        shown(fine(), "de")
