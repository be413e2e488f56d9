"""Tensors as bytes, where a server declares that it takes them (Triton Inference Server, extension_binary_data.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from conformance.classification.asking import Plain, outputs_of, plain, same, server
from conformance.classification.faults import problem
from conformance.classification.tensors import BINARY, HEADER_LENGTH, parted, with_bytes
from conformance.core.asking import not_now
from conformance.core.reading import excerpt
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Exchange, Request, Response

EXTENSIONS = frozenset({"binary_tensor_data", "binary_tensor_data_extension"})
"""The names under which servers declare it."""


async def _asked(service: Service) -> tuple[Plain, bytes, bytes]:
    """A plain request that is served, and the same with its inputs as bytes: the JSON object, and what follows it.

    Raises:
        NotApplicable: the server does not declare the extension.
        NotTested: the inputs cannot be written as bytes.
    """
    told = (await server(service)).answer.document
    extensions = told.get("extensions") if isinstance(told, dict) else None
    if not EXTENSIONS.intersection(each for each in extensions or () if isinstance(each, str)):
        raise NotApplicable("the server does not declare the extension binary_tensor_data")
    asked = await plain(service)
    try:
        return asked, *with_bytes(asked.document, "inputs")
    except ValueError as error:
        raise NotTested(f"the inputs cannot be written as bytes: {error}") from None


async def _send(service: Service, asked: Plain, head: bytes, content: bytes, length: int | None = None) -> Exchange:
    headers = {"Content-Type": BINARY, HEADER_LENGTH: str(len(head) if length is None else length)}
    exchange = await service.send("POST", asked.path, headers=headers, body=head + content)
    not_now(exchange)
    return exchange


@scenario("CLAS-BIN-001")
async def bytes_are_taken_and_given(service: Service) -> None:
    """Binary Tensor Request: tensors as binary data after the JSON object, little-endian, in the order of the inputs; outputs where asked for.

    The header gives the length of the JSON object. What comes is what comes in JSON; so where the same twice in JSON is the same. Outputs are asked
    for as bytes all at once, and one by one.
    """
    asked, head, content = await _asked(service)
    again = await service.send("POST", asked.path, json=dict(asked.document))
    in_json = outputs_of(asked.exchange)
    steady = again.succeeded and same(in_json, outputs_of(again))
    taken = await _send(service, asked, head, content)
    if not taken.succeeded:
        got = f"{taken.status} {excerpt(taken.answer.text)}"
        raise Violation("inputs as bytes are refused", expected="200", got=got, exchange=taken)
    if steady and not same(in_json, outputs_of(taken)):
        raise Violation("inputs as bytes get another answer than in JSON", expected="the same", got="another", exchange=taken)
    named = [{"name": tensor.name, "parameters": {"binary_data": True}} for tensor in in_json]
    for members in ({"parameters": {**(asked.document.get("parameters") or {}), "binary_data_output": True}}, {"outputs": named}):
        given = await service.send("POST", asked.path, json=asked.with_members(**members))
        not_now(given)
        _holds_bytes(given)
        if steady and not same(in_json, outputs_of(given)):
            raise Violation("outputs as bytes are others than in JSON", expected="the same", got="others", exchange=given)


def _holds_bytes(given: Exchange) -> None:
    if not given.succeeded:
        raise Violation("outputs as bytes are refused", expected="200", got=str(given.status), exchange=given)
    if HEADER_LENGTH not in given.answer.headers:
        got = given.answer.headers.get("content-type") or "no Content-Type"
        raise Violation("outputs that were asked for as bytes have no header", expected=HEADER_LENGTH, got=got, exchange=given)
    try:
        document, content = parted(given.answer)
    except ValueError as error:
        raise Violation(f"outputs as bytes cannot be read: {error}", pointer=f"header:{HEADER_LENGTH}", exchange=given) from None
    sizes = _sizes(document.get("outputs") if isinstance(document, dict) else ())
    if not sizes or sum(sizes) != len(content):
        raise Violation(
            "the sizes of the outputs are not those of the bytes that follow", expected=str(len(content)), got=str(sizes), exchange=given
        )


def _sizes(tensors: Any) -> list[int]:
    found: Sequence[Mapping[str, Any]] = [each for each in tensors if isinstance(each, dict)] if isinstance(tensors, list) else []
    sizes = [(each.get("parameters") or {}).get("binary_data_size") for each in found]
    return [size for size in sizes if isinstance(size, int)]


@mutant("CLAS-BIN-001")
async def the_extension_is_declared_alone(request: Request, call_next: CallNext) -> Response:
    """The server declares the extension, and a gateway lets only JSON through."""
    answer = await call_next(request)
    if (request.headers.get("content-type") or "").startswith(BINARY):
        return problem(answer, 415, "Only JSON is taken.")
    return answer


@mutant("CLAS-BIN-001")
async def outputs_come_in_json_all_the_same(request: Request, call_next: CallNext) -> Response:
    """Outputs that were asked for as bytes come in JSON."""
    asked = request.document
    if isinstance(asked, dict) and isinstance(asked.get("parameters"), dict) and "binary_data_output" in asked["parameters"]:
        request = request.with_json({name: value for name, value in asked.items() if name != "parameters"})
    return await call_next(request)


@mutant("CLAS-BIN-001")
async def outputs_are_bytes_all_or_none(request: Request, call_next: CallNext) -> Response:
    """What is asked of one output by its own parameters is not looked at."""
    asked = request.document
    if not request.path.endswith("/infer") or not isinstance(asked, dict) or not isinstance(asked.get("outputs"), list):
        return await call_next(request)
    bare = [{"name": each["name"]} if isinstance(each, dict) and "name" in each else each for each in asked["outputs"]]
    return await call_next(request.with_json({**asked, "outputs": bare}))


@mutant("CLAS-BIN-001", also=("CLAS-API-004",))
async def the_header_counts_letters(request: Request, call_next: CallNext) -> Response:
    """The length of the JSON object is one too short."""
    answer = await call_next(request)
    length = answer.headers.get(HEADER_LENGTH)
    return answer.with_header(HEADER_LENGTH, str(int(length) - 1)) if length else answer


@scenario("CLAS-BIN-002")
async def bytes_that_do_not_add_up_are_refused(service: Service) -> None:
    """binary_data_size is the size of the tensor in bytes, the header the length of the JSON object: with others, nobody can say what was meant."""
    asked, head, content = await _asked(service)
    if not content:
        raise NotTested("the inputs of the model have no elements")
    if not (await _send(service, asked, head, content)).succeeded:
        raise NotTested("inputs as bytes are refused")
    for what, exchange in (
        ("less bytes than binary_data_size says", await _send(service, asked, head, content[:-1])),
        ("a header that is longer than the body", await _send(service, asked, head, content, len(head) + len(content) + 7)),
        ("a header that ends within the JSON object", await _send(service, asked, head, content, len(head) // 2)),
    ):
        if not 400 <= exchange.status < 500:
            raise Violation(f"a request with {what} is not refused", expected="4xx", got=str(exchange.status), exchange=exchange)


@mutant("CLAS-BIN-002")
async def missing_bytes_are_zeros(request: Request, call_next: CallNext) -> Response:
    """The buffer is as large as the sizes say, and what does not come stays zero."""
    answer = await call_next(request)
    if answer.status != 400 or not (request.headers.get("content-type") or "").startswith(BINARY):
        return answer
    try:
        document, content = parted(request)
    except ValueError:
        return answer
    missing = sum(_sizes(document.get("inputs"))) - len(content)
    filled = Request(request.method, request.url, request.headers, request.body + b"\0" * max(0, missing))
    return await call_next(filled.with_header("Content-Length", str(len(filled.body))))


@mutant("CLAS-BIN-002")
async def wrong_lengths_are_server_errors(request: Request, call_next: CallNext) -> Response:
    """A header that does not fit the body fails deep in the server."""
    answer = await call_next(request)
    if answer.status == 400 and (request.headers.get("content-type") or "").startswith(BINARY) and answer.is_json:
        return problem(answer, 500, "The request could not be read.")
    return answer
