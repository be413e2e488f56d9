"""The OpenAPI documents of profiles, by ``name/major``: places in them, and how they refer to each other (``../../core/1/openapi.yaml#/...``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import jsonschema_rs

HOST = "https://profiles.invalid/"
"""Base address under which documents refer to each other while validators are compiled. Never contacted (RFC 2606)."""
LENIENT_HOST = f"{HOST}lenient/"
"""The same for documents in which any value will do where a service may ignore one."""
MAY_IGNORE = "x-may-ignore"
"""On a schema: the member is one that a service may ignore, so what is wrong in it may go unnoticed."""
TELLS_APART = "x-tells-apart"
"""On a schema: a service that serves one of its values may not serve another, such as a language."""


def pointer_step(step: str) -> str:
    """A step of a JSON Pointer (RFC 6901 section 3)."""
    return step if step.isalnum() else step.replace("~", "~0").replace("/", "~1")


def _member(node: Any, step: str) -> Any:
    return node[int(step)] if isinstance(node, list) else node[step.replace("~1", "/").replace("~0", "~")]


def at(documents: Mapping[str, Any], key: str, pointer: str) -> Any:
    """What stands at a JSON Pointer of the document ``key``. Raises :class:`KeyError` where there is nothing."""
    node = documents[key]
    for step in pointer.split("/")[1:]:
        node = _member(node, step)
    return node


def target(reference: str, key: str) -> tuple[str, str]:
    """The document and the pointer that a ``$ref`` in the document ``key`` names."""
    document, _, pointer = reference.partition("#")
    return "/".join(document.split("/")[-3:-1]) if document else key, pointer


def followed(documents: Mapping[str, Any], key: str, pointer: str) -> tuple[str, str]:
    """The document and the pointer that a place leads to, through every ``$ref`` on the way and at its end."""
    node, steps = documents[key], pointer.split("/")[1:]
    for number, step in enumerate(steps, start=1):
        node = _member(node, step)
        if isinstance(node, Mapping) and "$ref" in node:
            other, begin = target(node["$ref"], key)
            return followed(documents, other, "/".join([begin, *steps[number:]]))
    return key, pointer


def reference_to(key: str, pointer: str) -> str:
    """The address of a place. A path template holds braces, which a URI does not (RFC 6901 section 6)."""
    return f"{HOST}{key}/openapi.yaml#{quote(pointer, safe='/~+')}"


def resolved(documents: Mapping[str, Any], key: str, pointer: str) -> tuple[Any, str]:
    """What stands at a place, or what a ``$ref`` there leads to, and the address of that."""
    where = followed(documents, key, pointer)
    return at(documents, *where), reference_to(*where)


def registry_of(documents: Mapping[str, Any]) -> jsonschema_rs.Registry:
    """Where validators find the documents, as they are and lenient."""
    strict = [(f"{HOST}{key}/openapi.yaml", document) for key, document in documents.items()]
    lenient = [(f"{LENIENT_HOST}{key}/openapi.yaml", _lenient(document)) for key, document in documents.items()]
    return jsonschema_rs.Registry(strict + lenient)


def _lenient(value: Any) -> Any:
    if isinstance(value, dict):
        return {} if value.get(MAY_IGNORE) is True else {name: _lenient(item) for name, item in value.items()}
    return [_lenient(item) for item in value] if isinstance(value, list) else value
