"""What a server says of itself and its models, and whether the models keep to it (inference_rest.md, Server Metadata and Model Metadata)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from conformance.classification.asking import METADATA, Plain, metadata, model_path, outputs_of, plain, server
from conformance.classification.binding import is_declared_shape
from conformance.classification.faults import described, inferred, problem
from conformance.classification.tensors import DATATYPES, Tensor
from conformance.core.asking import ABSENT, not_now
from conformance.core.faults import with_members
from conformance.core.reading import parses
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response


def _tells(exchange: Exchange, *operations: str) -> bool:
    asked = exchange.operation is not None and exchange.operation.id in operations
    return asked and exchange.succeeded and exchange.request.method == "GET" and parses(exchange.answer)


def _expect(document: Any, name: str, right: bool, expected: str, place: str = "") -> None:
    if not right:
        got = document.get(name) if isinstance(document, dict) else document
        raise Violation(f"{name} of the metadata is not that of the standard", expected=expected, got=got, pointer=f"{place}/{name}")


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


@rule("CLAS-API-003", when=lambda exchange: _tells(exchange, "serverMetadata"))
def server_metadata_has_its_members(exchange: Exchange) -> None:
    """metadata_server_response requires name, version and extensions."""
    document = exchange.answer.document
    content = document if isinstance(document, dict) else {}
    for name in ("name", "version"):
        _expect(document, name, isinstance(content.get(name), str), "a text")
    _expect(document, "extensions", _is_texts(content.get("extensions")), "a list of texts")


@scenario("CLAS-API-003")
async def server_metadata_is_there(service: Service) -> None:
    """A successful server metadata request is indicated by 200, at /v2 (the standard's text) or /v2/ (its document)."""
    exchange = await server(service)
    not_now(exchange)
    if not exchange.succeeded:
        raise Violation("the server does not say what it is", expected="200", got=str(exchange.status), exchange=exchange)
    try:
        server_metadata_has_its_members(exchange)
    except Violation as violation:
        violation.exchange = exchange
        raise


@mutant("CLAS-API-003", also=("CORE-API-002", "CORE-DOC-002"))
async def extensions_are_left_out(request: Request, call_next: CallNext) -> Response:
    """A server without extensions has no member of that name."""
    return await with_members(request, call_next, "/v2", extensions=None)


@mutant("CLAS-API-003")
async def the_server_is_nameless(request: Request, call_next: CallNext) -> Response:
    """Only models have metadata; of the server nothing is told."""
    answer = await call_next(request)
    return problem(answer, 404, "There is nothing here.") if request.path in ("/v2", "/v2/") and answer.status == 200 else answer


@mutant("CLAS-API-003", also=("CORE-API-002", "CORE-DOC-002"))
async def version_is_a_number(request: Request, call_next: CallNext) -> Response:
    """The version of the server is a number."""
    return await with_members(request, call_next, "/v2", version=1.4)


@rule("CLAS-API-001", when=lambda exchange: _tells(exchange, *METADATA))
def model_metadata_has_its_members(exchange: Exchange) -> None:
    """metadata_model_response requires name and platform, metadata_tensor a name, a datatype of the table and a shape, -1 where it varies.

    The text lists inputs and outputs, the document leaves them optional; where they are, they are lists of tensors.
    """
    document = exchange.answer.document
    content = document if isinstance(document, dict) else {}
    for name in ("name", "platform"):
        _expect(document, name, isinstance(content.get(name), str), "a text")
    _expect(document, "versions", content.get("versions") is None or _is_texts(content["versions"]), "a list of texts")
    for name in ("inputs", "outputs"):
        tensors = content.get(name)
        _expect(document, name, isinstance(tensors, list | None), "a list of tensors")
        for number, each in enumerate(tensors or ()):
            place = f"/{name}/{number}"
            tensor = each if isinstance(each, dict) else {}
            _expect(each, "name", isinstance(tensor.get("name"), str), "a text", place)
            _expect(each, "datatype", tensor.get("datatype") in DATATYPES, ", ".join(sorted(DATATYPES)), place)
            _expect(each, "shape", is_declared_shape(tensor.get("shape")), "sizes, -1 where one varies", place)


@mutant("CLAS-API-001", also=("CLAS-API-005", "CLAS-RTE-001"))
async def datatypes_of_numpy(request: Request, call_next: CallNext) -> Response:
    """Metadata gives datatypes by the names of another library."""

    def change(document: dict[str, Any]) -> None:
        for tensor in document["outputs"]:
            tensor["datatype"] = {"FP64": "float64", "FP32": "float32"}.get(tensor["datatype"], tensor["datatype"])

    return await described(request, call_next, change)


@mutant("CLAS-API-001", also=("CORE-API-002",))
async def platform_is_left_out(request: Request, call_next: CallNext) -> Response:
    """Metadata does not say what the model is made with."""
    return await described(request, call_next, lambda document: document.pop("platform"))


@mutant("CLAS-API-001", also=("CLAS-RTE-001", "CORE-API-002"))
async def sizes_that_vary_are_null(request: Request, call_next: CallNext) -> Response:
    """Sizes that vary are null, as some libraries have them."""

    def change(document: dict[str, Any]) -> None:
        for tensor in document["outputs"]:
            tensor["shape"] = [None if size == -1 else size for size in tensor["shape"]]

    return await described(request, call_next, change)


@scenario("CLAS-API-005")
async def models_give_what_their_metadata_says(service: Service) -> None:
    """Model Metadata: name is the model's, outputs are those that it produces; Inference: model_name is that of the model used.

    Where nothing is asked for in particular, all outputs come.
    """
    _, told = await metadata(service, model_path(service))
    declared = {each["name"]: each for each in told.get("outputs") or () if isinstance(each, dict) and isinstance(each.get("name"), str)}
    if not declared:
        raise NotTested("the metadata of the model declares no outputs")
    exchange = (await plain(service)).exchange
    tensors = {tensor.name: tensor for tensor in outputs_of(exchange)}
    document = exchange.answer.document
    name = document.get("model_name") if isinstance(document, dict) else None
    if isinstance(name, str) and isinstance(told.get("name"), str) and name != told["name"]:
        raise Violation("the answer names another model", expected=told["name"], got=name, pointer="/model_name", exchange=exchange)
    if tensors.keys() != declared.keys():
        expected, got = ", ".join(sorted(declared)), ", ".join(sorted(tensors)) or "none"
        raise Violation(
            "the outputs are not those that the metadata lists", expected=expected, got=got, pointer="/outputs", exchange=exchange
        )
    for name, tensor in tensors.items():
        _agrees(tensor, declared[name], exchange)


def _agrees(tensor: Tensor, declared: Mapping[str, Any], exchange: Exchange) -> None:
    if tensor.datatype != declared.get("datatype"):
        expected = str(declared.get("datatype"))
        raise Violation(
            f"{tensor.name} has another datatype than in the metadata", expected=expected, got=tensor.datatype, exchange=exchange
        )
    shape = declared.get("shape")
    if not is_declared_shape(shape) or not isinstance(shape, list):
        return  # CLAS-API-001 says so
    if len(shape) != len(tensor.shape) or any(size not in (-1, given) for size, given in zip(shape, tensor.shape, strict=True)):
        got = str(list(tensor.shape))
        raise Violation(f"{tensor.name} has another shape than in the metadata", expected=str(shape), got=got, exchange=exchange)


@mutant("CLAS-API-005", also=("CLAS-RTE-001",))
async def labels_are_numbered_in_the_metadata(request: Request, call_next: CallNext) -> Response:
    """The metadata was written for an earlier model, which gave the number of the category."""

    def change(document: dict[str, Any]) -> None:
        document["outputs"][0]["datatype"] = "INT64"

    return await described(request, call_next, change)


@mutant("CLAS-API-005", also=("CLAS-RTE-001",))
async def one_category_was_added(request: Request, call_next: CallNext) -> Response:
    """The metadata was written when the model had one category less."""

    def change(document: dict[str, Any]) -> None:
        document["outputs"][1]["shape"][-1] -= 1

    return await described(request, call_next, change)


@mutant("CLAS-API-005", also=("CLAS-API-008", "CLAS-API-009", "CLAS-BIN-001", "CORE-LOG-002"))
async def an_output_is_not_told(request: Request, call_next: CallNext) -> Response:
    """The model gives an output for its makers that its metadata does not have."""

    def change(document: dict[str, Any]) -> None:
        document["outputs"].append({"name": "debug", "shape": [1], "datatype": "INT32", "data": [7]})

    return await inferred(request, call_next, change)


@mutant("CLAS-API-005", also=("CORE-LOG-002",))
async def the_model_has_its_file_name(request: Request, call_next: CallNext) -> Response:
    """Answers name the file that the model was read from."""
    return await inferred(request, call_next, lambda document: document.update(model_name=f"{document['model_name']}.json"))


@scenario("CLAS-API-011")
async def unknown_models_are_refused(service: Service) -> None:
    """A failed metadata or inference request MUST be indicated by an HTTP error status (typically 400; 404 is as right).

    A probe may say in another way that there is nothing to be ready; it does not say that it is.
    """
    path = f"/v2/models/nezinomas-{service.random.getrandbits(48):012x}"
    try:
        inputs = (await plain(service)).document["inputs"]  # nothing but the name is to blame, where they are right
    except NotTested:
        inputs = [{"name": "x", "shape": [1], "datatype": "INT32", "data": [1]}]
    asked = [await service.send("GET", path), await service.send("POST", f"{path}/infer", json={"inputs": inputs})]
    for exchange in asked:
        not_now(exchange)
        if exchange.status not in ABSENT and not 400 <= exchange.status < 500:
            raise Violation("a model that there is not is not refused", expected="404 or 400", got=str(exchange.status), exchange=exchange)
    ready = await service.send("GET", f"{path}/ready")
    told = ready.answer.document
    if ready.succeeded and not (isinstance(told, dict) and told.get("ready") is False):
        raise Violation("a model that there is not is ready", expected="404 or 400", got=str(ready.status), exchange=ready)


@mutant("CLAS-API-011", also=("CORE-ERR-003",))
async def any_model_name_will_do(request: Request, call_next: CallNext) -> Response:
    """Whatever model is asked, the one that is loaded answers."""
    answer = await call_next(request)
    if answer.status != 404 or not request.path.endswith("/infer") or "/versions/" in request.path:
        return answer
    server = await call_next(Request("GET", "/v2"))
    return await call_next(Request(request.method, f"/v2/models/{server.document['name']}/infer", request.headers, request.body))


@mutant("CLAS-API-011", also=("CORE-ERR-002",))
async def unknown_models_cannot_be_loaded(request: Request, call_next: CallNext) -> Response:
    """The server tries to load a model that it does not know, and fails."""
    answer = await call_next(request)
    unknown = answer.status == 404 and request.path.startswith("/v2/models/") and not request.path.endswith("/ready")
    return problem(answer, 500, "The model could not be loaded.") if unknown and "/versions/" not in request.path else answer


@scenario("CLAS-API-012")
async def listed_versions_can_be_asked(service: Service) -> None:
    """Model Metadata: versions are those that may be explicitly requested via the appropriate endpoint; others are not there."""
    path = model_path(service)
    _, told = await metadata(service, path)
    versions = [each for each in told.get("versions") or () if isinstance(each, str)]
    if not versions:
        raise NotApplicable("the metadata of the model lists no versions")
    asked = await plain(service)
    for version in versions[:2]:
        await _can_be_asked(service, f"{path}/versions/{quote(version, safe='')}", version, asked)
    unknown = f"{path}/versions/nezinoma-{service.random.getrandbits(32):08x}"
    exchange = await service.send("POST", f"{unknown}/infer", json=dict(asked.document))
    not_now(exchange)
    if exchange.succeeded:
        raise Violation("a version that there is not is served", expected="404 or 400", got=str(exchange.status), exchange=exchange)


async def _can_be_asked(service: Service, path: str, version: str, asked: Plain) -> None:
    exchanges = [
        await service.send("GET", path),
        await service.send("GET", f"{path}/ready"),
        await service.send("POST", f"{path}/infer", json=dict(asked.document)),
    ]
    for exchange in exchanges:
        not_now(exchange)
        if not exchange.succeeded:
            what = f"{exchange.request.method} {exchange.request.path}"
            raise Violation(
                f"a version that the metadata lists cannot be asked: {what}", expected="200", got=str(exchange.status), exchange=exchange
            )
    document = exchanges[-1].answer.document
    got = document.get("model_version") if isinstance(document, dict) else None
    if isinstance(got, str) and got != version:
        raise Violation("another version answers", expected=version, got=got, pointer="/model_version", exchange=exchanges[-1])


@mutant("CLAS-API-012")
async def the_newest_version_answers(request: Request, call_next: CallNext) -> Response:
    """Versions are listed by the registry; the server has one, and answers with it whatever version is asked for."""
    answer = await call_next(request)
    if answer.status != 404 or "/versions/" not in request.path or not request.path.endswith("/infer"):
        return answer
    path = request.path.partition("/versions/")[0] + "/infer"
    return await call_next(Request(request.method, path, request.headers, request.body))


@mutant("CLAS-API-012")
async def versions_are_listed_alone(request: Request, call_next: CallNext) -> Response:
    """Metadata lists versions, and the server has no paths for them."""
    answer = await call_next(request)
    return problem(answer, 404, "There is nothing here.") if "/versions/" in request.path else answer
