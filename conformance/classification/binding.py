"""What vectors send to a model that nobody knew before: tensors made from what its metadata declares (``x-variables`` of the profile)."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.classification.tensors import BYTES, DATATYPES, FLOATS, UNWRITTEN, count
from harness.checks import maker

FILLER = "Kur gauti pasą?"
"""Running text with a letter outside ASCII: what stands in every text of a tensor that is made."""
LARGEST = 1_000_000
"""How many elements a tensor that is made has at most: some megabytes of JSON."""
TEXT = "text"
"""The input of a routing model."""


@maker("filled-tensors")
def filled(inputs: Any) -> list[Any]:
    """The inputs of a request: of each declared tensor one with all its elements. Sizes that vary become 1, numbers 1, truth values true.

    Raises:
        ValueError: nothing is declared, a datatype cannot be written in JSON, or there is too much of it.
    """
    return [_tensor(each, [1 if size == -1 else size for size in each["shape"]]) for each in declared(inputs)]


def declared(inputs: Any) -> Sequence[Mapping[str, Any]]:
    """The tensors that the metadata of a model declares as its inputs.

    Raises:
        ValueError: there is none, or one is not as the standard has it.
    """
    if not isinstance(inputs, list) or not inputs:
        raise ValueError("the model's metadata declares no inputs")
    for each in inputs:
        if not isinstance(each, dict) or not isinstance(each.get("name"), str) or each.get("datatype") not in DATATYPES:
            raise ValueError("an input of the model has no name or no datatype of the standard")
        if not is_declared_shape(each.get("shape")):
            raise ValueError("an input of the model has no shape")
        if each["datatype"] in UNWRITTEN:
            raise ValueError(f"the model takes {each['datatype']}, which the standard has no way to write in JSON")
    return inputs


def is_declared_shape(shape: Any) -> bool:
    """Whether this is a shape as metadata has it: sizes, -1 where they vary."""
    return isinstance(shape, list) and all(isinstance(size, int) and not isinstance(size, bool) and size >= -1 for size in shape)


def _tensor(declaration: Mapping[str, Any], shape: Sequence[int]) -> dict[str, Any]:
    datatype = declaration["datatype"]
    if count(shape) > LARGEST:
        raise ValueError(f"an input of the model has {count(shape)} elements, too many to make up")
    element = FILLER if datatype == BYTES else True if datatype == "BOOL" else 1.0 if datatype in FLOATS else 1
    return {"name": declaration["name"], "shape": list(shape), "datatype": datatype, "data": [element] * count(shape)}


def _only(inputs: Any) -> Mapping[str, Any]:
    tensors: list[dict[str, Any]] = filled(inputs)
    if len(tensors) > 1:
        raise ValueError("the model has more than one input")
    return tensors[0]


@maker("name-of-the-only-input")
def only_name(inputs: Any) -> Any:
    """The parts of the one tensor, apart, so that a vector can have something else in the place of one of them."""
    return _only(inputs)["name"]


@maker("shape-of-the-only-input")
def only_shape(inputs: Any) -> Any:
    """As above."""
    return _only(inputs)["shape"]


@maker("datatype-of-the-only-input")
def only_datatype(inputs: Any) -> Any:
    """As above."""
    return _only(inputs)["datatype"]


@maker("data-of-the-only-input")
def only_data(inputs: Any) -> Any:
    """As above."""
    return _only(inputs)["data"]


@maker("tensors-with-too-few-elements")
def too_few(inputs: Any) -> Any:
    """Inputs, the first of which has less data than its shape says: one size more where sizes vary, else one element less."""
    tensors = filled(inputs)
    first, varies = tensors[0], [place for place, size in enumerate(declared(inputs)[0]["shape"]) if size == -1]
    if varies:
        first["shape"][varies[0]] = 2
    elif first["data"]:
        first["data"].pop()
    else:
        raise ValueError("the first input of the model has no elements")
    return tensors


@maker("tensors-with-too-many-elements")
def too_many(inputs: Any) -> Any:
    """Inputs, the first of which has one element more than its shape says."""
    tensors = filled(inputs)
    tensors[0]["data"] = [*tensors[0]["data"], *copy.deepcopy(tensors[0]["data"][:1] or [FILLER])]
    return tensors


@maker("shape-of-one-text")
def shape_of_one_text(inputs: Any) -> list[int]:
    """The shape of one text for a model that takes ``text`` and nothing else, as a routing model does.

    Raises:
        ValueError: the model takes something else.
    """
    only = _only(inputs)
    if (only["name"], only["datatype"]) != (TEXT, BYTES) or count(only["shape"]) != 1:
        raise ValueError("the model does not take one text (an input called text, of BYTES)")
    shape: list[int] = only["shape"]
    return shape
