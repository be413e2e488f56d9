"""What the mutants of this profile share: the answer of a model, changed; and the parts of its outputs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from conformance.classification.tensors import HEADER_LENGTH, count, flattened, parted, read, with_bytes
from harness.checks import CallNext
from harness.exchange import Request, Response, parse_json


async def inferred(request: Request, call_next: CallNext, change: Callable[[dict[str, Any]], Any]) -> Response:
    """The service's answer, changed in place where a model was asked and answered; outputs that come as bytes are changed like others."""
    answer = await call_next(request)
    if not request.path.endswith("/infer") or answer.status != 200:
        return answer
    head, content = parted(answer)
    document = json.loads(json.dumps(head))  # a copy: answers keep what they have parsed
    as_bytes = [each["name"] for each in head["outputs"] if "data" not in each]
    for each, tensor in zip(document["outputs"], read(head["outputs"], content), strict=True):
        if each["name"] in as_bytes:
            each["data"] = list(tensor.elements)
            del each["parameters"]["binary_data_size"]
    change(document)
    if not as_bytes:
        return answer.with_json(document)
    try:
        first, rest = with_bytes(document, "outputs")
    except (ValueError, KeyError, TypeError):
        return answer  # what is wrong now has no form in bytes
    return answer.with_body(first + rest).with_header(HEADER_LENGTH, str(len(first)))


async def described(request: Request, call_next: CallNext, change: Callable[[dict[str, Any]], Any]) -> Response:
    """The same for the metadata of a model."""
    answer = await call_next(request)
    if "/models/" not in request.path or answer.status != 200 or not isinstance(answer.document, dict) or "platform" not in answer.document:
        return answer
    document = parse_json(answer.body)
    change(document)
    return answer.with_json(document)


def output(document: dict[str, Any], name: str) -> dict[str, Any] | None:
    """One output of an answer, its data flattened in place; None where it is not there."""
    found: dict[str, Any] | None = next((each for each in document["outputs"] if each["name"] == name), None)
    if found is not None:
        found["data"] = flattened(found["data"], found["shape"])
    return found


def rows(tensor: dict[str, Any]) -> list[list[Any]]:
    """The rows of an output that was flattened."""
    width = count(tensor["shape"][1:])
    return [tensor["data"][row * width : (row + 1) * width] for row in range(tensor["shape"][0])]


def texts(request: Request) -> list[str]:
    """The texts of a request, none where there are none or the request is not JSON."""
    document = request.document
    found = document.get("inputs") if request.path.endswith("/infer") and isinstance(document, dict) else None
    first = found[0] if isinstance(found, list) and found and isinstance(found[0], dict) else {}
    data = first.get("data")
    if not isinstance(data, list):
        return []
    return [text for row in data for text in (row if isinstance(row, list) else [row]) if isinstance(text, str)]


def with_texts(request: Request, changed: list[str]) -> Request:
    """The request with other texts, as many as it had."""
    document = parse_json(request.body)
    document["inputs"][0]["data"] = changed
    return request.with_json(document)


def problem(answer: Response, status: int, detail: str) -> Response:
    """An error in the place of an answer, as this profile's services give it."""
    document = {"type": "about:blank", "title": "Error", "status": status, "detail": detail, "error": detail}
    return Response(status, answer.headers.with_field("Content-Language", "en")).with_json(document, "application/problem+json")
