"""The JSON Schema of the report, as it is published in ``report.schema.json``.

``python -m harness.formats.schema > harness/formats/report.schema.json`` publishes it anew after ``harness/report.py`` has changed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from harness.report import report_schema

PUBLISHED = Path(__file__).with_name("report.schema.json")


def current() -> bytes:
    """What :data:`PUBLISHED` has to hold."""
    return json.dumps(report_schema(), indent=2, ensure_ascii=False).encode() + b"\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(current())
