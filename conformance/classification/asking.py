"""How the scenarios of this profile ask: any model with the plain request of the run, the routing model with texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from conformance.classification.binding import TEXT, is_declared_shape
from conformance.classification.tensors import BYTES, FLOATS, Tensor, count, parted, read
from conformance.core.asking import not_now
from conformance.core.reading import excerpt, parses
from harness.checks import NotTested, Service
from harness.exchange import Exchange, Response

INFERENCE = ("infer", "inferWithVersion")
METADATA = ("modelMetadata", "modelVersionMetadata")
ROWS = 16
"""How many texts are sent at once, at most."""


def is_inference(exchange: Exchange) -> bool:
    """Whether a model was asked, with success or without."""
    return exchange.operation is not None and exchange.operation.id in INFERENCE


def was_inferred(exchange: Exchange) -> bool:
    """Whether a model was asked and gave an answer that can be read."""
    answer = exchange.response
    return is_inference(exchange) and exchange.succeeded and answer is not None and (not answer.is_json or parses(answer))


def outputs(answer: Response) -> list[Tensor]:
    """The output tensors of an answer. Raises :class:`ValueError` where they are not as the standard has them (CLAS-API-002, CLAS-API-004)."""
    document, content = parted(answer)
    if not isinstance(document, dict):
        raise ValueError("the answer is no object")
    return read(document.get("outputs"), content)


def outputs_of(exchange: Exchange) -> list[Tensor]:
    """As :func:`outputs`; where they cannot be read nothing can be said here. Raises :class:`NotTested`."""
    try:
        return outputs(exchange.answer)
    except ValueError as error:
        raise NotTested(f"the outputs of an answer cannot be read: {error}") from None


def model_path(service: Service) -> str:
    """The path of the model under test. Raises :class:`NotTested` where none is known."""
    model = service.variables.get("model")
    if not isinstance(model, str):
        raise NotTested("the service card names no model: give one with --set model=NAME")
    return f"/v2/models/{quote(model, safe='')}"


async def server(service: Service) -> Exchange:
    """The metadata of the server, or what came instead: the standard's text has the path /v2, its document /v2/."""
    exchange = await service.send("GET", "/v2")
    return exchange if exchange.succeeded else await service.send("GET", "/v2/")


async def metadata(service: Service, path: str) -> tuple[Exchange, Mapping[str, Any]]:
    """The metadata of the model (or version) at a path. Raises :class:`NotTested` where it cannot be read."""
    exchange = await service.send("GET", path)
    if not exchange.succeeded or not isinstance(exchange.answer.document, dict):
        raise NotTested(f"the metadata of the model cannot be read: GET {path} is answered with {exchange.status}")
    return exchange, exchange.answer.document


@dataclass(frozen=True)
class Plain:
    """The plain request of the run that the model served: where it goes, what it holds, and the exchange."""

    path: str
    document: Mapping[str, Any]
    exchange: Exchange

    def with_members(self, **members: Any) -> dict[str, Any]:
        """What the request holds, with other members."""
        return {**self.document, **members}


async def plain(service: Service) -> Plain:
    """A plain request that is served.

    Raises:
        NotTested: none is, or tensors for the model could not be made.
    """
    request = service.sample("POST")
    document = request.document
    if not request.path.endswith("/infer") or not isinstance(document, dict) or not isinstance(document.get("inputs"), list):
        raise NotTested("the run has no plain request of this profile")
    exchange = await service.send("POST", request.path, json=document)
    if not exchange.succeeded:
        got = f"{exchange.status} {excerpt(exchange.answer.text)}"
        raise NotTested(f"the model refuses tensors made from its metadata ({got}): give some that it takes with --set inputs=[...]")
    return Plain(request.path, document, exchange)


def same(one: Sequence[Tensor], other: Sequence[Tensor], tolerance: float = 1e-3) -> bool:
    """Whether two answers hold the same tensors, in whatever order; numbers may differ by the tolerance, relative to numbers above 1."""
    others = {tensor.name: tensor for tensor in other}
    if len(one) != len(other) or {tensor.name for tensor in one} != others.keys():
        return False
    return all(
        tensor.shape == others[tensor.name].shape
        and all(_alike(a, b, tolerance) for a, b in zip(tensor.elements, others[tensor.name].elements, strict=True))
        for tensor in one
    )


def _alike(one: Any, other: Any, tolerance: float) -> bool:
    if isinstance(one, str | bytes) or isinstance(other, str | bytes):
        return bool(one == other)
    return bool(abs(one - other) <= tolerance * max(1.0, abs(one), abs(other)))


