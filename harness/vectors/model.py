"""One vector, and how its variables are bound to what a participant declares."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

import msgspec

from harness.exchange import Headers, Request

Kind = Literal["valid", "boundary", "invalid"]

_VARIABLE = re.compile(r"\$\{([a-z][a-z_]*)\}")


class VectorRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The request of a vector. Method and path come from the operation unless given; at most one of the three bodies is set.

    ``json`` is a value; ``text`` is sent as UTF-8 as it stands (for texts that are not JSON, or whose form matters); ``base64`` is any bytes.
    """

    method: str | None = None
    path: str | None = None
    headers: dict[str, str] = {}
    json: Any = msgspec.UNSET
    text: str | None = None
    base64: str | None = None


class Vector(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, rename={"exercises": "for"}):
    """One frozen input.

    ``kind`` says whether the profile's document allows the request. ``exercises`` (``for`` in the file) lists the requirements it is there
    for; ``expect`` the classes of status that are right, e.g. ``["2xx"]`` or ``["2xx", "4xx"]``.
    """

    id: str
    operation: str | None
    kind: Kind
    purpose: str
    exercises: tuple[str, ...]
    expect: tuple[str, ...]
    request: VectorRequest

    def expects(self, status: int) -> bool:
        """Whether a status is in one of the expected classes: ``2xx``, or a code such as ``415``."""
        return any(each == str(status) or each == f"{status // 100}xx" for each in self.expect)

    @property
    def variables(self) -> frozenset[str]:
        """The names of the variables the request leaves open."""
        return frozenset(_VARIABLE.findall(msgspec.json.encode(self.request).decode()))


def bind(vector: Vector, method: str, path: str, variables: Mapping[str, Any]) -> Request:
    """The request a vector stands for, its variables replaced; ``url`` is the path relative to the base URL.

    A JSON string that is a variable and nothing else becomes the value, whatever its type; elsewhere a variable is replaced by its text.

    Raises:
        KeyError: a variable is not bound; its name is the argument.
    """
    request = vector.request
    headers = Headers(request.headers)
    if request.base64 is not None:
        body = base64.b64decode(request.base64)
    elif request.text is not None:
        body = _fill_text(request.text, variables).encode("utf-8", errors="surrogatepass")
    elif request.json is not msgspec.UNSET:
        body = json.dumps(fill(request.json, variables), ensure_ascii=False).encode()
    else:
        body = b""
    if body and "content-type" not in headers:
        headers = headers.with_field("Content-Type", "application/json")
    return Request(request.method or method, _fill_text(request.path or path, variables, in_path=True), headers, body)


def fill(value: Any, variables: Mapping[str, Any]) -> Any:
    """A JSON value with its variables replaced. Raises :class:`KeyError` as :func:`bind` does."""
    if isinstance(value, str):
        whole = variable_in(value)
        return variables[whole] if whole else _fill_text(value, variables)
    if isinstance(value, dict):
        return {key: fill(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, variables) for item in value]
    return value


def variable_in(value: Any) -> str | None:
    """The name of the variable that a JSON value is, and nothing else; None where it is something else."""
    whole = _VARIABLE.fullmatch(value) if isinstance(value, str) else None
    return whole[1] if whole else None


def _fill_text(text: str, variables: Mapping[str, Any], *, in_path: bool = False) -> str:
    def shown(match: re.Match[str]) -> str:
        value = variables[match[1]]
        plain = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        return quote(plain, safe="") if in_path else plain

    return _VARIABLE.sub(shown, text)
