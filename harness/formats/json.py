"""The canonical report, and the JSON Schema that is published for it (``specs/report/1/schema.json``)."""

from __future__ import annotations

import json

from harness.report import Report, encode_report, report_schema


def render(report: Report) -> bytes:
    """The report itself."""
    return encode_report(report)


def published_schema() -> bytes:
    """The content of ``specs/report/1/schema.json``."""
    return json.dumps(report_schema(), indent=2, ensure_ascii=False).encode() + b"\n"
