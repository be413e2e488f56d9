"""One thing of a provider's document at a time: how it is read, and what is said of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness import catalogue
from harness.comparison import Comparison, Difference, compare, read_file
from harness.errors import UsageError
from harness.profile import Profile

SPECS = """
openapi: 3.1.1
info: {title: Counters, version: 1.0.0}
servers: [{url: "https://service.example"}]
security: [{token: []}]
paths:
  /counters/{id}:
    post:
      operationId: count
      parameters:
        - {name: id, in: path, required: true, schema: {type: string, minLength: 1}}
        - {name: unit, in: query, schema: {type: string}}
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: "#/components/schemas/Count"}}
      responses:
        "200":
          description: The counter.
          headers: {Counter-Version: {required: true, schema: {type: string}}}
          content:
            application/json: {schema: {$ref: "#/components/schemas/Counter"}}
        default:
          description: An error.
          content: {application/problem+json: {schema: {type: object, required: [title], properties: {title: {type: string}}}}}
components:
  securitySchemes: {token: {type: http, scheme: bearer}}
  schemas:
    Count:
      type: object
      required: [by]
      properties:
        by: {type: integer, minimum: 0, maximum: 10}
        note: {type: [string, "null"]}
        old: {type: string, deprecated: true}
    Counter:
      type: object
      required: [value]
      properties:
        value: {type: integer}
        seen: {type: string, format: date-time}
"""
OPERATION = ("paths", "/counters/{id}", "post")


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    folder = tmp_path_factory.mktemp("profiles") / "counters" / "1"
    folder.mkdir(parents=True)
    (folder / "openapi.yaml").write_text(SPECS)
    (folder / "requirements.yaml").write_text("[]\n")
    return catalogue.load("counters", [folder.parent.parent])


class Draft:
    """The profile's own document, to be changed and compared."""

    def __init__(self, profile: Profile, folder: Path) -> None:
        self.profile, self.folder = profile, folder
        self.document: Any = yaml.safe_load(SPECS)
        self.operation = self.document["paths"]["/counters/{id}"]["post"]
        self.schemas = self.document["components"]["schemas"]

    def compared(self) -> Comparison:
        path = self.folder / "provider.json"
        path.write_text(json.dumps(self.document))
        return compare(read_file(path), [self.profile])

    def only_difference(self) -> Difference:
        comparison = self.compared()
        assert len(comparison.differences) == 1, comparison.differences
        return comparison.differences[0]


@pytest.fixture
def draft(profile: Profile, tmp_path: Path) -> Draft:
    return Draft(profile, tmp_path)


def test_the_same_document_is_compatible(draft: Draft) -> None:
    comparison = draft.compared()
    assert (comparison.outcome, comparison.operations, comparison.proven) == ("compatible", 1, 3)


def test_more_tolerant_is_compatible(draft: Draft) -> None:
    draft.schemas["Count"] = {"type": "object"}
    draft.schemas["Counter"]["required"] = ["value", "seen"]
    draft.schemas["Counter"]["properties"]["value"]["minimum"] = 0
    draft.operation["responses"]["200"]["content"]["text/csv"] = {}
    del draft.operation["responses"]["default"]
    draft.operation["requestBody"]["required"] = False
    draft.operation["security"] = [{}]
    assert draft.compared().outcome == "compatible"


def test_a_request_that_is_refused_has_a_witness(draft: Draft) -> None:
    draft.schemas["Count"]["properties"]["by"]["maximum"] = 5
    difference = draft.only_difference()
    assert (difference.kind, difference.pointer) == ("body-refused", "/by")
    assert difference.in_document == "provider.json#/components/schemas/Count/properties/by/maximum"
    assert difference.in_profile == "counters/1/openapi.yaml#/components/schemas/Count"
    assert 5 < difference.witness["by"] <= 10
    assert difference.curl is not None
    assert "--data-binary" in difference.curl


def test_an_answer_that_is_not_allowed_has_a_witness(draft: Draft) -> None:
    draft.schemas["Counter"]["required"] = []
    difference = draft.only_difference()
    assert (difference.kind, difference.witness, difference.status) == ("answer-unexpected", {}, "200")
    assert difference.in_profile == "counters/1/openapi.yaml#/components/schemas/Counter/required"


