"""The reference routing services of Poland and Lithuania (profile classification/1): a small classifier behind the Open Inference Protocol."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import conformance.classification
from conformance.classification.tensors import BINARY, BYTES, HEADER_LENGTH, Tensor, count, nested, parted, read, with_bytes
from conformance.reference.classification.router import FALLBACK, Routed, Router, router
from conformance.reference.frame import Asked, Frame, json_answer
from conformance.reference.problems import Fault, Problem
from conformance.reference.records import Use
from conformance.reference.settings import profiles_served, settings_of
from conformance.reference.wire import Answer
from harness.exchange import Request

_HERE = Path(__file__).parent
_TEXT, _LABEL, _SCORES = "text", "label", "scores"


def create(country: str, *, token: str | None = None) -> Frame:
    """The reference routing service of a country (``pl`` or ``lt``) as an ASGI application.

    Args:
        country: ISO 3166-1 alpha-2 code in lower case.
        token: the bearer token to ask callers for; None lets anybody call.

    Raises:
        ValueError: there is no such service for the country.
    """
    settings = settings_of(_HERE, country)
    service = _Service(settings, router())
    return Frame(
        card=settings["card"],
        api=settings["api"],
        language=settings["language"],
        profiles=profiles_served(conformance.classification),
        handlers={
            "serverMetadata": service.server,
            "serverLive": service.live,
            "serverReady": service.ready,
            "modelMetadata": service.model,
            "modelVersionMetadata": service.model,
            "modelReady": service.model_ready,
            "modelVersionReady": service.model_ready,
            "infer": service.infer,
            "inferWithVersion": service.infer,
        },
        problem_texts=[_HERE / "problems.yaml"],
        problem_members=lambda problem: {"error": problem["detail"]},
        token=token,
        dependencies=lambda: {"model": True},
    )


class _Service:
    def __init__(self, settings: Mapping[str, Any], router: Router) -> None:
        self._card, self._ways, self._explanation = settings["card"], settings["tensors"], settings["explanation"]
        self._name: str = self._card["routing"]["model"]
        self._codes = [category["code"] for category in self._card["routing"]["categories"]]
        self._router = router
        if sorted(self._codes) != sorted(router.categories):
            raise ValueError(f"the card has other categories than the model: {self._codes}")

    async def server(self, asked: Asked) -> Answer:
        return json_answer({"name": self._name, "version": self._card["version"], "extensions": ["binary_tensor_data"]})

    async def live(self, asked: Asked) -> Answer:
        return json_answer({"live": True})

    async def ready(self, asked: Asked) -> Answer:
        return json_answer({"ready": True, "live": True})

    async def model(self, asked: Asked) -> Answer:
        self._refuse_unknown(asked)
        return json_answer(
            {
                "name": self._name,
                "versions": [self._ways["version"]],
                "platform": "govai_naivebayes",
                "inputs": [{"name": _TEXT, "datatype": BYTES, "shape": [-1, 1]}],
                "outputs": [
                    {"name": _LABEL, "datatype": BYTES, "shape": [-1, 1]},
                    {"name": _SCORES, "datatype": self._ways["scores"], "shape": [-1, len(self._codes)]},
                ],
            }
        )

    async def model_ready(self, asked: Asked) -> Answer:
        self._refuse_unknown(asked)
        return json_answer({"name": self._name, "ready": True})

    async def infer(self, asked: Asked) -> Answer:
        self._refuse_unknown(asked)
        request, inputs = _tensors(asked)
        texts = _texts(inputs)
        wanted = _wanted(request)
        routed = [self._router.route(text) for text in texts]
        outputs = [output for output in self._outputs(routed) if not wanted or output["name"] in wanted]
        answer = {"model_name": self._name, "model_version": self._ways["version"], "outputs": outputs}
        if request.get("id") is not None:
            answer["id"] = request["id"]
        use = Use("routed" if any(each.label != FALLBACK for each in routed) else "referred", self._name, [], self._explained(routed))
        as_bytes = {output["name"] for output in outputs if _is_binary(request, wanted.get(output["name"]))}
        return _with_binary(answer, as_bytes, use) if as_bytes else json_answer(answer, use=use)

    def _refuse_unknown(self, asked: Asked) -> None:
        """Raise :class:`Problem` for a model, or a version of it, that is not here."""
        if asked.path["model"] != self._name:
            raise Problem("unknown-model", models=self._name)
        if asked.path.get("version", self._ways["version"]) != self._ways["version"]:
            raise Problem("unknown-version", versions=self._ways["version"])

    def _outputs(self, routed: Sequence[Routed]) -> Iterator[dict[str, Any]]:
        labels = [each.label for each in routed]
        scores = [_rounded(each.scores[code], self._ways["scores"]) for each in routed for code in self._codes]
        for name, datatype, elements, width in ((_LABEL, BYTES, labels, 1), (_SCORES, self._ways["scores"], scores, len(self._codes))):
            shape = [len(routed), width]
            data = nested(elements, shape) if self._ways["nested"] else elements
            yield {"name": name, "shape": shape, "datatype": datatype, "data": data}

    def _explained(self, routed: Sequence[Routed]) -> dict[str, str]:
        labels = ", ".join(dict.fromkeys(each.label for each in routed))
        return {language: text.format(labels=labels) for language, text in self._explanation.items()}


def _rounded(number: float, datatype: str) -> float:
    """The number as the datatype holds it."""
    rounded: float = struct.unpack("<f", struct.pack("<f", number))[0] if datatype == "FP32" else number
    return rounded


def _tensors(asked: Asked) -> tuple[dict[str, Any], list[Tensor]]:
    """The JSON object of a request, and the tensors of its inputs. Raises :class:`Problem` where they are not as the standard has them."""
    try:
        document, content = parted(asked.request)
    except ValueError:
        raise Problem("invalid-request", faults=[Fault("", "length-of-header")]) from None
    if asked.request.media_type == BINARY and HEADER_LENGTH not in asked.request.headers:
        raise Problem("invalid-request", faults=[Fault("", "length-of-header")])
    if not asked.request.is_json:
        _refuse_misshapen(asked, document)
    try:
        return document, read(document["inputs"], content)
    except ValueError:
        raise Problem("invalid-request", faults=list(_misfits(document["inputs"]))) from None


def _refuse_misshapen(asked: Asked, document: Any) -> None:
    """Hold the JSON object of a binary request against the profile's schema, with nothing where its bytes stand."""
    inputs = document.get("inputs") if isinstance(document, dict) else None
    if isinstance(inputs, list):
        document = {**document, "inputs": [{"data": [], **each} if isinstance(each, dict) else each for each in inputs]}
    errors = asked.operation.request_errors(Request("POST", asked.request.url, body=json.dumps(document).encode()))
    if errors:
        raise Problem("invalid-request", faults=[Fault(error.pointer, "other") for error in errors])


