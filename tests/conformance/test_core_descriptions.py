"""A provider's own OpenAPI document: what is valid, what is true, and what cannot be told without asking the network."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.core.own_schemas import CannotTell, OwnDescription
from tests.conformance.core_services import DESCRIPTION, Members, instead, outcome, response


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (DESCRIPTION, "right"),
        ({**DESCRIPTION, "openapi": "3.0.4"}, "right"),
        ({**DESCRIPTION, "openapi": "2.0"}, "Violation"),
        ({"openapi": "3.1.0", "paths": {}}, "Violation"),
        ({**DESCRIPTION, "components": {"schemas": {"A": {"type": "string", "default": 5}}}}, "right"),
        ({**DESCRIPTION, "components": {"schemas": {"A": {"required": ["b"], "allOf": [{}]}}}}, "right"),
        ({**DESCRIPTION, "components": {"schemas": {"A": {"type": "strin"}}}}, "Violation"),
        ({**DESCRIPTION, "components": {"schemas": {"A": {"$ref": "#/components/schemas/B"}}}}, "Violation"),
        ({**DESCRIPTION, "components": {"schemas": {"A": {"$ref": "http://127.0.0.1:9/other.json"}}}}, "NeedsReview"),
        ({**DESCRIPTION, "components": {"schemas": {"A": {"$ref": "file:///etc/hostname"}}}}, "NeedsReview"),
        ("openapi: 3.1.0", "NotTested"),
    ],
)
def test_own_documents(document: Any, expected: str) -> None:
    assert outcome("CORE-DOC-001", instead("/openapi.json", response(200, document))) == expected


def described(schema: Any, version: str = "3.1.0", **members: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    return {"openapi": version, "paths": {"/ask": {"post": {"responses": {"200": {"content": content}}}}}, **members}


@pytest.mark.parametrize(
    ("document", "content", "fault"),
    [
        (described({"type": "object"}), {}, False),
        (described({"type": "object", "required": ["id"]}), {}, True),
        (described({"type": "string", "nullable": True}, "3.0.3"), None, False),
        (described({"allOf": [{"type": "string"}], "nullable": True}, "3.0.3"), None, False),
        (described({"type": "string"}, "3.0.3"), None, True),
        (described({"minimum": 3, "exclusiveMinimum": True}, "3.0.3"), 3, True),
        (described({"exclusiveMinimum": 3}), 4, False),
        (described({"type": "string", "format": "date-time"}), "yesterday", False),
        (described({"required": ["secret"], "properties": {"secret": {"writeOnly": True}}}), {}, False),
        (described({"$ref": "#/components/schemas/A"}, components={"schemas": {"A": {"type": "integer"}}}), "x", True),
    ],
)
def test_answers_against_own_documents(document: dict[str, Any], content: Any, fault: bool) -> None:
    own = OwnDescription(document)
    found = own.operation("POST", "/ask")
    assert found is not None
    assert bool(own.fault(*found, response(200, json.dumps(content)))) is fault


@pytest.mark.parametrize("reference", ["http://127.0.0.1:9/x.json", "other.yaml#/A", "#/components/schemas/Gone"])
def test_what_cannot_be_read_is_not_accused(reference: str) -> None:
    own = OwnDescription(described({"$ref": reference}))
    found = own.operation("POST", "/ask")
    assert found is not None
    with pytest.raises(CannotTell):
        own.fault(*found, response(200, {}))


def test_paths_of_own_documents() -> None:
    item = {"get": {"responses": {}}}
    own = OwnDescription(
        {"paths": {"/{any}": item, "/models": item}, "servers": [{"url": "https://example.lt/{stage}/v1"}, {"url": "/v2"}]}
    )
    assert [own.operation("GET", path) is not None for path in ("/models", "/test/v1/models", "/v2/models", "/v3/models/x")] == [
        True,
        True,
        True,
        False,
    ]
    assert own.operation("GET", "/models") == ("/paths/~1models/get", item["get"])
    assert own.operation("POST", "/models") is None


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (DESCRIPTION, "right"),
        ({**DESCRIPTION, "paths": {"/api" + path: item for path, item in DESCRIPTION["paths"].items()}}, "right"),
        ({**DESCRIPTION, "paths": {}}, "Violation"),
        ({**DESCRIPTION, "paths": {**DESCRIPTION["paths"], "/ask": {"post": {"responses": {"201": {"description": ""}}}}}}, "Violation"),
        ([], "NotTested"),
    ],
)
def test_own_document_and_what_is_served(document: Any, expected: str) -> None:
    assert outcome("CORE-DOC-002", instead("/openapi.json", response(200, document))) == expected


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ({"version": "2.0.0-rc.1+build", "contact": {"email": "a@b.lt"}}, "right"),
        ({"version": "2.0", "contact": {"name": "VSSA"}}, "Violation"),
        ({"version": "2.0.0"}, "Violation"),
    ],
)
def test_contact_and_version(info: Members, expected: str) -> None:
    assert outcome("CORE-DOC-003", instead("/openapi.json", response(200, {**DESCRIPTION, "info": info}))) == expected