def test_every_difference_is_shown_not_only_the_first(draft: Draft) -> None:
    draft.schemas["Count"]["properties"]["by"].update(minimum=3, maximum=5)
    draft.schemas["Count"]["properties"]["note"] = {"type": "string", "maxLength": 3}
    assert (
        sorted(each.message.split(" is ")[-1] for each in draft.compared().differences)
        == [
            "greater than the maximum of 5",
            "less than the minimum of 3",
            "longer than 3 characters",
            'not of type "string"',
        ]
        or len(draft.compared().differences) == 4
    )


def test_what_the_profile_deprecates_decides_nothing(draft: Draft) -> None:
    draft.schemas["Count"]["properties"]["old"]["maxLength"] = 1
    assert draft.only_difference().decides is False
    assert draft.compared().outcome == "compatible"


def test_members_that_the_profile_does_not_name_are_not_sent(draft: Draft) -> None:
    draft.schemas["Count"]["properties"]["tenant"] = {"type": "integer"}
    draft.schemas["Counter"]["properties"]["tenant"] = {"type": "integer"}
    assert draft.compared().outcome == "compatible"
    del draft.schemas["Count"]["properties"]["note"]
    draft.schemas["Count"]["additionalProperties"] = False
    assert "note" in draft.only_difference().witness


@pytest.mark.parametrize("path", ["/counters/{name}", "/api/counters/{id}", "/{tenant}/counters/{id}"])
def test_names_in_paths_and_what_stands_before_them_make_no_difference(draft: Draft, path: str) -> None:
    parameters = draft.operation["parameters"]
    parameters[0]["name"] = path.rpartition("{")[2].rstrip("}")
    if "tenant" in path:
        parameters.append({"name": "tenant", "in": "path", "required": True, "schema": {"type": "string"}})
    draft.document["paths"] = {path: draft.document["paths"]["/counters/{id}"]}
    draft.document["servers"] = [{"url": "https://{host}.example/base/", "variables": {"host": {"default": "a"}}}]
    comparison = draft.compared()
    assert (comparison.outcome, comparison.base) == ("compatible", "/base" + path.rpartition("/counters")[0])


def test_a_server_path_belongs_to_the_path(draft: Draft) -> None:
    draft.document["servers"] = [{"url": "/counters"}]
    draft.document["paths"] = {"/{id}": draft.document["paths"]["/counters/{id}"]}
    assert (draft.compared().outcome, draft.compared().base) == ("compatible", "")


def test_another_method_is_another_operation(draft: Draft) -> None:
    item = draft.document["paths"]["/counters/{id}"]
    item["put"] = item.pop("post")
    assert draft.only_difference().kind == "operation-missing"


@pytest.mark.parametrize(
    ("parameter", "kind"),
    [
        ({"name": "tenant", "in": "query", "required": True, "schema": {}}, "parameter-required"),
        ({"name": "X-Tenant", "in": "header", "required": True, "schema": {}}, "parameter-required"),
        ({"name": "unit", "in": "query", "required": True, "schema": {"type": "string"}}, "parameter-required"),
        ({"name": "unit", "in": "query", "schema": {"type": "integer"}}, "parameter-refused"),
        ({"name": "unit", "in": "query", "schema": {"type": "string", "enum": ["a", "b"]}}, "parameter-refused"),
        ({"name": "X-Tenant", "in": "header", "schema": {}}, None),
        ({"name": "Authorization", "in": "header", "required": True, "schema": {}}, None),
    ],
)
def test_parameters(draft: Draft, parameter: dict[str, Any], kind: str | None) -> None:
    draft.operation["parameters"] = [each for each in draft.operation["parameters"] if each["name"] != parameter["name"]] + [parameter]
    assert [each.kind for each in draft.compared().differences] == ([kind] if kind else [])


def test_a_number_may_be_taken_as_text(draft: Draft, profile: Profile) -> None:
    """Parameters are text on the wire: who asks for a text takes the digits of a number."""
    own = Draft(profile, draft.folder)
    assert own.compared().outcome == "compatible"
    draft.operation["parameters"][0]["schema"] = {"type": "integer"}
    assert draft.only_difference().kind == "parameter-refused"


def test_a_parameter_that_the_document_does_not_know(draft: Draft) -> None:
    del draft.operation["parameters"][1]
    assert draft.only_difference().kind == "parameter-missing"


