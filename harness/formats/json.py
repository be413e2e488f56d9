"""The canonical report itself. Its JSON Schema is published beside this file (``schema.py``)."""

from __future__ import annotations

from harness.report import Report, encode_report


def render(report: Report, language: str = "en") -> bytes:
    """The report itself, which has statements in all languages."""
    return encode_report(report)
