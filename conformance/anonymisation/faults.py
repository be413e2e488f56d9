"""What the mutants of this profile share: findings changed on their way out, and requests changed on their way in."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from conformance.anonymisation.asking import ANALYZE, ANONYMIZE
from harness.checks import CallNext
from harness.exchange import Request, Response

Change = Callable[[str, list[dict[str, Any]]], list[dict[str, Any]]]
"""Takes a text and its findings, copies of the service's; gives others."""


async def with_findings(request: Request, call_next: CallNext, change: Change) -> Response:
    """The service's answer; where that is findings, what ``change`` makes of those of each text."""
    answer = await call_next(request)
    content = request.document
    if request.path != ANALYZE or answer.status != 200 or not isinstance(content, dict):
        return answer
    several = isinstance(content["text"], list)
    texts, before = (content["text"], answer.document) if several else ([content["text"]], [answer.document])
    after = [change(text, copy.deepcopy(findings)) for text, findings in zip(texts, before, strict=True)]
    return answer if after == before else answer.with_json(after if several else after[0])


async def without_type(request: Request, call_next: CallNext, type: str, passed_over: Callable[[str], bool]) -> Response:
    """Findings without those of a type whose text is ``passed_over``, and whatever lies over the same place."""

    def change(text: str, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
        gone = {
            (each["start"], each["end"])
            for each in findings
            if each["entity_type"] == type and passed_over(text[each["start"] : each["end"]])
        }
        return [each for each in findings if (each["start"], each["end"]) not in gone]

    return await with_findings(request, call_next, change)


async def with_result(request: Request, call_next: CallNext, change: Callable[[dict[str, Any], dict[str, Any]], None]) -> Response:
    """The service's answer; where that is an anonymised text, what ``change`` makes of it, given the request's members and the answer's."""
    answer = await call_next(request)
    content = request.document
    if request.path != ANONYMIZE or answer.status != 200 or not isinstance(content, dict):
        return answer
    result = copy.deepcopy(answer.document)
    change(content, result)
    return answer if result == answer.document else answer.with_json(result)


async def asked_otherwise(
    request: Request, call_next: CallNext, path: str, change: Callable[[dict[str, Any]], None], *, though_refused: bool = False
) -> Response:
    """What the service makes of a request that it serves once ``change`` has been at it; ``though_refused``: of one that it refuses as well."""
    answer = await call_next(request)
    if request.path != path or (answer.status != 200 and not (though_refused and answer.status == 400)):
        return answer
    second = await with_members(request.with_header("Idempotency-Key", None), call_next, path, change)
    return second if second.status == 200 else answer


async def with_members(request: Request, call_next: CallNext, path: str, change: Callable[[dict[str, Any]], None]) -> Response:
    """What comes of a request for ``path`` that is changed before the service sees it."""
    if request.path != path or request.method != "POST" or not isinstance(request.document, dict):
        return await call_next(request)
    content = copy.deepcopy(request.document)
    try:
        change(content)
    except (LookupError, TypeError, AttributeError):  # a request that does not fit the profile: the service says so
        return await call_next(request)
    return await call_next(request if content == request.document else request.with_json(content))