@pytest.mark.parametrize(
    ("scheme", "right"),
    [
        ({"type": "oauth2", "flows": {}}, True),
        ({"type": "openIdConnect", "openIdConnectUrl": "https://issuer.example"}, True),
        ({"type": "apiKey", "in": "header", "name": "Authorization"}, True),
        ({"type": "http", "scheme": "basic"}, False),
        ({"type": "apiKey", "in": "query", "name": "key"}, False),
    ],
)
def test_security(draft: Draft, scheme: dict[str, Any], right: bool) -> None:
    draft.document["components"]["securitySchemes"]["token"] = scheme
    assert [each.kind for each in draft.compared().differences] == ([] if right else ["security-unknown"])
    draft.operation["security"] = [{"token": []}, {}]
    assert draft.compared().differences == (), "nobody needs it"


def test_statuses_types_and_headers(draft: Draft) -> None:
    responses = draft.operation["responses"]
    del responses["200"]["headers"]
    assert draft.only_difference().kind == "header-missing"
    responses["200"]["content"] = {"application/xml": {}}
    assert {each.kind for each in draft.compared().differences} == {"header-missing", "answer-type-missing"}
    responses["202"] = {"description": "Later."}
    assert "status-unknown" in {each.kind for each in draft.compared().differences}
    del responses["200"]
    assert draft.compared().differences[0].kind == "status-missing"
    draft.operation["requestBody"]["content"] = {"application/xml": {}}
    assert "body-type-missing" in {each.kind for each in draft.compared().differences}


def test_ranges_of_types_and_statuses_count(draft: Draft) -> None:
    body, responses = draft.operation["requestBody"], draft.operation["responses"]
    body["content"] = {"application/*": body["content"]["application/json"]}
    responses["2XX"] = responses.pop("200")
    assert draft.compared().outcome == "compatible"


def test_an_answer_without_a_schema_promises_nothing(draft: Draft) -> None:
    draft.operation["responses"]["200"]["content"]["application/json"] = {}
    comparison = draft.compared()
    assert {each.kind for each in comparison.differences} == {"answer-unexpected"}
    assert comparison.undecided == ()


def test_openapi_30_means_what_it_says(draft: Draft) -> None:
    draft.document["openapi"] = "3.0.3"
    properties = draft.schemas["Count"]["properties"]
    properties["note"] = {"type": "string", "nullable": True}
    properties["by"] = {"type": "integer", "minimum": -1, "exclusiveMinimum": True, "maximum": 10}
    assert draft.compared().outcome == "compatible"
    properties["by"]["minimum"] = 0
    assert draft.only_difference().witness["by"] == 0
    properties["by"]["minimum"] = -1
    draft.schemas["Counter"]["properties"]["value"] = {"type": "integer", "nullable": True}
    assert draft.only_difference().witness == {"value": None}


def test_read_only_and_write_only_members(draft: Draft) -> None:
    draft.schemas["Count"]["properties"]["id"] = {"type": "string", "readOnly": True}
    draft.schemas["Count"]["required"].append("id")
    assert draft.compared().outcome == "compatible"
    draft.schemas["Counter"]["properties"]["value"]["writeOnly"] = True
    assert draft.only_difference().witness == {}


def test_branches_are_looked_into(draft: Draft) -> None:
    by, note = {"by": {"type": "integer"}}, {"note": {"type": ["string", "null"], "maxLength": 2}, "old": {}}
    draft.schemas["Count"] = {"allOf": [{"type": "object", "required": ["by"], "properties": by}, {"properties": note}]}
    assert draft.only_difference().in_document == "provider.json#/components/schemas/Count/allOf/1/properties/note/maxLength"
    draft.schemas["Count"] = {"oneOf": [{"type": "object", "properties": by, "required": ["by"]}, {"type": "string"}]}
    assert draft.compared().outcome == "compatible"


def test_each_kind_of_answer_holds_the_members_of_its_kind(draft: Draft) -> None:
    """A counter without ``seen`` is not promised to have one of any form."""
    plain = {"type": "object", "required": ["value"], "properties": {"value": {"type": "integer"}}}
    seen = {"type": "object", "required": ["value", "seen"], "properties": draft.schemas["Counter"]["properties"]}
    draft.schemas["Counter"] = {"oneOf": [plain, seen]}
    assert draft.compared().outcome == "compatible"


