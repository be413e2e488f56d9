"""Reports that every format is tried with: those made by hand, an old one, and one of a real reference service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import harness
from harness.client import asgi_transport
from harness.report import Report, read_report
from harness.serve.mock import reference_app
from tests.formats.samples import SAMPLES

SCHEMAS = Path(__file__).parent / "schemas"


@cache
def reference() -> Report:
    """The Polish assistant with a fault, asked a little: every kind of verdict but an adapter's."""
    service = asgi_transport(reference_app("assistant", "pl", mutant="errors-leave-the-trace"))
    return harness.run("http://reference.localhost", ["assistant"], transport=service, limits=harness.Limits(budget=150), country="pl")


def older() -> Report:
    """A report of commit cffdceb."""
    return read_report(Path(__file__).parent / "reports" / "0.1.0-cffdceb.json")


REPORTS: Mapping[str, Callable[[], Report]] = {**SAMPLES, "older": older, "reference": reference}
