"""Documents held against profiles: what is right is not accused, each single fault is found, and every witness is one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from harness import catalogue
from harness.client import asgi_transport
from harness.comparison import Comparison, Document, compare, read_file
from harness.comparison.fetching import read_url
from harness.exchange import Headers, Request, Response
from harness.profile import Profile
from tests.comparison.mutations import Mutation, mutations

PROFILES = [name.partition("/")[0] for name in catalogue.names()]
EVERY = 9
"""Of the mutations of a profile one in so many is tried here; all of them are, with the share found, in docs/how-to/compare.md."""


def held(profile: Profile, document: Mapping[str, Any]) -> Comparison:
    return compare(Document("openapi.json", json.dumps(document).encode(), profile.folder), [profile])


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_promises_what_it_asks(name: str) -> None:
    profile = catalogue.load(name)
    comparison = compare(read_file(profile.folder / "openapi.yaml"), [profile])
    assert comparison.outcome == "compatible"
    assert comparison.proven == comparison.schemas > 0


async def served(name: str, country: str) -> Document:
    return await read_url("http://service.test/openapi.json", transport=asgi_transport(catalogue.reference(name)(country)))


@pytest.mark.parametrize("country", ["pl", "lt"])
@pytest.mark.parametrize("name", catalogue.references())
def test_a_reference_promises_what_its_profile_and_core_ask(name: str, country: str) -> None:
    document = asyncio.run(served(name, country))
    comparison = compare(document, [catalogue.load(name), catalogue.load("core")])
    assert comparison.outcome == "compatible"
    assert not comparison.notes


def equivalent(profile: Profile, mutation: Mutation) -> bool:
    """Whether a change says the same in other words: a branch beside it allows any object, or null."""
    beside = {
        "assistant": ("Assurance", "AiNotice", "Provenance", "Source", "Handover", "AnyAssurance"),
        "translation": ("TranslationAssurance", "TranslationProvenance", "AnyTranslationAssurance"),
    }
    if mutation.pointer.endswith("/tool_choice") and mutation.label == "new maxLength":
        return True  # the longest of the texts that are allowed has eight letters
    schema = mutation.pointer.removeprefix("/components/schemas/").partition("/")[0]
    return schema in beside.get(profile.name, ()) or "/anyOf/1" in mutation.pointer or "/then/" in mutation.pointer


@pytest.mark.parametrize("name", PROFILES)
def test_each_single_fault_is_found(name: str) -> None:
    profile = catalogue.load(name)
    missed = []
    for mutation in list(mutations(profile.document))[::EVERY]:
        changed = dict(mutation.of(profile.document))
        changed["components"].setdefault("securitySchemes", {})["key"] = {"type": "http", "scheme": "basic"}
        comparison = held(profile, changed)
        if not comparison.differences and not equivalent(profile, mutation):
            missed.append(f"{mutation}: {comparison.outcome}")
        for difference in comparison.differences:
            confirm(profile, difference)
    assert missed == []


def confirm(profile: Profile, difference: Any) -> None:
    """A witness, as the rules of a run see it: the profile allows the request, or does not allow the answer."""
    operation = profile.operation(difference.operation)
    if difference.witness is msgspec.UNSET or difference.kind not in ("body-refused", "answer-unexpected"):
        return
    body = json.dumps(difference.witness).encode()
    json_type = Headers({"Content-Type": "application/json"})
    if difference.kind == "body-refused":
        assert not operation.must_refuse(Request("POST", operation.path, json_type, body))
        return
    answers = operation.definition["responses"].get(difference.status, {}).get("content", {})
    if difference.status.isdigit() and "application/json" in answers and "ChatCompletionChunk" not in difference.in_profile:
        assert operation.response_errors(Response(int(difference.status), json_type, body))


def test_a_vector_that_would_be_refused_is_named() -> None:
    profile = catalogue.load("assistant")
    document = json.loads(json.dumps(profile.document))
    document["components"]["schemas"]["ChatCompletionRequest"]["properties"]["temperature"]["type"] = "number"
    [difference] = held(profile, document).differences
    assert (difference.vector, difference.witness["temperature"]) == ("chat-nulls", None)
