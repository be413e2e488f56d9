"""A provider's own OpenAPI document (3.0, 3.1), read so that its answers can be held against it. Nothing is ever fetched for that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema_rs

from harness.documents import pointer_step
from harness.exchange import Response
from harness.openapi import CannotTell

_HERE = "urn:govai:own-description"


class OwnDescription:
    """The document of one provider."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._is_30 = str(document.get("openapi", "")).startswith("3.0")
        self._registry: jsonschema_rs.Registry | None = None

    def operation(self, method: str, *addresses: str) -> tuple[str, Mapping[str, Any]] | None:
        """The operation that describes a request, with its JSON Pointer; None where the document has none.

        ``addresses`` are the paths that it may stand under: the whole one, and the one below the harness's base URL. A document may name
        either, and may put their beginning into ``servers``. Of several templates the one with the fewest parameters counts.
        """
        paths = self._document.get("paths")
        templates = (
            sorted((each for each in paths if isinstance(each, str)), key=lambda each: each.count("{"))
            if isinstance(paths, Mapping)
            else []
        )
        for template in templates:
            item = self._follow(self._document["paths"][template])
            operation = item.get(method.lower()) if isinstance(item, Mapping) else None
            if not isinstance(operation, Mapping):
                continue
            patterns = [_pattern(base + template) for base in self._bases(item, operation)]
            if any(re.fullmatch(pattern, unquote(address)) for pattern in patterns for address in addresses):
                pointer = self._pointer_of(self._document["paths"][template]) or f"/paths/{pointer_step(template)}"
                return f"{pointer}/{method.lower()}", operation
        return None

    def _bases(self, *holders: Mapping[str, Any]) -> Iterator[str]:
        """The paths of all servers that the document names, without a slash at the end; among them the empty one."""
        yield ""
        for holder in (self._document, *holders):
            servers = holder.get("servers")
            for server in servers if isinstance(servers, list) else ():
                yield urlsplit(str(server.get("url", ""))).path.rstrip("/") if isinstance(server, Mapping) else ""

    def fault(self, pointer: str, operation: Mapping[str, Any], response: Response) -> str | None:
        """How a response differs from what the operation describes, in a few words; None where it does not.

        Raises:
            CannotTell: the description of this response refers to other documents or cannot be compiled.
        """
        responses = operation.get("responses")
        keys = (str(response.status), f"{response.status // 100}XX", f"{response.status // 100}xx", "default")
        key = next((key for key in keys if isinstance(responses, Mapping) and key in responses), None)
        if key is None or not isinstance(responses, Mapping):
            return f"status {response.status} is not described"
        place = f"{pointer}/responses/{key}"
        described = self._follow(responses[key])
        content = described.get("content") if isinstance(described, Mapping) else None
        if not isinstance(content, Mapping) or not content or not response.body:
            return None
        kind = response.media_type
        by_type = {str(name).partition(";")[0].strip().lower(): name for name in content}
        name = next((by_type[each] for each in (kind, kind.partition("/")[0] + "/*", "*/*") if each in by_type), None)
        if name is None:
            return f"media type {kind or '(none)'} is not described"
        if not response.is_json or not isinstance(content[name], Mapping) or "schema" not in content[name]:
            return None
        place = self._pointer_of(responses[key]) or place
        return self._schema_fault(f"{place}/content/{pointer_step(name)}/schema", response.json)

    def _schema_fault(self, pointer: str, value: Any) -> str | None:
        kind = jsonschema_rs.Draft4Validator if self._is_30 else jsonschema_rs.Draft202012Validator
        try:
            if self._registry is None:
                readable = _as_json_schema(self._document, self._is_30)
                draft = jsonschema_rs.Draft4 if self._is_30 else jsonschema_rs.Draft202012
                self._registry = jsonschema_rs.Registry([(_HERE, readable)], draft=draft, retriever=_refuse)
            reference = {"$ref": f"{_HERE}#{_quoted(pointer)}"}
            validator = kind(reference, registry=self._registry, retriever=_refuse, validate_formats=False)
            error = next(iter(validator.iter_errors(value)), None)
        except Exception as error:  # the library has no one class for what a foreign document can do to it
            raise CannotTell(f"the schema at {pointer} cannot be used: {type(error).__name__}") from None
        return None if error is None else f"{error.message} (at /{'/'.join(str(step) for step in error.instance_path)})"

    def _follow(self, value: Any) -> Any:
        for _ in range(16):
            pointer = self._pointer_of(value)
            if pointer is None:
                return value
            value = self._document
            for step in pointer.strip("/").split("/"):
                step = unquote(step).replace("~1", "/").replace("~0", "~")
                if not isinstance(value, Mapping) or step not in value:
                    raise CannotTell(f"#{pointer} is not in the document")
                value = value[step]
        raise CannotTell("a reference goes round in circles")

    def _pointer_of(self, value: Any) -> str | None:
        """Where a reference object points within this document; None where ``value`` is no reference."""
        reference = value.get("$ref") if isinstance(value, Mapping) else None
        if not isinstance(reference, str):
            return None
        if not reference.startswith("#"):
            raise CannotTell(f"it refers to another document, {reference}")
        return reference[1:]


def _refuse(uri: str) -> Any:
    raise CannotTell(f"it refers to another document, {uri}")


def _quoted(pointer: str) -> str:
    """A JSON Pointer as a URI fragment: a path template holds braces."""
    return pointer.replace("%", "%25").replace("{", "%7B").replace("}", "%7D").replace(" ", "%20").replace('"', "%22")


def _pattern(template: str) -> str:
    return "[^/]+".join(re.escape(part) for part in re.split(r"\{[^}]*\}", template))


def _as_json_schema(value: Any, is_30: bool) -> Any:
    """A copy of an OpenAPI document whose schemas mean the same to a JSON Schema validator that reads answers.

    A member that is ``writeOnly`` is not required in an answer (OpenAPI 3.0.4 section 4.7.24.2). In OpenAPI 3.0 ``nullable`` allows null.
    """
    if isinstance(value, list):
        return [_as_json_schema(item, is_30) for item in value]
    if not isinstance(value, dict):
        return value
    schema = {name: _as_json_schema(item, is_30) for name, item in value.items()}
    properties, required = schema.get("properties"), schema.get("required")
    if isinstance(properties, dict) and isinstance(required, list):
        kept = [name for name in required if not _is_write_only(properties.get(name) if isinstance(name, str) else None)]
        schema.pop("required")
        if kept:
            schema["required"] = kept
    if is_30 and schema.get("nullable") is True:
        schema.pop("nullable")
        return {"anyOf": [{"enum": [None]}, schema]}
    return schema


def _is_write_only(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("writeOnly") is True
