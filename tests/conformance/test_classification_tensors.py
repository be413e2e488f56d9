"""Tensors as the Open Inference Protocol writes them, and those that are made from metadata."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.classification.binding import filled, only_data, shape_of_one_text, too_few, too_many
from conformance.classification.tensors import fits, flattened, nested, packed, parted, read, unpacked, with_bytes
from harness.exchange import Headers, Request


def tensor(datatype: str, shape: list[Any], data: list[Any]) -> dict[str, Any]:
    return {"name": "t", "datatype": datatype, "shape": shape, "data": data}


RIGHT = [
    tensor("FP32", [2, 2], [1, 2.5, 3, 4e9]),
    tensor("FP32", [2, 2], [[1, 2.5], [3, 4]]),
    tensor("INT8", [2.0], [-128, 127.0]),
    tensor("UINT64", [1], [2**64 - 1]),
    tensor("BOOL", [3], [True, False, 1]),
    tensor("BYTES", [1, 1], [["ąė"]]),
    tensor("BYTES", [0], []),
    tensor("INT32", [], [7]),
    tensor("STRANGE", [1], [1]),
]
WRONG = [
    tensor("FP32", [2, 2], [1, 2, 3]),
    tensor("FP32", [2, 2], [[1, 2], [3]]),
    tensor("FP32", [2, 2], [[1, 2], 3]),
    tensor("FP32", [2], [[[1], [2]]]),
    tensor("FP32", [1], ["1.0"]),
    tensor("FP32", [1], [None]),
    tensor("FP32", [1], [True]),
    tensor("UINT8", [1], [256]),
    tensor("INT64", [1], [0.5]),
    tensor("BYTES", [1], [1]),
    tensor("INT32", [-1], [1]),
    tensor("INT32", ["1"], [1]),
]


@pytest.mark.parametrize("each", RIGHT, ids=json.dumps)
def test_what_the_standard_allows_is_read(each: dict[str, Any]) -> None:
    (found,) = read([each], b"")
    assert found.name == "t"


@pytest.mark.parametrize("each", WRONG, ids=json.dumps)
def test_what_it_does_not_is_told(each: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^t"):
        read([each], b"")


def test_nested_and_flat_are_each_others_reverse() -> None:
    assert nested(flattened([[[1, 2]], [[3, 4]]], [2, 1, 2]), [2, 1, 2]) == [[[1, 2]], [[3, 4]]]


@pytest.mark.parametrize(
    ("datatype", "elements"),
    [("UINT32", [1, 2**32 - 1]), ("BOOL", [True, False]), ("FP64", [0.1, -1e300]), ("BYTES", ["", "ąė", "x"]), ("INT16", [])],
)
def test_bytes_are_read_as_they_were_written(datatype: str, elements: list[Any]) -> None:
    assert unpacked(packed(elements, datatype), datatype) == elements
    assert packed([2, 3], "UINT16") == b"\x02\x00\x03\x00"  # little-endian


@pytest.mark.parametrize("content", [b"\x05\x00\x00\x00abc", b"\x01\x00"])
def test_texts_that_are_cut_are_told(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        unpacked(content, "BYTES")


def test_a_request_with_bytes_is_the_request_in_json() -> None:
    document = {
        "id": "1",
        "inputs": [tensor("UINT32", [2, 2], [[1, 2], [4, 5]]), {**tensor("BOOL", [3], [True, False, True]), "name": "u"}],
    }
    head, content = with_bytes(document, "inputs")
    assert len(content) == 19  # as in the example of the extension
    request = Request("POST", "/", Headers({"Inference-Header-Content-Length": str(len(head))}), head + content)
    told, rest = parted(request)
    assert [each.elements for each in read(told["inputs"], rest)] == [(1, 2, 4, 5), (True, False, True)]
    with pytest.raises(ValueError, match="1 bytes belong to no tensor"):
        read(told["inputs"], rest + b"\0")


@pytest.mark.parametrize("datatype", ["BOOL", "INT8", "UINT64", "FP32", "BYTES"])
def test_tensors_are_made_for_any_shape(datatype: str) -> None:
    declared = [{"name": "a", "datatype": datatype, "shape": [-1, 3, -1]}, {"name": "b", "datatype": "FP64", "shape": []}]
    made = filled(declared)
    assert [each.shape for each in read(made, b"")] == [(1, 3, 1), ()]
    assert all(fits(element, datatype) for element in made[0]["data"])
    for wrong in (too_few(declared), too_many(declared), too_few([{"name": "a", "datatype": datatype, "shape": [2]}])):
        with pytest.raises(ValueError, match="elements"):
            read(wrong, b"")


@pytest.mark.parametrize(
    ("declared", "why"),
    [
        (None, "declares no inputs"),
        ([], "declares no inputs"),
        ([{"name": "a", "datatype": "FP16", "shape": [1]}], "no way to write"),
        ([{"name": "a", "datatype": "float", "shape": [1]}], "no datatype of the standard"),
        ([{"name": "a", "datatype": "FP32", "shape": None}], "no shape"),
        ([{"name": "a", "datatype": "FP32", "shape": [4096, 4096]}], "too many to make up"),
    ],
)
def test_why_tensors_cannot_be_made(declared: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        filled(declared)


def test_the_parts_of_a_tensor_are_for_models_with_one_input() -> None:
    one = [{"name": "text", "datatype": "BYTES", "shape": [-1, 1]}]
    assert (only_data(one), shape_of_one_text(one)) == (["Kur gauti pasą?"], [1, 1])
    with pytest.raises(ValueError, match="more than one input"):
        only_data([*one, *one])
    with pytest.raises(ValueError, match="does not take one text"):
        shape_of_one_text([{"name": "text", "datatype": "BYTES", "shape": [-1, 2]}])
