"""The badge: what it says, to whom, and that everybody can read it."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET

import pytest

from harness.formats import badge
from harness.profile import LANGUAGES
from harness.report import ProfileUsed, Report
from tests.formats.foreign import REPORTS
from tests.formats.samples import beyond, crashed, faulty, fine, incomplete, report, unreachable, verdict

SVG = "{http://www.w3.org/2000/svg}"


def said(report: Report, language: str = "en") -> list[str | None]:
    return [each.text for each in ET.fromstring(badge.render(report, language)).iter(f"{SVG}text")]


@pytest.mark.parametrize(
    ("sample", "text"),
    [
        (fine(), "✓ class high-risk"),
        (beyond(), "✓ class government"),
        (faulty(), "✗ Not conformant"),
        (report(verdict("GREE-A-001", "passed", "base"), verdict("GREE-A-002", "failed")), "✗ Not conformant (class base)"),
        (incomplete(), "○ Incomplete (class base)"),
        (crashed(), "⚠ Harness error"),
        (unreachable(), "○ Unreachable"),
    ],
)
def test_it_says_which_class_is_reached_or_what_became_of_the_run(sample: Report, text: str) -> None:
    assert said(sample) == ["greeting/1", text]


def test_it_speaks_three_languages() -> None:
    assert [said(fine(), language)[1] for language in LANGUAGES] == [
        "✓ class high-risk",
        "✓ klasa wysokiego ryzyka",
        "✓ didelės rizikos klasė",
    ]


def test_core_is_named_only_where_it_is_alone() -> None:
    core, other = (ProfileUsed(name, 1, "1.0.0", name, "sha256:0", 4) for name in ("core", "translation"))
    assert said(report(profiles=[core, other], outcome="unreachable"))[0] == "translation/1"
    assert said(report(profiles=[core], outcome="unreachable"))[0] == "core/1"


@pytest.mark.parametrize("name", REPORTS)
def test_it_is_an_image_with_a_name_and_loads_nothing(name: str) -> None:
    root = ET.fromstring(badge.render(REPORTS[name]()))
    title = root.findtext(f"{SVG}title")
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-label"] == title
    assert {each.tag for each in root.iter()} == {SVG + tag for tag in ("svg", "title", "rect", "text")}
    assert not [name for each in root.iter() for name in each.attrib if "href" in name or name.startswith("on") or name == "style"]


def test_its_name_is_the_whole_answer_and_the_day() -> None:
    assert ET.fromstring(badge.render(beyond())).attrib["aria-label"] == (
        "Greeter of the Ministry: Conformant. Reaches class government. "
        "One requirement is still to be met for class high-risk: GREE-A-002. (24 November 2026)"
    )


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("colour", [*badge.COLOURS.values(), badge.UNDECIDED, badge.LEFT])
def test_white_on_it_has_contrast_enough(colour: str) -> None:
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5


@pytest.mark.parametrize("name", REPORTS)
def test_the_text_fits_its_side(name: str) -> None:
    root = ET.fromstring(badge.render(REPORTS[name]()))
    for rect, text in zip(root.iter(f"{SVG}rect"), root.iter(f"{SVG}text"), strict=True):
        assert float(text.attrib["textLength"]) < float(rect.attrib["width"])
    (one, other) = root.iter(f"{SVG}rect")
    assert float(one.attrib["width"]) == float(other.attrib["x"])
    assert float(root.attrib["width"]) == sum(float(each.attrib["width"]) for each in itertools.chain([one], [other]))
