"""What holds for each format: the same bytes every time, nothing that steers a display, all three languages."""

from __future__ import annotations

import contextlib
import functools
import json
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import formats
from harness.errors import UsageError
from harness.formats.inert import linkable
from harness.profile import LANGUAGES
from harness.report import decode_report, encode_report
from tests.formats.foreign import REPORTS
from tests.formats.samples import HOSTILE, faulty, hostile

BY_LANGUAGE = ("sarif", "github", "codequality", "markdown", "gitb-tar", "csv", "badge")


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("format", formats.FORMATS)
def test_the_same_report_gives_the_same_bytes_also_when_it_was_read_from_a_file(format: str, name: str) -> None:
    report = REPORTS[name]()
    render = formats.FORMATS[format]
    assert render(report) == render(report) == render(decode_report(encode_report(report)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("format", [each for each in formats.FORMATS if each != "json"])
def test_nothing_that_steers_a_terminal_or_the_reading_direction_comes_through(format: str, language: str) -> None:
    text = formats.FORMATS[format](hostile(), language).decode("utf-8-sig")
    allowed = "\r\n\t\u200b" if format == "markdown" else "\r\n\t"
    assert {char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") and char not in allowed} == set()
    assert "\uffff" not in text


@pytest.mark.parametrize("format", BY_LANGUAGE)
def test_sentences_follow_the_language(format: str) -> None:
    texts = {language: formats.FORMATS[format](faulty(), language).decode() for language in LANGUAGES}
    assert len(set(texts.values())) == 3
    if format != "badge":
        assert "(po polsku)" in texts["pl"]
        assert "(lietuviškai)" in texts["lt"]
        assert "(lietuviškai)" not in texts["pl"]
        assert "brakuje imienia" in texts["pl"]
        assert "trūksta vardo" in texts["lt"]
        assert "the name is missing" not in texts["pl"] + texts["lt"]


@pytest.mark.parametrize("format", sorted(set(formats.FORMATS) - set(BY_LANGUAGE)))
def test_what_holds_all_languages_or_one_is_the_same_in_each(format: str) -> None:
    assert len({formats.FORMATS[format](faulty(), language) for language in LANGUAGES}) == 1


def test_reports_are_written_in_the_language_asked_for(tmp_path: Path) -> None:
    formats.write(faulty(), "csv", tmp_path / "report.csv", "lt")
    assert "(lietuviškai)" in (tmp_path / "report.csv").read_text(encoding="utf-8-sig")


def _members(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """A path to each member there is, one for each name."""
    for key, each in value.items() if isinstance(value, dict) else enumerate(value[-1:], len(value) - 1) if isinstance(value, list) else ():
        yield (*path, key)
        yield from _members(each, (*path, key))


WRITTEN = json.loads(encode_report(faulty()))


@pytest.mark.parametrize("forged", ["", HOSTILE, "{0} [a](https://b)", "9999-12-31T23:59:59-12:00", "0001-01-01", -1, 1e300, 2**63 - 1])
def test_a_forged_report_is_refused_or_shown_whatever_stands_in_it(forged: str | float) -> None:
    shown = 0
    for path in _members(WRITTEN):
        report = json.loads(json.dumps(WRITTEN))
        place = functools.reduce(lambda value, step: value[step], path[:-1], report)
        place[path[-1]] = forged
        with contextlib.suppress(UsageError):
            read = decode_report(json.dumps(report).encode())
            shown += 1
            for format, render in formats.FORMATS.items():
                content = render(read)
                if format in ("junit", "gitb-tar", "badge"):
                    ET.fromstring(content)
    assert shown


@pytest.mark.parametrize("url", ["https://www.rfc-editor.org/rfc/rfc9457.html#section-3", "http://a.lt/?x=1&y=[2]"])
def test_an_address_may_become_a_link(url: str) -> None:
    assert linkable(url)


@pytest.mark.parametrize(
    "url", [None, "", "javascript:alert(1)", "https://a b", "https://a\n", "https://a)b", "https://a>b", 'https://a"b', "https://ą"]
)
def test_any_other_address_stays_text(url: str | None) -> None:
    assert not linkable(url)
