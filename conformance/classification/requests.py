"""What a consumer sends: tensors that are what they say, to a model that there is, under an id of its own, with nobody's identifier."""

from __future__ import annotations

from typing import Any

from conformance.classification.asking import is_inference
from conformance.classification.faults import texts, with_texts
from conformance.classification.tensors import BINARY, BYTES, HEADER_LENGTH, Tensor, parted, read
from conformance.core.reading import parses
from harness.checks import CallNext, NotTested, Violation, mutant, pair_rule, rule
from harness.exchange import Exchange, Request, Response, parse_json
from harness.national import personal_identifiers

EXAMPLE = "50411512342"
"""The PESEL of somebody who will be born in the 22nd century."""


def _asks(exchange: Exchange) -> bool:
    """Whether a model is asked in JSON, or in JSON and bytes.

    Bytes alone, whose header gives 0 (Triton, Raw Binary Request), say nothing of themselves, and what is compressed is not seen here.
    """
    request = exchange.request
    length = (request.headers.get(HEADER_LENGTH) or "").strip()
    if not is_inference(exchange) or not request.body or length == "0" or "content-encoding" in request.headers:
        return False
    return bool(length) or request.media_type == BINARY or parses(request)


def _sent(request: Request) -> list[Tensor]:
    """The inputs of a request. Raises :class:`ValueError` where they are not as the standard has them."""
    document, content = parted(request)
    return read(document.get("inputs") if isinstance(document, dict) else None, content)


@rule("CLAS-REQ-001", when=_asks)
def inputs_are_what_they_say(exchange: Exchange) -> None:
    """Request Input and Tensor Data: shape and data represent the full contents, elements are of the datatype. The header says where bytes begin."""
    request = exchange.request
    if request.media_type == BINARY and HEADER_LENGTH not in request.headers:
        raise Violation(
            "a request with bytes does not say where they begin", expected=HEADER_LENGTH, got="none", pointer=f"header:{HEADER_LENGTH}"
        )
    try:
        _sent(request)
    except ValueError as error:
        raise Violation(f"an input is not what it says: {error}", expected="data of the shape and datatype", pointer="/inputs") from None


async def _with_first(request: Request, call_next: CallNext, **members: Any) -> Response:
    """What comes of a request whose first input has other members."""
    if not texts(request):
        return await call_next(request)
    document = parse_json(request.body)
    document["inputs"][0].update(members)
    return await call_next(request.with_json(document))


@mutant("CLAS-REQ-001")
async def shape_of_the_example(request: Request, call_next: CallNext) -> Response:
    """The client sends the shape of the example that it was copied from, whatever it has to send."""
    return await _with_first(request, call_next, shape=[2, 1])


@mutant("CLAS-REQ-001")
async def texts_are_sent_as_numbers(request: Request, call_next: CallNext) -> Response:
    """The client declares texts as the datatype of its first model."""
    return await _with_first(request, call_next, datatype="FP32")


@rule("CLAS-REQ-002", when=lambda exchange: is_inference(exchange) and (exchange.succeeded or exchange.status == 404))
def models_asked_are_there(exchange: Exchange) -> None:
    """The model name is in the path, and it is the service that says whether it has it. Names are not compared with the card: it may know others.

    Who looks for a model asks for its metadata or its probe, and may be told that there is none.
    """
    if exchange.status == 404 and exchange.operation is not None:
        got = str(exchange.operation.path_values(exchange.request.path).get("model"))
        raise Violation("the service has no model (or version) of this name", expected="a model of the service card", got=got)


@mutant("CLAS-REQ-002")
async def model_of_the_other_country(request: Request, call_next: CallNext) -> Response:
    """The client asks for the model that its own country's service has."""
    steps = request.url.split("/")
    if "models" not in steps or steps[-1] != "infer":
        return await call_next(request)
    steps[steps.index("models") + 1] = "routing-of-the-other-country"
    return await call_next(Request(request.method, "/".join(steps), request.headers, request.body))


def _id(request: Request) -> Any:
    try:
        document, _ = parted(request)
    except ValueError:
        return None
    return document.get("id") if isinstance(document, dict) else None


def _both_have_ids(first: Exchange, second: Exchange) -> bool:
    if not is_inference(first) or not is_inference(second) or first.request.body == second.request.body:
        return False  # the same again may be a retry
    return bool(_id(first.request)) and bool(_id(second.request))


@pair_rule("CLAS-REQ-003", when=_both_have_ids)
def ids_name_one_request(first: Exchange, second: Exchange) -> None:
    """Inference Request: id is an identifier for this request. With one for all, answers cannot be told apart, nor traced."""
    if _id(first.request) == _id(second.request):
        raise Violation("two requests have one id", expected="an id for each", got=str(_id(second.request)), pointer="/id")


@mutant("CLAS-REQ-003")
async def every_request_is_number_one(request: Request, call_next: CallNext) -> Response:
    """The client sends the same id with every request."""
    if not texts(request):
        return await call_next(request)
    return await call_next(request.with_json({**request.document, "id": "1"}))


def _sends_texts(exchange: Exchange) -> bool:
    if not _asks(exchange):
        return False
    try:
        return any(tensor.datatype == BYTES for tensor in _sent(exchange.request))
    except ValueError:
        return False


@rule("CLAS-PII-001", when=_sends_texts)
def texts_name_no_person(exchange: Exchange) -> None:
    """GDPR Article 5(1)(c): personal data are limited to what is necessary; no office is found by a PESEL or asmens kodas."""
    for tensor in _sent(exchange.request):
        for element in tensor.elements if tensor.datatype == BYTES else ():
            if not isinstance(element, str):
                raise NotTested("a text is no UTF-8")
            for identifier in personal_identifiers(element):
                # The identifier itself is not shown: reports are passed on.
                raise Violation(
                    f"a text holds a personal identifier ({identifier.kind})",
                    expected="no identifier",
                    got=identifier.kind,
                    pointer="/inputs",
                )


@mutant("CLAS-PII-001")
async def letters_go_out_as_they_came(request: Request, call_next: CallNext) -> Response:
    """The client sends the letter as it came, with the identifier that its writer put under it."""
    found = texts(request)
    return await call_next(with_texts(request, [f"{text} PESEL {EXAMPLE}" for text in found]) if found else request)
