"""The list of all faults, in the order of the document, the same each time."""

from __future__ import annotations

from benchmarks.detection.behaviour import behaviour_faults
from benchmarks.detection.document import Documents
from benchmarks.detection.fault import Fault
from benchmarks.detection.lenient import lenient_faults
from benchmarks.detection.members import member_faults
from benchmarks.detection.messages import message_faults
from benchmarks.detection.streams import stream_faults
from benchmarks.detection.strict import strict_faults
from benchmarks.detection.texts import text_faults
from harness import catalogue


def derived(profile: str) -> list[Fault]:
    """Every fault of a profile (core's included)."""
    documents = Documents(catalogue.load_with_core([profile]))
    operators = (member_faults, message_faults, text_faults, stream_faults, lenient_faults, strict_faults, behaviour_faults)
    return [fault for operator in operators for fault in operator(documents)]
