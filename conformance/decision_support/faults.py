"""What the mutants of this profile share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import rfc8785

from harness.checks import CallNext
from harness.exchange import Headers, Request, Response, parse_json

Entry = dict[str, Any]


def is_recommendation(request: Request) -> bool:
    """Whether a request asks for a recommendation."""
    return request.method == "POST" and request.path == "/recommendations"


def is_read(request: Request) -> bool:
    """Whether a request reads one recommendation."""
    return request.method == "GET" and request.path.startswith("/recommendations/") and request.path.count("/") == 2


def is_decision(request: Request) -> bool:
    """Whether a request decides on a recommendation."""
    return request.method == "POST" and request.path.endswith("/decisions")


def is_explanation(request: Request) -> bool:
    """Whether a request reads an explanation."""
    return request.method == "GET" and request.path.endswith("/explanation")


async def altered(request: Request, call_next: CallNext, change: Callable[[dict[str, Any]], Any]) -> Response:
    """The service's answer, its JSON object changed in place where it is a success."""
    answer = await call_next(request)
    if not 200 <= answer.status < 300 or not isinstance(answer.document, dict):
        return answer
    document = parse_json(answer.body)
    change(document)
    return answer if document == answer.document else answer.with_json(document)


async def asked_aside(call_next: CallNext, method: str, path: str, content: Any = None) -> Response:
    """What the service answers to a request of its own."""
    request = Request(method, path, Headers({"Content-Type": "application/json", "Accept": "*/*"} if content is not None else {}))
    return await call_next(request if content is None else request.with_json(content))


async def another_outcome(call_next: CallNext, outcome: Any) -> str:
    """A declared outcome that is not this one."""
    declared = (await asked_aside(call_next, "GET", "/case-types")).json["caseTypes"]
    return str(next(each["id"] for case_type in declared for each in case_type["outcomes"] if each["id"] != outcome))


async def log_page(request: Request, call_next: CallNext, forge: Callable[[list[Entry]], list[Entry]]) -> Response:
    """A page of a log that was forged from its first entry on: ``forge`` changes the entries, then they are numbered and chained anew."""
    answer = await call_next(request)
    if request.path != "/log" or answer.status != 200:
        return answer
    entries: list[Entry] = []
    before = ""
    while True:
        page = (await asked_aside(call_next, "GET", f"/log{before}")).json["entries"]
        entries = page + entries
        if not page or page[0]["sequence"] == 1:
            break
        before = f"?before={page[0]['sequence']}"
    rechained = chained(forge(parse_json(rfc8785.dumps(entries))))
    query = request.url.partition("?before=")[2]
    end = min(int(query) - 1, len(rechained)) if query.isdigit() else len(rechained)
    return answer.with_json({"entries": rechained[max(0, end - 100) : end]})


def chained(entries: list[Entry]) -> list[Entry]:
    """Entries with the numbers and hashes that their order and content ask for."""
    previous = "0" * 64
    for number, entry in enumerate(entries, start=1):
        entry.update(sequence=number, previous=previous)
        entry.pop("hash", None)
        previous = entry["hash"] = hashlib.sha256(rfc8785.dumps(entry)).hexdigest()
    return entries
