"""What a model makes of a request: outputs that are what they say they are, the id of the request, what was asked for (inference_rest.md)."""

from __future__ import annotations

import copy
from typing import Any

from conformance.classification.asking import Plain, outputs, outputs_of, plain, same, was_inferred
from conformance.classification.faults import inferred, output, problem
from conformance.classification.tensors import flattened, nested, parted
from conformance.core.asking import ABSENT, not_now
from conformance.core.reading import excerpt
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response, parse_json


@rule("CLAS-API-004", when=was_inferred)
def answers_have_their_members(exchange: Exchange) -> None:
    """inference_response requires model_name and outputs; response_output name, shape and datatype, and its data here or as bytes."""
    try:
        document, _ = parted(exchange.answer)
    except ValueError as error:
        raise Violation(f"the answer cannot be read: {error}", expected="a JSON object") from None
    if not isinstance(document, dict):
        raise Violation("the answer is no object", expected="an object", got=excerpt(exchange.answer.text))
    if not isinstance(document.get("model_name"), str):
        raise Violation("the answer does not name the model", expected="a text", got=document.get("model_name"), pointer="/model_name")
    if not isinstance(document.get("outputs"), list):
        raise Violation("the answer has no outputs", expected="a list", got=document.get("outputs"), pointer="/outputs")
    for number, each in enumerate(document["outputs"]):
        tensor = each if isinstance(each, dict) else {}
        parameters = tensor.get("parameters")
        as_bytes = isinstance(parameters, dict) and "binary_data_size" in parameters
        for name, right, expected in (
            ("name", isinstance(tensor.get("name"), str), "a text"),
            ("datatype", isinstance(tensor.get("datatype"), str), "a text"),
            ("shape", isinstance(tensor.get("shape"), list), "a list of sizes"),
            ("data", isinstance(tensor.get("data"), list) or as_bytes, "a list"),
        ):
            if not right:
                raise Violation(
                    f"an output has no {name} of the standard", expected=expected, got=tensor.get(name), pointer=f"/outputs/{number}/{name}"
                )


@mutant("CLAS-API-004", also=("CORE-API-002", "CORE-DOC-002", "CORE-LOG-002"))
async def answers_do_not_name_the_model(request: Request, call_next: CallNext) -> Response:
    """The model is in the path already, and answers do not repeat it."""
    return await inferred(request, call_next, lambda document: document.pop("model_name"))


@mutant("CLAS-API-004", also=("CORE-API-002", "CORE-DOC-002", "CORE-LOG-002"))
async def outputs_are_an_object(request: Request, call_next: CallNext) -> Response:
    """Outputs are an object by their names, as other protocols have them."""

    def change(document: dict[str, Any]) -> None:
        document["outputs"] = {each["name"]: each["data"] for each in document["outputs"]}

    return await inferred(request, call_next, change)


def _is_well_formed(exchange: Exchange) -> bool:
    if not was_inferred(exchange):
        return False
    try:
        answers_have_their_members(exchange)
    except Violation:
        return False
    return True


@rule("CLAS-API-002", when=_is_well_formed)
def outputs_are_what_they_say(exchange: Exchange) -> None:
    """Tensor Data: all elements in row-major order, nested as the shape says or flat; each a number, text or truth value of its datatype."""
    try:
        outputs(exchange.answer)
    except ValueError as error:
        raise Violation(
            f"an output is not what it says: {error}", expected="as many elements of the datatype as the shape has", pointer="/outputs"
        ) from None


@mutant("CLAS-API-002", also=("CORE-LOG-002",))
async def shapes_leave_out_the_batch(request: Request, call_next: CallNext) -> Response:
    """The shape of the scores is that of one row, however many there are."""

    def change(document: dict[str, Any]) -> None:
        scores = output(document, "scores")
        if scores is not None:
            scores["shape"] = [scores["shape"][-1] + 1]

    return await inferred(request, call_next, change)


@mutant("CLAS-API-002", also=("CORE-LOG-002",))
async def scores_are_texts(request: Request, call_next: CallNext) -> Response:
    """Numbers are written as texts, so that no digit is lost."""

    def change(document: dict[str, Any]) -> None:
        scores = output(document, "scores")
        if scores is not None:
            scores["data"] = [str(score) for score in scores["data"]]

    return await inferred(request, call_next, change)