def test_what_two_parts_of_a_schema_say_of_one_object_is_kept(draft: Draft, profile: Profile) -> None:
    """Whether they are joined by ``allOf`` or stand beside a reference, none of them makes the other impossible."""
    counter = draft.schemas["Counter"]
    draft.schemas["Base"] = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    loose = {"required": ["seen"], "properties": {"value": {"type": "integer"}, "seen": {"type": "string"}}}
    for joined in ({"allOf": [{"$ref": "#/components/schemas/Base"}, loose]}, {"$ref": "#/components/schemas/Base", **loose}):
        draft.schemas["Counter"] = joined
        assert {each.pointer for each in draft.compared().differences} == {"", "/seen"}
    one, other = (
        {"type": "object", "properties": {"unit": {"type": "object", "properties": {name: {}}, "required": [name]}}} for name in "ab"
    )
    draft.schemas["Counter"] = {"allOf": [{**one, "required": ["unit"]}, other, {**counter, "required": []}]}
    assert [each.message for each in draft.compared().differences] == ['"value" is a required property']


def test_schemas_that_contain_themselves(draft: Draft) -> None:
    tree = {
        "type": "object",
        "properties": {"value": {"type": "integer"}, "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
    }
    draft.schemas |= {"Tree": tree, "Counter": {"type": "object", "required": ["value"], "properties": tree["properties"]}}
    assert draft.compared().outcome == "compatible"
    draft.schemas["Counter"] = {"$ref": "#/components/schemas/Tree"}
    assert draft.only_difference().witness == {}
    tree["required"] = ["value"]
    assert draft.compared().differences == (), "proven or not decided, never accused"


def test_files_beside_are_read_and_others_are_not(draft: Draft) -> None:
    (draft.folder / "parts").mkdir()
    (draft.folder / "parts" / "count.yaml").write_text(yaml.safe_dump({"Count": {"$ref": "../more.json"}}))
    (draft.folder / "more.json").write_text(json.dumps(draft.schemas.pop("Count")))
    media = draft.operation["requestBody"]["content"]["application/json"]
    media["schema"] = {"$ref": "parts/count.yaml#/Count"}
    assert draft.compared().outcome == "compatible"
    for reference in ("https://elsewhere.example/count.yaml", "/etc/passwd", "missing.yaml", "#/components/schemas/Gone"):
        media["schema"] = {"$ref": reference}
        comparison = draft.compared()
        assert comparison.outcome == "undecided"
        assert any(reference.strip("#") in each.reason for each in comparison.undecided), comparison.undecided


def test_an_invalid_document_is_compared_as_far_as_it_can_be_read(draft: Draft) -> None:
    del draft.operation["responses"]["200"]["description"]
    comparison = draft.compared()
    assert (comparison.outcome, comparison.differences) == ("undecided", ())
    assert [each.pointer for each in comparison.invalid] == ["/paths/~1counters~1{id}/post/responses/200"]
    draft.schemas["Count"]["properties"]["by"]["type"] = "bytes"
    assert "Count" in draft.compared().undecided[0].in_document or "requestBody" in str(draft.compared().undecided)


@pytest.mark.parametrize("junk", [None, 5, "x", [], {}, [None], True, {"$ref": "#"}, {"$ref": 5}, {"type": "nope"}])
@pytest.mark.parametrize("place", ["parameters", "requestBody", "responses", "security"])
def test_no_shape_of_a_document_is_a_crash(draft: Draft, place: str, junk: Any) -> None:
    draft.operation[place] = junk
    assert draft.compared().outcome in ("compatible", "incompatible", "undecided")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.yaml", b"", "is empty"),
        ("a.json", b'{"openapi": ', "is not JSON"),
        ("a.yaml", b"openapi: 3.1.0\npaths: {[", "neither JSON nor YAML at line 3"),
        ("a.yaml", b"\xff\xfe", "is not UTF-8"),
        ("a.yaml", b"- 1", "is not an OpenAPI document"),
        ("a.yaml", b"info: {}", "has no member openapi"),
        ("a.yaml", b"openapi: 4.0.0", "says openapi: 4.0.0"),
        ("a.json", b'{"swagger": "2.0", "paths": {}}', "is Swagger 2.0"),
        ("spec", b"<!DOCTYPE html><html>", "is a page"),
        ("a.yaml", b"a: &a [*a]", "nested too deeply or holds too much"),
    ],
)
def test_what_is_no_document_gets_a_sentence(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=said):
        read_file(tmp_path / name)


def test_dates_and_codes_of_yaml_are_texts(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "openapi: 3.1.0\ninfo: {title: a, version: 2026-01-01}\npaths: {/a: {get: {responses: {200: {description: a}}}}}"
    )
    document = read_file(tmp_path / "a.yaml")
    assert document.main["info"]["version"] == "2026-01-01"
    assert list(document.main["paths"]["/a"]["get"]["responses"]) == ["200"]
    assert document.faults() == []
