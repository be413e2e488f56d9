"""Documents held against profiles: what is right is not accused, each single fault is found, and every witness is one."""

from __future__ import annotations

import asyncio
import json
import re
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
from tests.comparison.mutations import mutations

PROFILES = [name.partition("/")[0] for name in catalogue.names()]
EVERY = 9
"""Of the mutations of a profile one in so many is tried here, unless ``--both-countries`` asks for all; docs/how-to/compare.md has the share
that is found.
"""


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


EQUIVALENT = {
    "assistant": r"/schemas/(Assurance|AiNotice|Provenance|Source|Handover|AnyAssurance)\b|/Usage null too|/tool_choice new maxLength",
    "translation": r"/schemas/(TranslationAssurance|TranslationProvenance|AnyTranslationAssurance)\b|/anyOf/1 null too|/then/",
    "decision-support": r"/~1log/get/parameters/0/schema ",
}
"""Changes that say the same in other words: beside the schema stands one for any object, or for null; the longest text that is allowed is
shorter than the new limit; what is asked for and narrowed was so before.
"""


@pytest.mark.parametrize("name", PROFILES)
def test_each_single_fault_is_found(name: str, request: pytest.FixtureRequest) -> None:
    profile = catalogue.load(name)
    missed = []
    for mutation in list(mutations(profile.document))[:: 1 if request.config.getoption("--both-countries") else EVERY]:
        changed = dict(mutation.of(profile.document))
        changed["components"].setdefault("securitySchemes", {})["key"] = {"type": "http", "scheme": "basic"}
        comparison = held(profile, changed)
        if not comparison.differences and not re.search(EQUIVALENT.get(name, "^$"), str(mutation)):
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
    if difference.kind == "body-refused":
        assert not operation.must_refuse(Request("POST", operation.path, Headers({"Content-Type": "application/json"}), body))
    elif "ChatCompletionChunk" not in difference.in_profile:
        status = int(difference.status) if difference.status.isdigit() else 500
        kinds = ("application/json", "application/problem+json", "application/linkset+json")
        assert any(operation.response_errors(Response(status, Headers({"Content-Type": kind}), body)) for kind in kinds)


def test_a_vector_that_would_be_refused_is_named() -> None:
    profile = catalogue.load("assistant")
    document = json.loads(json.dumps(profile.document))
    document["components"]["schemas"]["ChatCompletionRequest"]["properties"]["temperature"]["type"] = "number"
    [difference] = held(profile, document).differences
    assert (difference.vector, difference.witness["temperature"]) == ("chat-nulls", None)
