"""Tensors as the Open Inference Protocol writes them: as JSON (inference_rest.md, Tensor Data), or as bytes after the JSON object (the binary
tensor data extension of Triton Inference Server, extension_binary_data.md).
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.exchange import NotJSON, Request, Response, parse_json

HEADER_LENGTH = "Inference-Header-Content-Length"
"""The header with the length of the JSON object, where bytes of tensors follow it."""
BINARY = "application/octet-stream"
BYTES = "BYTES"
FLOATS = frozenset({"FP16", "FP32", "FP64", "BF16"})
UNWRITTEN = frozenset({"FP16", "BF16"})
"""What the standard has no way to write in JSON (Tensor Data)."""

_FORMATS = {
    "BOOL": "?", "UINT8": "B", "UINT16": "H", "UINT32": "I", "UINT64": "Q", "INT8": "b", "INT16": "h", "INT32": "i", "INT64": "q",
    "FP16": "e", "FP32": "f", "FP64": "d",
}  # fmt: skip
DATATYPES = frozenset({*_FORMATS, BYTES, "BF16"})
"""The standard's datatypes, and BF16, which it mentions and some servers have."""


@dataclass(frozen=True)
class Tensor:
    """A tensor with its elements in row-major order: numbers, truth values or texts; of BYTES that are no UTF-8, bytes."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    elements: tuple[Any, ...]

    @property
    def rows(self) -> list[tuple[Any, ...]]:
        """The elements by their first dimension; one row where there is none."""
        if not self.shape:
            return [self.elements]
        width = count(self.shape[1:])
        return [self.elements[row * width : (row + 1) * width] for row in range(self.shape[0])]


def count(shape: Sequence[int]) -> int:
    """How many elements a tensor of this shape has."""
    return math.prod(shape)


def flattened(data: Any, shape: Sequence[int]) -> list[Any]:
    """The elements of ``data``, which is flat, or nested as the shape says.

    Raises:
        ValueError: it is neither, or holds another number of elements; the text says what it holds.
    """
    if not isinstance(data, list):
        raise ValueError("the data is no list")
    if any(isinstance(item, list) for item in data):
        return list(_nested(data, list(shape)))
    if len(data) != count(shape):
        raise ValueError(f"{len(data)} elements")
    return data


def _nested(data: Any, shape: list[int]) -> Iterator[Any]:
    if not shape:
        if isinstance(data, list):
            raise ValueError("nested more deeply than the shape")
        yield data
        return
    if not isinstance(data, list):
        raise ValueError("nested less deeply than the shape")
    if len(data) != shape[0]:
        raise ValueError(f"{len(data)} where the shape says {shape[0]}")
    for item in data:
        yield from _nested(item, shape[1:])


def nested(elements: Sequence[Any], shape: Sequence[int]) -> list[Any]:
    """The elements as lists within lists."""
    if len(shape) <= 1:
        return list(elements)
    width = count(shape[1:])
    return [nested(elements[row * width : (row + 1) * width], shape[1:]) for row in range(shape[0])]


def fits(value: Any, datatype: str) -> bool:
    """Whether a JSON value can be an element of this datatype. 1.0 is an integer (JSON has one kind of number), 0 and 1 are truth values."""
    if datatype == BYTES:
        return isinstance(value, str)
    if datatype == "BOOL":
        return isinstance(value, bool) or value in (0, 1)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if datatype in FLOATS:
        return True
    if datatype not in _FORMATS:
        return True  # a datatype of the server's own
    low, high = _range(datatype)
    return float(value).is_integer() and low <= value <= high


def _range(datatype: str) -> tuple[int, int]:
    bits = int(datatype.lstrip("UINT"))
    return (0, 2**bits - 1) if datatype.startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def packed(elements: Sequence[Any], datatype: str) -> bytes:
    """The elements as bytes, little-endian; of BYTES each with its length before it.

    Raises:
        ValueError: the datatype has no form here, or an element does not fit it.
    """
    if datatype == BYTES:
        texts = [element if isinstance(element, bytes) else str(element).encode() for element in elements]
        return b"".join(struct.pack("<I", len(text)) + text for text in texts)
    if datatype not in _FORMATS:
        raise ValueError(f"{datatype} cannot be written as bytes here")
    try:
        return struct.pack(f"<{len(elements)}{_FORMATS[datatype]}", *elements)
    except struct.error as error:
        raise ValueError(str(error)) from None


def unpacked(content: bytes, datatype: str) -> list[Any]:
    """The reverse of :func:`packed`. Raises :class:`ValueError` where the bytes are not whole elements."""
    if datatype == BYTES:
        return list(_texts(content))
    if datatype not in _FORMATS:
        raise ValueError(f"{datatype} cannot be read as bytes here")
    size = struct.calcsize(f"<{_FORMATS[datatype]}")
    if len(content) % size:
        raise ValueError(f"{len(content)} bytes are not whole elements of {datatype}")
    return list(struct.unpack(f"<{len(content) // size}{_FORMATS[datatype]}", content))


def _texts(content: bytes) -> Iterator[str | bytes]:
    place = 0
    while place < len(content):
        if place + 4 > len(content):
            raise ValueError("bytes are left over after the last text")
        (length,) = struct.unpack_from("<I", content, place)
        text = content[place + 4 : place + 4 + length]
        if len(text) < length:
            raise ValueError("a text is shorter than its length says")
        place += 4 + length
        try:
            yield text.decode()
        except UnicodeDecodeError:
            yield text


def parted(message: Request | Response) -> tuple[Any, bytes]:
    """The JSON value of a body, and the bytes after it, where a header says how long it is.

    Raises:
        ValueError: the header's length does not fit the body, or what it covers is no JSON.
    """
    length = message.headers.get(HEADER_LENGTH)
    if length is None:
        return message.document, b""
    if not length.strip().isdecimal() or int(length) > len(message.body):
        raise ValueError(f"{HEADER_LENGTH} is {length}, the body has {len(message.body)} bytes")
    try:
        return parse_json(message.body[: int(length)]), message.body[int(length) :]
    except NotJSON as error:
        raise ValueError(f"the first {length} bytes of the body are no JSON: {error}") from None


def read(tensors: Any, content: bytes) -> list[Tensor]:
    """The tensors of a request or answer: its ``inputs`` or ``outputs``, and the bytes after its JSON object.

    Raises:
        ValueError: one is not as the standard writes it; the text names it.
    """
    if not isinstance(tensors, list):
        raise ValueError("there is no list of tensors")
    found, place = [], 0
    for each in tensors:
        if not isinstance(each, dict):
            raise ValueError("a tensor is no object")
        name, datatype, shape = str(each.get("name")), str(each.get("datatype")), each.get("shape")
        if not isinstance(shape, list) or not all(isinstance(size, int | float) and size >= 0 for size in shape):
            raise ValueError(f"the shape of {name} is {shape}")
        shape = [int(size) for size in shape]
        size = _binary_size(each)
        try:
            if size is None:
                elements = flattened(each.get("data"), shape)
                wrong = next((element for element in elements if not fits(element, datatype)), None)
                if wrong is not None or None in elements:
                    raise ValueError(f"no value of {datatype}: {json.dumps(wrong, ensure_ascii=False)}")
            else:
                if place + size > len(content):
                    raise ValueError(f"its {size} bytes are not all there")
                elements = unpacked(content[place : place + size], datatype)
                place += size
                if len(elements) != count(shape):
                    raise ValueError(f"{len(elements)} elements")
        except ValueError as error:
            raise ValueError(f"tensor {name} of shape {shape}: {error}") from None
        found.append(Tensor(name, datatype, tuple(shape), tuple(elements)))
    if place != len(content):
        raise ValueError(f"{len(content) - place} bytes belong to no tensor")
    return found


def _binary_size(tensor: Mapping[str, Any]) -> int | None:
    parameters = tensor.get("parameters")
    size = parameters.get("binary_data_size") if isinstance(parameters, dict) else None
    return size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None


def with_bytes(document: Mapping[str, Any], member: str) -> tuple[bytes, bytes]:
    """A request or answer with the tensors of ``member`` (``inputs`` or ``outputs``) as bytes: its JSON object, and what comes after it.

    Raises:
        ValueError: as :func:`packed`, or the tensors are not as the standard writes them.
    """
    contents, written = [], []
    for tensor, each in zip(read(document[member], b""), document[member], strict=True):
        contents.append(packed(tensor.elements, tensor.datatype))
        kept = {name: value for name, value in each.items() if name != "data"}
        written.append({**kept, "parameters": {**(each.get("parameters") or {}), "binary_data_size": len(contents[-1])}})
    head = json.dumps({**document, member: written}, ensure_ascii=False).encode()
    return head, b"".join(contents)
