"""Operators on the message around the content: status, content type, headers, encoding of the bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.detection.document import Documents, Part, documented
from benchmarks.detection.fault import Fault, Start, Watch, with_body
from benchmarks.detection.members import form_label
from harness.checks import CallNext, FaultyHandler
from harness.exchange import Request, Response

_NEIGHBOUR = {400: 404, 401: 403, 403: 401, 404: 400, 406: 400, 409: 400, 413: 400, 415: 400, 422: 404, 429: 403, 503: 429}
"""The status that a slip of the mind gives in place of another."""

Change = Callable[[Response], Response]


def message_faults(documents: Documents) -> list[Fault]:
    """Faults of each form of answer as a whole. Errors share all but their status: each other fault of theirs is at one of them in turn."""
    forms: dict[str, Part] = {}
    for part in documents.parts():
        forms.setdefault(form_label(part), part)
    faults: list[Fault] = []
    of_errors: dict[str, list[Fault]] = {}
    for part in forms.values():
        faults += _of_status(documents, part)
        for fault in (*_of_bytes(documents, part), *_of_headers(documents, part)):
            if part.status == "200":
                faults.append(fault)
            else:
                of_errors.setdefault(fault.id.removeprefix(form_label(part)), []).append(fault)
    return [*faults, *(variants[number % len(variants)] for number, variants in enumerate(of_errors.values()))]


def _fault(documents: Documents, part: Part, name: str, operator: str, what: str, change: Change, *, forbidden: bool = True) -> Fault:
    label = form_label(part)
    return Fault(f"{label}.{name}", operator, f"{label}: {what}", answering(documents, part, change, forbidden=forbidden))


def answering(documents: Documents, part: Part, change: Change, *, forbidden: bool = True) -> Start:
    """A fault that changes each answer of one form the same way. ``forbidden``: the profile forbids the change."""
    return _with_state(documents, part, lambda: change, forbidden=forbidden)


def _with_state(documents: Documents, part: Part, begin: Callable[[], Change], *, forbidden: bool = True) -> Start:
    """A fault that changes the answers of one form; ``begin`` makes the change anew for each run. ``forbidden``: the profile forbids the change."""

    def start(watch: Watch) -> FaultyHandler:
        change = begin()

        async def handler(request: Request, call_next: CallNext) -> Response:
            answer = await call_next(request)
            here = documents.operation_of(request) is part.operation or part.status != "200"
            if not here or not documented(part, answer):
                return answer
            watch.met += 1
            changed = change(answer)
            if _said(changed) == _said(answer):
                return answer
            watch.note(forbidden)
            return changed

        return handler

    return start


def _said(answer: Response) -> tuple[int, list[tuple[str, str]], bytes]:
    """What an answer says, whatever the order and case of its headers."""
    return answer.status, sorted((name.lower(), value) for name, value in answer.headers), answer.body


def _with_status(status: int) -> Change:
    return lambda answer: Response(status, answer.headers, answer.body)


def _of_status(documents: Documents, part: Part) -> Iterator[Fault]:
    if part.status == "200":
        wrong = [201, 500]
    elif part.status == "default":
        return
    else:
        wrong = [200, 500, _NEIGHBOUR[int(part.status)]]
    for status in wrong:
        yield _fault(documents, part, f"status-{status}", "status", f"the status is {status}", _with_status(status))


def _of_bytes(documents: Documents, part: Part) -> Iterator[Fault]:
    def typed(value: str | None) -> Change:
        return lambda answer: answer.with_header("content-type", value)

    yield _fault(documents, part, "content-type-html", "content-type", "it is declared as text/html", typed("text/html; charset=utf-8"))
    yield _fault(documents, part, "content-type-bytes", "content-type", "it is declared as bytes", typed("application/octet-stream"))
    yield _fault(documents, part, "content-type-missing", "content-type", "it has no Content-Type", typed(None))
    for charset in ("iso-8859-13", "utf-16"):
        yield _fault(documents, part, f"charset-{charset}", "charset", f"its bytes are {charset}", partial(_recoded, charset))
    yield _fault(
        documents,
        part,
        "bom",
        "bom",
        "it begins with a byte order mark",
        _marked,
        forbidden=not part.is_stream,  # WHATWG HTML section 9.2.5
    )
    yield _fault(
        documents, part, "cut", "cut", "the last byte of its content is missing", lambda answer: with_body(answer, answer.body[:-1])
    )
    yield _fault(documents, part, "empty", "cut", "its content is empty", lambda answer: with_body(answer, b""))


def _marked(answer: Response) -> Response:
    return with_body(answer, b"\xef\xbb\xbf" + answer.body)


def _recoded(charset: str, answer: Response) -> Response:
    return with_body(answer, answer.body.decode("utf-8", "replace").encode(charset, "replace"))


def _of_headers(documents: Documents, part: Part) -> Iterator[Fault]:
    """Missing, cut in half, and that of the answer before. One that neither the document nor a requirement asks for may be missing."""
    for name in documents.headers(part):
        asked_for = documents.asks_for_header(part, name)
        yield _fault(documents, part, f"{name}.missing", "header-missing", f"{name} is missing", _without(name), forbidden=asked_for)
        yield _fault(documents, part, f"{name}.cut", "header-malformed", f"{name} is cut in half", partial(_cut, name))
        label = form_label(part)
        start = _with_state(documents, part, partial(_of_another, name))
        yield Fault(f"{label}.{name}.of-another", "header-of-another", f"{label}: {name} is that of the answer before", start)


def _without(name: str) -> Change:
    return lambda answer: answer.with_header(name, None)


def _cut(name: str, answer: Response) -> Response:
    value = answer.headers.get(name)
    return (
        answer if value is None else answer.with_header(name, re.sub(r"\s+$", "", value[: (len(value) + 1) // 2]) if len(value) > 1 else "")
    )


def _of_another(name: str) -> Change:
    before: list[str] = []

    def change(answer: Response) -> Response:
        value = answer.headers.get(name)
        if value is None:
            return answer
        old = before[-1] if before else value
        before[:] = [value]
        return answer.with_header(name, old)

    return change
