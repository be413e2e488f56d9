"""Inference servers as others write them: correct by the Open Inference Protocol, and different from the references in every way that it allows."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

Rows = list[list[Any]]
Model = Callable[[Mapping[str, Rows]], Mapping[str, Rows]]
"""Takes the rows of each input, gives those of each output."""
TYPES: Mapping[str, type | tuple[type, ...]] = {
    "BYTES": str,
    "BOOL": bool,
    "FP32": (int, float),
    "FP64": (int, float),
    "INT64": int,
    "UINT8": int,
}


@dataclass(frozen=True)
class Foreign:
    """A server with one model. ``slash`` is the path of the standard's document, /v2/; ``unknown`` is its status for a model that it does not
    have, ``versions`` those that it lists.
    """

    name: str
    inputs: Mapping[str, tuple[str, Sequence[int]]]
    outputs: Mapping[str, tuple[str, Sequence[int]]]
    model: Model
    unknown: int = 404
    versions: Sequence[str] = ()
    chunked: bool = False
    extra: bool = False
    empty_health: bool = False
    slash: bool = False
    media_type: str = "application/json"

    def app(self) -> Starlette:
        """The server as an ASGI application."""
        routes = [
            Route("/v2/" if self.slash else "/v2", self._server),
            Route("/v2/health/live", self._health),
            Route("/v2/health/ready", self._health),
        ]
        for path in ("/v2/models/{model}", *(("/v2/models/{model}/versions/{version}",) if self.versions else ())):
            routes += [
                Route(path, self._metadata),
                Route(f"{path}/ready", self._ready),
                Route(f"{path}/infer", self._infer, methods=["POST"]),
            ]
        return Starlette(routes=routes, exception_handlers={HTTPException: _refused})

    def _say(self, value: dict[str, Any]) -> Response:
        if self.extra:
            value = {"x_vendor": {"build": [1, None]}, **dict(reversed(value.items()))}
        body = json.dumps(value, indent=2 if self.chunked else None, ensure_ascii=self.chunked).encode()
        if not self.chunked:
            return Response(body, media_type=self.media_type)

        async def parts() -> AsyncIterator[bytes]:
            for start in range(0, len(body), 40):
                yield body[start : start + 40]

        return StreamingResponse(parts(), media_type=self.media_type)

    async def _server(self, request: Request) -> Response:
        return self._say({"name": "foreign", "version": "23.10-py3", "extensions": ["classification", "sequence"] if self.extra else []})

    async def _health(self, request: Request) -> Response:
        return Response(status_code=200) if self.empty_health else self._say({"live": True})

    def _known(self, request: Request) -> None:
        if request.path_params["model"] != self.name:
            raise HTTPException(self.unknown, "Request for unknown model")
        if request.path_params.get("version", (*self.versions, "")[0]) not in (*self.versions, ""):
            raise HTTPException(self.unknown, "Request for unknown version")

    async def _ready(self, request: Request) -> Response:
        self._known(request)
        return Response(status_code=200) if self.empty_health else self._say({"name": self.name, "ready": True})

    async def _metadata(self, request: Request) -> Response:
        self._known(request)
        tensors = {
            side: [{"name": name, "datatype": datatype, "shape": list(shape)} for name, (datatype, shape) in declared.items()]
            for side, declared in (("inputs", self.inputs), ("outputs", self.outputs))
        }
        versions = {"versions": list(self.versions)} if self.versions else {}
        return self._say({"name": self.name, "platform": "", **versions, **tensors})

    async def _infer(self, request: Request) -> Response:
        self._known(request)
        asked = await _read(request)
        given = self.model({name: self._rows(asked, name, *self.inputs[name]) for name in self.inputs})
        wanted = [each["name"] for each in asked.get("outputs") or ()] or list(self.outputs)
        if not set(wanted) <= self.outputs.keys():
            raise HTTPException(400, "unexpected output")
        outputs = []
        for name in wanted:
            flat = [element for row in given[name] for element in row]
            shape: list[float] = [len(given[name]), *([len(given[name][0])] if len(self.outputs[name][1]) > 1 else [])]
            tensor = {"name": name, "datatype": self.outputs[name][0], "shape": [float(size) for size in shape] if self.extra else shape}
            outputs.append(
                {**tensor, "data": given[name] if self.extra and len(shape) > 1 else flat, **({"parameters": None} if self.extra else {})}
            )
        answer: dict[str, Any] = {"model_name": self.name, "outputs": outputs}
        if self.extra:
            answer |= {"model_version": None, "parameters": None, "id": asked.get("id", "0f3c")}
        elif "id" in asked:
            answer["id"] = asked["id"]
        return self._say(answer)

    def _rows(self, asked: Mapping[str, Any], name: str, datatype: str, shape: Sequence[int]) -> Rows:
        tensor = next((each for each in asked["inputs"] if each["name"] == name), None)
        if tensor is None or tensor["datatype"] != datatype:
            raise HTTPException(400, f"expected input {name} of {datatype}")
        sizes = [int(size) for size in tensor["shape"]]
        if len(sizes) != len(shape) or any(size not in (-1, given) for size, given in zip(shape, sizes, strict=True)):
            raise HTTPException(400, f"unexpected shape for input {name}")
        flat = _flat(tensor["data"])
        total = 1
        for size in sizes:
            total *= size
        if len(flat) != total or not flat or not all(isinstance(each, TYPES[datatype]) for each in flat):
            raise HTTPException(400, f"unexpected data for input {name}")
        width = total // sizes[0]
        return [flat[start : start + width] for start in range(0, total, width)]


async def _read(request: Request) -> dict[str, Any]:
    if (request.headers.get("content-type") or "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "expected application/json")
    try:
        asked = json.loads((await request.body()).decode(), parse_constant=_no_constant)
        if not isinstance(asked["inputs"], list) or not isinstance(asked.get("id", ""), str):
            raise TypeError
        for each in asked["inputs"]:
            _ = each["name"] + each["datatype"], [*each["data"]]
            if not all(float(size).is_integer() and size >= 0 and not isinstance(size, bool | str) for size in each["shape"]):
                raise TypeError
        for each in asked.get("outputs") or ():
            _ = each["name"] + ""
    except HTTPException:
        raise
    except Exception:
        raise HTTPException(400, "failed to parse the request") from None
    found: dict[str, Any] = asked
    return found


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _flat(data: Any) -> list[Any]:
    return [element for item in data for element in (_flat(item) if isinstance(item, list) else [item])]


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, status_code=error.status_code, headers=error.headers)


def _species(rows: Mapping[str, Rows]) -> Mapping[str, Rows]:
    return {"species": [[int(sum(row)) % 3] for row in rows["x"]], "probability": [[0.5, 0.25, 0.25] for _ in rows["x"]]}


def _letters(rows: Mapping[str, Rows]) -> Mapping[str, Rows]:
    return {"language": [["lt" if "ė" in row[0] else "pl"] for row in rows["text"]]}


FOREIGN = {
    "numbers, chunks, other members and orders": Foreign(
        "iris",
        {"x": ("FP32", (-1, 4))},
        {"species": ("INT64", (-1,)), "probability": ("FP64", (-1, 3))},
        _species,
        unknown=400,
        chunked=True,
        extra=True,
        media_type="application/json; charset=utf-8",
    ),
    "two inputs of fixed sizes, versions": Foreign(
        "two.inputs-v1",
        {"flags": ("BOOL", (1, 2)), "levels": ("UINT8", (1, 3))},
        {"sum": ("INT64", (1, 1))},
        lambda rows: {"sum": [[sum(rows["levels"][0]) + sum(rows["flags"][0])]]},
        versions=("7", "8"),
        empty_health=True,
        slash=True,
    ),
    "a text of its own kind": Foreign("language", {"text": ("BYTES", (-1,))}, {"language": ("BYTES", (-1,))}, _letters),
}
"""Servers of class base, by what is particular to them."""