@dataclass(frozen=True)
class Row:
    """What one text was given: its label, the scores, and the exchange that it was part of."""

    label: str
    scores: tuple[float, ...]
    exchange: Exchange

    def is_sure(self, margin: float = 1e-3) -> bool:
        """Whether no second category is as likely."""
        ranked = sorted(self.scores, reverse=True)
        return len(ranked) < 2 or ranked[0] - ranked[1] > margin


@dataclass(frozen=True)
class Routing:
    """The routing model that a service card declares, and what its metadata says that it takes."""

    path: str
    codes: tuple[str, ...]
    fallback: str | None
    flip_rate: float | None
    inputs: Sequence[Mapping[str, Any]]
    outputs: Sequence[Mapping[str, Any]]
    shown: Exchange

    @property
    def text(self) -> Mapping[str, Any] | None:
        """What the metadata says of the input for texts, where it is one."""
        return _tensor(self.inputs, TEXT, {BYTES})

    @property
    def takes_batches(self) -> bool:
        """Whether the number of texts varies."""
        return (
            self.text is not None and bool(self.text["shape"]) and self.text["shape"][0] == -1 and 0 < abs(count(self.text["shape"])) <= 1
        )


def _tensor(tensors: Sequence[Mapping[str, Any]], name: str, datatypes: set[str] | frozenset[str]) -> Mapping[str, Any] | None:
    found = next((each for each in tensors if each.get("name") == name), None)
    right = found is not None and found.get("datatype") in datatypes and is_declared_shape(found.get("shape"))
    return found if right else None


def label_and_scores(routing: Routing) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    """What the metadata says of the two outputs of a routing model, where they are that."""
    return _tensor(routing.outputs, "label", {BYTES}), _tensor(routing.outputs, "scores", FLOATS)


async def routing(service: Service) -> Routing:
    """The routing model of the service.

    Raises:
        NotTested: the card declares none, or its metadata cannot be read.
    """
    declared = service.card.get("routing")
    if not isinstance(declared, dict) or not isinstance(declared.get("model"), str):
        raise NotTested("the service card declares no routing model (routing.model)")
    path = f"/v2/models/{quote(declared['model'], safe='')}"
    shown, document = await metadata(service, path)
    rate = declared.get("flipRate")
    return Routing(
        path,
        tuple(_codes(declared)),
        declared.get("fallback") if isinstance(declared.get("fallback"), str) else None,
        float(rate) if isinstance(rate, int | float) and not isinstance(rate, bool) else None,
        _objects(document.get("inputs")),
        _objects(document.get("outputs")),
        shown,
    )


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _codes(declared: Mapping[str, Any]) -> Iterator[str]:
    for category in _objects(declared.get("categories")):
        if isinstance(category.get("code"), str):
            yield category["code"]


async def route(service: Service, to: Routing, texts: Sequence[str], *, rows: int = ROWS) -> list[Row]:
    """What each of the texts is given, so many of them in one request where the model takes that many.

    Raises:
        NotTested: the model does not take texts (CLAS-RTE-001), refuses them, or gives no label and scores for each.
    """
    step = rows if to.takes_batches else 1
    found: list[Row] = []
    for start in range(0, len(texts), step):
        part = texts[start : start + step]
        exchange = await service.send("POST", f"{to.path}/infer", json={"inputs": inputs(to, part)})
        not_now(exchange)
        if not exchange.succeeded:
            raise NotTested(f"the routing model refuses texts: {exchange.status} {excerpt(exchange.answer.text)}")
        found += _rows(exchange, len(part))
    return found


def inputs(to: Routing, texts: Sequence[str]) -> list[dict[str, Any]]:
    """The inputs of a request with these texts. Raises :class:`NotTested` where the model takes something else as well, or no text."""
    if to.text is None or len(to.inputs) > 1:
        raise NotTested("the routing model does not take texts and nothing else (CLAS-RTE-001)")
    shape = [len(texts) if to.takes_batches and not place else 1 for place in range(len(to.text["shape"]))]
    return [{"name": TEXT, "shape": shape, "datatype": BYTES, "data": list(texts)}]


def _rows(exchange: Exchange, number: int) -> Iterator[Row]:
    tensors = {tensor.name: tensor for tensor in outputs_of(exchange)}
    if not {"label", "scores"} <= tensors.keys():
        raise NotTested("the routing model gives no label and scores (CLAS-RTE-001)")
    labels, scores = tensors["label"], tensors["scores"]
    if len(labels.elements) != number or not labels.elements or len(scores.elements) % number:
        raise NotTested("the routing model does not give one label and one row of scores for each text (CLAS-RTE-002, CLAS-RTE-003)")
    width = len(scores.elements) // number
    for row, label in enumerate(labels.elements):
        yield Row(str(label), tuple(scores.elements[row * width : (row + 1) * width]), exchange)
