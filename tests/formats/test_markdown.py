"""Markdown as it stands in a pull-request comment."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt  # rich brings it

from harness.formats import markdown
from harness.formats.inert import one_line
from harness.profile import LANGUAGES
from tests.formats.page import Page
from tests.formats.samples import CURL, HOSTILE, SAMPLES, beyond, faulty, fine, hostile, hundreds, unreachable


def lines(text: bytes) -> list[str]:
    return text.decode().splitlines()


def test_a_comment_leads_with_the_answer() -> None:
    undecided = "Undecided: GREE-A-006, GREE-A-007 and GREE-A-009"
    assert lines(markdown.render(faulty()))[:13] == [
        "## ✗ Greeter of the Ministry: Not conformant",
        "",
        "**Reaches no class yet. One requirement is still to be met for class base: GREE-A-011.**",
        "",
        "`https://assistant.example.lt` · greeting/1 1.0.0 · 12 requests · 1.2 seconds · 24 November 2026, 12:30:05 UTC",
        "",
        "> harness error: check crashed",
        "",
        "| Class |  | Requirements |",
        "| --- | --- | --- |",
        "| base | ✗ Not reached | Not met: GREE-A-011 |",
        f"| government (decides the outcome) | ✗ Not reached | Not met: GREE-A-010; 1 of the classes below; {undecided} |",
        "| high-risk | ✗ Not reached | Not met: GREE-A-005; 2 of the classes below; Undecided: 3 of the classes below |",
    ]


def test_findings_stand_worst_first() -> None:
    assert re.findall(r"^#### (\S+ \S+)", markdown.render(faulty()).decode(), re.MULTILINE) == [
        "✗ GREE-A-011",
        "✗ GREE-A-010",
        "⚠ GREE-A-009",
        "? GREE-A-006",
        "! GREE-A-004",
        "! GREE-A-005",
    ]


def test_a_finding_says_what_came_how_to_repeat_it_what_to_do_and_why() -> None:
    text = markdown.render(beyond()).decode()
    finding = text[text.index("#### ") : text.index("<details>")].strip().splitlines()
    assert finding == [
        "#### ✗ GREE-A-002 · Failed · MUST · high-risk",
        "",
        "A greeting MUST be polite (GREE-A-002).",
        "",
        "- the name is missing",
        "  - Expected: `Ona`",
        "  - Got: `Dear you!`",
        "  - Where: `/text`",
        "",
        "```sh",
        CURL,
        "```",
        "",
        "**What to do:** Be polite.",
        "",
        "**Basis:** [RFC 9457, 3](<https://www.rfc-editor.org/rfc/rfc9457.html#section-3>)",
    ]


def test_what_was_not_tested_is_named_with_its_cause() -> None:
    text = markdown.render(faulty()).decode()
    assert "| the request budget was spent | **GREE-A-007** |" in text
    assert "What was not tested never counts as passed." in text


def test_nothing_found_and_nothing_reached_are_told_apart() -> None:
    assert "Nothing was found that breaks a requirement." in markdown.render(fine()).decode()
    text = markdown.render(unreachable()).decode()
    assert text.startswith("## ○ Greeter of the Ministry: Unreachable")
    assert "cannot be reached." in text
    assert "Nothing could be tested." in text, "where nothing was looked at, nothing can be found"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SAMPLES)
def test_a_comment_stays_within_what_github_takes(name: str, language: str) -> None:
    text = markdown.render(SAMPLES[name](), language).decode()  # type: ignore[arg-type]
    assert len(text) < 65_536
    assert text.count("<details>") == text.count("</details>") == 1
    widths = {re.sub(r"\\\|", "", line).count("|") for line in text.splitlines() if line.startswith("| ")}
    assert widths <= {3, 4, 6}, "every row has the cells of its table"


def test_the_last_line_says_what_bounded_the_run() -> None:
    assert (
        "Longest wait for an answer: 30 seconds; Requests under way at once: 8; Most requests in the run: no limit"
        in lines(markdown.render(fine()))[-1]
    )


def test_hundreds_of_findings_are_named_where_they_do_not_fit() -> None:
    text = markdown.render(hundreds()).decode()
    assert "The rest does not fit here; the HTML and JSON reports have it." in text
    assert text.count("\n#### ") > 20


def test_what_participants_wrote_shows_as_it_is() -> None:
    text = markdown.render(hostile()).decode()
    assert not [char for char in "\u202e\x1b\x00\x85\uffff" if char in text]
    page = Page(MarkdownIt("commonmark").enable("table").render(text).encode())
    assert not {"script", "img", "b"} & {tag for tag, _ in page.tags}
    assert page.all("a") == [{"href": "https://www.rfc-editor.org/rfc/rfc9457.html#section-3"}] * len(page.all("a"))
    heading = page.text_in("h2")
    assert one_line(HOSTILE).partition("#")[0] in heading
    assert "@\u200beveryone" in heading, "nobody is called"
    assert "www\u200b.evil" in heading, "nothing becomes a link"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain (as it is) {1}", "plain (as it is) {1}"),
        ("*bold* _it_ `code`", r"\*bold\* \_it\_ \`code\`"),
        ("a | b", r"a \| b"),
        ("<b>&amp;", r"&lt;b&gt;&amp;amp;"),
        ("- no list", r"\- no list"),
        ("1. no list", r"1\. no list"),
        ("2026 is a year", "2026 is a year"),
        ("# no heading", r"\# no heading"),
        ("two\nlines", "two lines"),
        ("ask @jonas", "ask @&#8203;jonas"),
    ],
)
def test_prose_is_escaped_only_where_it_would_be_read_as_markup(text: str, shown: str) -> None:
    assert markdown.escape(text) == shown


def test_a_curl_line_with_backticks_stays_in_its_fence() -> None:
    text = markdown.render(hostile()).decode()
    assert HOSTILE.count("`") == 1
    assert "\n```sh\ncurl </script>" in text
