"""A badge (SVG) for a page or a README: the profiles on the left, the class reached or what became of the run on the right.

It loads nothing, and says what it shows in words and with a sign, never by colour alone; the tooltip has the whole answer and the day.
"""

from __future__ import annotations

import unicodedata
import xml.etree.ElementTree as ET

from harness.formats.answer import SYMBOLS, answer
from harness.formats.inert import one_line, shortened
from harness.formats.wording import Words
from harness.report import Report

COLOURS = {"conformant": "#1a7f37", "not-conformant": "#b42318"}
"""By outcome; every other is :data:`UNDECIDED`. White on each has a contrast of at least 4.5 to 1 (WCAG 2.1, 1.4.3)."""
UNDECIDED = "#57606a"
LEFT = "#24292f"
LONGEST = 60
"""Characters of one side."""
_HEIGHT, _MARGIN = 20, 8
_WIDTHS = {
    **dict.fromkeys("ijl'|,.:;!", 3.2),
    **dict.fromkeys("ftrI ()/-[]", 4.4),
    **dict.fromkeys("scz", 5.8),
    **dict.fromkeys("mwMW@%✓✗○⚠", 10.0),
}
"""Of letters of Verdana at 11 pixels; another font is stretched to the same."""


def render(report: Report, language: str = "en") -> bytes:
    """The badge of a report."""
    words = Words(language)
    used = ", ".join(f"{each.name}/{each.major}" for each in report.profiles if each.name != "core") or "core/1"
    told = f"{shortened(report.participant.name, LONGEST)}: {words.name('outcome', report.outcome)}."
    title = " ".join([told, *answer(report, words), f"({words.day(report.started.date())})"])
    return drawn(used, _said(report, words), COLOURS.get(report.outcome, UNDECIDED), title, language)


def drawn(left: str, right: str, colour: str, title: str, language: str) -> bytes:
    """A badge: what it is about, the answer on a ground of ``colour``, and the name that it has for a screen reader and as a tooltip."""
    sides = [shortened(one_line(each), LONGEST) for each in (left, right)]
    widths = [2 * _MARGIN + _width(text) for text in sides]
    size, title = {"width": str(sum(widths)), "height": str(_HEIGHT)}, one_line(title)
    root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size, "role": "img", "aria-label": title, "lang": language})
    ET.SubElement(root, "title").text = title
    style = {"fill": "#fff", "font-family": "Verdana,Geneva,DejaVu Sans,sans-serif", "font-size": "11", "text-anchor": "middle"}
    start = 0
    for text, width, ground in zip(sides, widths, (LEFT, colour), strict=True):
        ET.SubElement(root, "rect", {"x": str(start), "width": str(width), "height": str(_HEIGHT), "fill": ground})
        place = {"x": f"{start + width / 2:g}", "y": "14", "textLength": str(width - 2 * _MARGIN), "lengthAdjust": "spacingAndGlyphs"}
        ET.SubElement(root, "text", {**place, **style}).text = text
        start += width
    return bytes(ET.tostring(root, encoding="utf-8")) + b"\n"


def _width(text: str) -> int:
    """About how many pixels a text is wide."""
    letters = (char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))
    return round(sum(_WIDTHS.get(char, 7.6 if char.isupper() else 6.8) for char in letters))


def _said(report: Report, words: Words) -> str:
    """The class reached where the outcome is conformant, else the outcome, and in brackets a lower class that is reached all the same."""
    reached = words.say(f"class_named.{report.class_reached}") if report.class_reached else ""
    sign, outcome = SYMBOLS[report.outcome], words.name("outcome", report.outcome)
    if report.outcome == "conformant":
        return f"{sign} {reached or outcome}"
    return f"{sign} {outcome} ({reached})" if reached and report.outcome in ("not-conformant", "incomplete") else f"{sign} {outcome}"
