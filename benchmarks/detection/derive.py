"""The list of all faults, in the order of the document, the same each time."""

from __future__ import annotations

from benchmarks.detection.document import Documents
from benchmarks.detection.fault import Fault
from benchmarks.detection.members import member_faults
from harness import catalogue


def derived(profile: str) -> list[Fault]:
    """Every fault of a profile (core's included)."""
    documents = Documents(catalogue.load_with_core([profile]))
    return member_faults(documents)
