"""A badge (SVG): what it is about on the left, the answer on the right, in words and with a sign, never by colour alone."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from harness.formats.inert import one_line, shortened

_LONGEST = 60
_LEFT = "#24292f"
_HEIGHT, _MARGIN, _LETTER = 20, 8, 6.6


def drawn(left: str, right: str, colour: str, title: str, language: str) -> bytes:
    """A badge. White on ``colour`` needs a contrast of at least 4.5 to 1 (WCAG 2.1, 1.4.3)."""
    sides = [shortened(one_line(each), _LONGEST) for each in (left, right)]
    widths = [2 * _MARGIN + round(_LETTER * len(text)) for text in sides]
    told = one_line(title)
    size = {"width": str(sum(widths)), "height": str(_HEIGHT)}
    root = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size, "role": "img", "aria-label": told, "lang": language})
    ET.SubElement(root, "title").text = told
    style = {"fill": "#fff", "font-family": "Verdana,Geneva,DejaVu Sans,sans-serif", "font-size": "11", "text-anchor": "middle"}
    start = 0
    for text, width, ground in zip(sides, widths, (_LEFT, colour), strict=True):
        ET.SubElement(root, "rect", {"x": str(start), "width": str(width), "height": str(_HEIGHT), "fill": ground})
        place = {"x": f"{start + width / 2:g}", "y": "14", "textLength": str(width - 2 * _MARGIN), "lengthAdjust": "spacingAndGlyphs"}
        ET.SubElement(root, "text", {**place, **style}).text = text
        start += width
    return bytes(ET.tostring(root, encoding="utf-8")) + b"\n"