def _had_an_id(exchange: Exchange) -> bool:
    asked = exchange.request.document
    return was_inferred(exchange) and isinstance(asked, dict) and isinstance(asked.get("id"), str) and asked["id"] != ""


@rule("CLAS-API-006", when=_had_an_id)
def ids_come_back(exchange: Exchange) -> None:
    """Inference Request: id is optional, but if specified this identifier must be returned in the response."""
    try:
        document, _ = parted(exchange.answer)
    except ValueError:
        raise NotTested("the answer cannot be read") from None
    got = document.get("id") if isinstance(document, dict) else None
    if got != exchange.request.document["id"]:
        expected = str(exchange.request.document["id"])
        raise Violation("the answer has not the id of the request", expected=expected, got=got, pointer="/id")


@mutant("CLAS-API-006", also=("CORE-LOG-002",))
async def ids_are_new(request: Request, call_next: CallNext) -> Response:
    """Every answer has an id of the server's own."""
    return await inferred(request, call_next, lambda document: document.update(id="5b2b6a0e-0000-4000-8000-000000000001"))


def _does_not_add_up(exchange: Exchange) -> bool:
    return exchange.vector is not None and "CLAS-API-007" in exchange.vector.exercises


@rule("CLAS-API-007", when=_does_not_add_up)
def data_that_does_not_fit_is_refused(exchange: Exchange) -> None:
    """Request Input: shape is the shape of the tensor and data its contents; with more or less data, nobody can say what was meant."""
    if exchange.status in (401, 403, 429, *ABSENT) or (exchange.status == 503 and "retry-after" in exchange.answer.headers):
        raise NotTested(f"the service answered {exchange.status}")
    if not 400 <= exchange.status < 500:
        what = exchange.vector.purpose if exchange.vector else ""
        raise Violation(f"a tensor with {what} is not refused", expected="4xx", got=str(exchange.status))


def _padded(request: Request) -> Request | None:
    """The request with its first input cut or filled to its shape."""
    document = request.document
    if not request.path.endswith("/infer") or not isinstance(document, dict) or not isinstance(document.get("inputs"), list):
        return None
    changed = parse_json(request.body)
    for tensor in changed["inputs"][:1]:
        if not isinstance(tensor, dict) or not isinstance(tensor.get("data"), list) or not tensor["data"]:
            return None
        if not isinstance(tensor.get("shape"), list) or not all(isinstance(size, int) and 0 < size < 9 for size in tensor["shape"]):
            return None
        size = 1
        for each in tensor["shape"]:
            size *= each
        tensor["data"] = (tensor["data"] * size)[:size]
    return request.with_json(changed)


@mutant("CLAS-API-007", also=("CORE-ERR-003",))
async def data_is_made_to_fit(request: Request, call_next: CallNext) -> Response:
    """Data is repeated or cut until it fits the shape, as some libraries do."""
    answer = await call_next(request)
    padded = _padded(request) if answer.status == 400 else None
    second = await call_next(padded) if padded is not None else answer
    return second if second.status == 200 else answer


@mutant("CLAS-API-007", also=("CORE-ERR-002",))
async def reshaping_fails(request: Request, call_next: CallNext) -> Response:
    """Data that does not fit its shape is an error of the server, with the library's message."""
    answer = await call_next(request)
    misfit = answer.status == 400 and answer.is_json and b"/inputs/0/data" in answer.body and request.is_json
    return problem(answer, 500, "cannot reshape array") if misfit else answer


_TRIED = 3
"""How many outputs are asked for one by one."""


async def _one_by_one(service: Service) -> list[tuple[str, Exchange]]:
    """Each output of the model asked for alone. Raises :class:`NotTested` where the model gives none."""
    asked = await plain(service)
    names = [tensor.name for tensor in outputs_of(asked.exchange)][:_TRIED]
    if not names:
        raise NotTested("the model gives no outputs")
    found = []
    for name in names:
        exchange = await service.send("POST", asked.path, json=asked.with_members(outputs=[{"name": name}]))
        not_now(exchange)
        found.append((name, exchange))
    return found