def _misfits(inputs: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    """The tensors whose data is not what they say it is; all of them, where it is the bytes that do not add up."""
    found = False
    for number, each in enumerate(inputs):
        try:
            read([each], b"")
        except ValueError:
            found = True
            yield Fault(
                f"/inputs/{number}/data", "elements", {"count": count([int(size) for size in each["shape"]]), "datatype": each["datatype"]}
            )
    if not found:
        yield Fault("/inputs", "bytes")


def _texts(inputs: Sequence[Tensor]) -> list[str]:
    """The texts to be routed. Raises :class:`Problem` where the inputs are not those of the model."""
    faults = [Fault(f"/inputs/{number}/name", "input") for number, each in enumerate(inputs) if each.name != _TEXT]
    texts = [each for each in inputs if each.name == _TEXT]
    if len(texts) != 1:
        faults.append(Fault("/inputs", "one-text"))
    for number, each in enumerate(inputs):
        if each.name == _TEXT and (each.datatype != BYTES or len(each.shape) != 2 or each.shape[1] != 1 or not each.shape[0]):
            faults.append(Fault(f"/inputs/{number}", "shape-of-text"))
        elif each.name == _TEXT and any(isinstance(text, bytes) for text in each.elements):
            faults.append(Fault(f"/inputs/{number}", "characters"))
    if faults:
        raise Problem("invalid-request", faults=faults)
    return list(texts[0].elements)


def _wanted(request: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The outputs that a request names, none where it wants all. Raises :class:`Problem` for one that the model does not have."""
    named = request.get("outputs") or ()
    faults = [Fault(f"/outputs/{number}/name", "output") for number, each in enumerate(named) if each["name"] not in (_LABEL, _SCORES)]
    if faults:
        raise Problem("invalid-request", faults=faults)
    return {each["name"]: each for each in named}


def _is_binary(request: Mapping[str, Any], wanted: Mapping[str, Any] | None) -> bool:
    """Whether an output is wanted as bytes: as it is said of the output itself, else of all of them."""
    everything = (request.get("parameters") or {}).get("binary_data_output") is True
    own = ((wanted or {}).get("parameters") or {}).get("binary_data")
    return own if isinstance(own, bool) else everything


def _with_binary(answer: Mapping[str, Any], as_bytes: set[str], use: Use) -> Answer:
    """An answer with some of its outputs as bytes after the JSON object, in the order of the outputs."""
    written, contents = [], []
    for output in answer["outputs"]:
        if output["name"] in as_bytes:
            head, content = with_bytes({"outputs": [output]}, "outputs")
            written += json.loads(head)["outputs"]
            contents.append(content)
        else:
            written.append(output)
    head = json.dumps({**answer, "outputs": written}, ensure_ascii=False, separators=(",", ":")).encode()
    binary = json_answer(None, headers={HEADER_LENGTH: str(len(head))}, use=use)
    return replace(binary, media_type=BINARY, parts=(head + b"".join(contents),))
