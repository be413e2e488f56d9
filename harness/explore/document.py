"""One OpenAPI document out of those of several profiles, so that generated requests and sequences may cross them (a record of a conversation)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.documents import target
from harness.profile import Profile


def joined(profiles: Sequence[Profile]) -> dict[str, Any]:
    """The operations of all ``profiles`` with every reference inside the document. Components are called ``name-major.Component``.

    Left out: operations that nothing is drawn for, security (a run has one credential or none, and sends it with everything) and servers
    (there is one, the participant).
    """
    paths: dict[str, Any] = {}
    components: dict[str, Any] = {}
    for profile in profiles:
        document = _within(profile.document, profile.key)
        for path, item in document.get("paths", {}).items():
            paths.setdefault(path, {}).update(item)
        for kind, members in document.get("components", {}).items():
            if kind != "securitySchemes":
                components.setdefault(kind, {}).update({_name(profile.key, name): member for name, member in members.items()})
    for path, item in paths.items():
        paths[path] = {method: part for method, part in item.items() if not isinstance(part, dict) or part.get("x-drawn") is not False}
        for operation in paths[path].values():
            if isinstance(operation, dict):
                operation.pop("security", None)
                operation.pop("servers", None)
    title = " and ".join(profile.key for profile in profiles)
    return {"openapi": "3.1.1", "info": {"title": title, "version": "1"}, "paths": paths, "components": components}


def _within(value: Any, key: str) -> Any:
    """A copy of a part of the document of profile ``key`` whose references lead into the joined document."""
    if isinstance(value, dict):
        return {
            name: _reference(member, key) if name in ("$ref", "operationRef") and isinstance(member, str) else _within(member, key)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [_within(member, key) for member in value]
    return value


def _reference(reference: str, key: str) -> str:
    owner, pointer = target(reference, key)
    steps = pointer.split("/")
    if steps[1] == "components":
        steps[3] = _name(owner, steps[3])
    return "#" + "/".join(steps)


def _name(key: str, component: str) -> str:
    return f"{key.replace('/', '-')}.{component}"
