"""The service's own OpenAPI document: one file, from the profiles it serves, true of this service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from conformance.reference.problems import MEDIA_TYPE
from harness.profile import Profile

SECURITY: tuple[dict[str, list[str]], ...] = ({}, {"bearer": []})
"""Anybody may call, with a token or without."""


def describe(profiles: Sequence[Profile], info: Mapping[str, Any], security: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """The document of a service that serves all operations of ``profiles``, core first.

    Args:
        profiles: their documents are merged; what one refers to in another is put into this one.
        info: title, version and contact.
        security: operationId -> what the operation asks for, where that is not :data:`SECURITY`.

    Raises:
        ValueError: two profiles call different things by one name.
    """
    paths: dict[str, Any] = {}
    components: dict[str, dict[str, Any]] = {}
    for profile in profiles:
        document = _own(profile.document)
        paths.update(document["paths"])
        for section, entries in document.get("components", {}).items():
            kept = components.setdefault(section, {})
            for name, entry in entries.items():
                itself = entry == {"$ref": f"#/components/{section}/{name}"}
                if name in kept and not itself and kept[name] != entry:
                    raise ValueError(f"{profile.key}: {section}/{name} is another thing in a profile before it")
                if not itself:
                    kept[name] = entry
    components["securitySchemes"] = {"bearer": components["securitySchemes"]["bearer"]}
    for item in paths.values():
        for operation in item.values():
            operation["security"] = [dict(each) for each in security.get(operation["operationId"], SECURITY)]
    return {"openapi": "3.1.1", "info": dict(info), "servers": [{"url": "/"}], "paths": paths, "components": components}


def _own(value: Any) -> Any:
    """A part of a profile's document as this service may say it of itself.

    References to another profile's components become references within the document. Errors are problem documents only. The examples, which
    speak of services and models of no place, are left out.
    """
    if isinstance(value, list):
        return [_own(item) for item in value]
    if not isinstance(value, dict):
        return value
    if MEDIA_TYPE in value:
        value = {MEDIA_TYPE: value[MEDIA_TYPE]}
    kept = {name: _own(item) for name, item in value.items() if name not in ("examples", "example") or "schema" not in value}
    if isinstance(kept.get("$ref"), str):
        kept["$ref"] = "#" + kept["$ref"].partition("#")[2]
    return kept
