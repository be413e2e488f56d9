"""Operators on a stream as a whole: its end, the order of its events, and how they are written."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.detection.bodies import DONE, with_events
from benchmarks.detection.document import STREAM, Documents, Part
from benchmarks.detection.fault import Fault, with_body
from benchmarks.detection.members import form_label
from benchmarks.detection.messages import answering
from harness.exchange import Response, parse_events

Change = Callable[[list[str]], list[str]]
"""Takes the data of all events and gives those of the faulty stream."""


def _chunks(data: list[str]) -> list[str]:
    return [each for each in data if each != DONE]


_CHANGES: dict[str, tuple[str, Change]] = {
    "no-done": ("does not end with [DONE]", _chunks),
    "done-twice": ("ends with [DONE] twice", lambda data: [*data, DONE]),
    "done-early": ("has [DONE] before its last chunk", lambda data: [*data[:-2], DONE, data[-2]]),
    "done-lower": ("ends with [done]", lambda data: [*_chunks(data), DONE.lower()]),
    "after-done": ("goes on after [DONE]", lambda data: [*data, data[0]]),
    "nothing": ("has no chunk", lambda data: [DONE]),
    "reversed": ("has its chunks in the opposite order", lambda data: [*reversed(_chunks(data)), DONE]),
    "swapped": ("has its second and third chunk swapped", lambda data: [data[0], *data[1:3][::-1], *data[3:]]),
    "first-last": ("has its first chunk at the end", lambda data: [*_chunks(data)[1:], data[0], DONE]),
    "first-missing": ("lacks its first chunk", lambda data: data[1:]),
    "middle-missing": ("lacks a chunk in the middle", lambda data: data[: len(data) // 2] + data[len(data) // 2 + 1 :]),
    "last-missing": ("lacks its last chunk", lambda data: [*data[:-2], DONE]),
    "middle-twice": ("has a chunk in the middle twice", lambda data: [*data[: len(data) // 2 + 1], *data[len(data) // 2 :]]),
    "half-a-chunk": ("has half of a chunk's JSON in its event", lambda data: [data[0][: len(data[0]) // 2], *data[1:]]),
    "two-in-one": ("has two chunks in one event", lambda data: [data[0] + data[1], *data[2:]]),
}


def stream_faults(documents: Documents) -> list[Fault]:
    """Faults of each stream that the document describes."""
    return [fault for part in documents.parts() if part.media_type == STREAM for fault in _of_part(documents, part)]


def _of_part(documents: Documents, part: Part) -> list[Fault]:
    label = form_label(part)

    def fault(name: str, what: str, change: Callable[[Response], Response]) -> Fault:
        return Fault(f"{label}.events.{name}", "stream", f"{label}: the stream {what}", answering(documents, part, change))

    def of_events(change: Change) -> Callable[[Response], Response]:
        return lambda answer: with_events(answer, change([event.data for event in parse_events(answer.body)]))

    def of_bytes(old: bytes, new: bytes) -> Callable[[Response], Response]:
        return lambda answer: with_body(answer, answer.body.replace(old, new))

    return [
        *(fault(name, what, of_events(change)) for name, (what, change) in _CHANGES.items()),
        fault("no-blank-lines", "has no blank line between its events", of_bytes(b"\n\n", b"\n")),
        fault("no-field-name", "has events without the name data", of_bytes(b"data: ", b"")),
        fault("named", "has events of another name", of_bytes(b"data: ", b"event: chunk\ndata: ")),
        fault("end-cut", "ends before the blank line after [DONE]", lambda answer: with_body(answer, answer.body.rstrip(b"\n"))),
    ]