@scenario("CLAS-API-008")
async def outputs_asked_for_come(service: Service) -> None:
    """Inference Request: outputs are the output tensors requested for this inference; the server must return them."""
    for name, exchange in await _one_by_one(service):
        if not exchange.succeeded:
            raise Violation(
                f"the output {name} is refused when it is asked for", expected="200", got=str(exchange.status), exchange=exchange
            )
        if name not in [tensor.name for tensor in outputs_of(exchange)]:
            raise Violation(f"the output {name} does not come when it is asked for", expected=name, got="others", exchange=exchange)


@mutant("CLAS-API-008", also=("CLAS-API-009",))
async def the_first_output_comes(request: Request, call_next: CallNext) -> Response:
    """Where outputs are asked for, the first that the model has is sent."""
    asked = request.document
    if not request.path.endswith("/infer") or not isinstance(asked, dict) or not asked.get("outputs"):
        return await call_next(request)
    answer = await call_next(request)
    if answer.status != 200 or not answer.is_json:
        return answer
    whole = await call_next(request.with_json({name: value for name, value in asked.items() if name != "outputs"}))
    return whole.with_json({**whole.document, "outputs": whole.document["outputs"][:1]}) if whole.status == 200 else answer


@scenario("CLAS-API-009")
async def other_outputs_stay_away(service: Service) -> None:
    """Inference Request: only where outputs are not specified are all outputs returned."""
    found = await _one_by_one(service)
    if len(found) < 2:
        raise NotApplicable("the model has one output")
    for name, exchange in found:
        others = [tensor.name for tensor in outputs_of(exchange) if tensor.name != name] if exchange.succeeded else []
        if others:
            raise Violation(f"asked for {name}, the model gives others as well", expected=name, got=", ".join(others), exchange=exchange)


@mutant("CLAS-API-009")
async def all_outputs_come(request: Request, call_next: CallNext) -> Response:
    """Which outputs are wanted is not looked at."""
    asked = request.document
    if not request.path.endswith("/infer") or not isinstance(asked, dict) or not asked.get("outputs"):
        return await call_next(request)
    answer = await call_next(request)
    if answer.status != 200 or not answer.is_json:
        return answer
    return await call_next(request.with_json({name: value for name, value in asked.items() if name != "outputs"}))


@scenario("CLAS-API-010")
async def nested_and_flat_are_the_same(service: Service) -> None:
    """Tensor Data: elements may be presented in their natural multi-dimensional representation, or as a flattened one-dimensional one.

    A difference counts where the same form gives the same twice.
    """
    asked = await plain(service)
    flat, deep = copy.deepcopy(asked.document["inputs"]), copy.deepcopy(asked.document["inputs"])
    for one, other in zip(flat, deep, strict=True):
        elements = flattened(one["data"], one["shape"])
        one["data"], other["data"] = elements, nested(elements, one["shape"])
    if flat == deep:
        raise NotApplicable("no input of the model has two dimensions")
    answers = [await _answered(service, asked, inputs, what) for inputs, what in ((flat, "flat"), (deep, "nested"), (flat, "flat"))]
    first, second, again = (outputs_of(answer) for answer in answers)
    if same(first, again) and not same(first, second):
        raise Violation("nested data gets another answer than the same data flat", expected="the same", got="another", exchange=answers[1])


async def _answered(service: Service, asked: Plain, inputs: list[Any], what: str) -> Exchange:
    exchange = await service.send("POST", asked.path, json=asked.with_members(inputs=inputs))
    not_now(exchange)
    if not exchange.succeeded:
        got = f"{exchange.status} {excerpt(exchange.answer.text)}"
        raise Violation(f"{what} data is refused", expected="200", got=got, exchange=exchange)
    return exchange


@mutant("CLAS-API-010")
async def nested_data_is_refused(request: Request, call_next: CallNext) -> Response:
    """Only flat data is read."""
    answer = await call_next(request)
    asked = request.document
    if not request.path.endswith("/infer") or answer.status != 200 or not isinstance(asked, dict):
        return answer
    deep = any(isinstance(item, list) for tensor in asked["inputs"] for item in tensor.get("data", ()))
    return problem(answer, 400, "Elements have to be numbers or texts.") if deep else answer
