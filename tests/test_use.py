"""What requests make use of: told apart by what a service could lack, and by nothing that a person wrote."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness import catalogue
from harness.exchange import Exchange, Headers, Request, Response
from harness.use import ANY, INVALID, NONE, UNNAMED, Use, Uses, beyond_plain, keep_least, use_of
from harness.vectors import Vector, VectorRequest

QUESTION: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Kiedy?"}]}


def exchange(operation: str, body: Any = None, *, profile: str = "assistant", status: int = 200, **others: Any) -> Exchange:
    path, content = others.pop("path", "/"), b"" if body is None else json.dumps(body).encode()
    found = next(
        each.operation(operation) for each in catalogue.load_with_core([profile]) if operation in {it.id for it in each.operations}
    )
    headers = Headers({"Content-Type": "application/json", **others.pop("headers", {})})
    return Exchange("x.1", Request(found.method, path, headers, content), Response(status), operation=found, **others)


def parts(operation: str, body: Any = None, **others: Any) -> frozenset[str]:
    return use_of(exchange(operation, body, **others)).parts


def test_a_use_names_what_a_request_has_and_the_values_that_tell_uses_apart() -> None:
    body = {**QUESTION, "stream": True, "user": None}
    assert parts("createChatCompletion", body) == {
        "model",
        "messages[]",
        "messages[].role=user",
        "messages[].content",
        "stream=true",
        "user=null",
    }


def test_languages_tell_uses_apart() -> None:
    assert "source=pl" in parts("translate", {"q": "x", "source": "pl", "target": "lt"}, profile="translation")


def test_nothing_that_a_person_wrote_stands_in_a_use() -> None:
    private = "Jonas Pavyzdys 50411512342"
    body = {**QUESTION, private: private, "metadata": {private: private}, "stream": private}
    used = parts("createChatCompletion", body, path=f"/?{private}={private}".replace(" ", "+"))
    assert used >= {UNNAMED, INVALID}
    assert not any("Pavyzdys" in part for part in used)


@pytest.mark.parametrize("body", ["{", '"\\ud800"', "[" * 10_000], ids=["no JSON", "half a character", "deep"])
def test_a_body_that_cannot_be_read_has_a_use_all_the_same(body: str) -> None:
    found = exchange("createChatCompletion")
    request = Request("POST", "/", found.request.headers, body.encode())
    assert use_of(Exchange("x.1", request, None, operation=found.operation)).operation == "createChatCompletion"


def test_header_fields_count_but_for_those_of_every_request() -> None:
    asked = parts("createChatCompletion", QUESTION, headers={"Idempotency-Key": "k", "traceparent": "00-1", "User-Agent": "x"})
    assert {part for part in asked if part.endswith(":")} == {"Idempotency-Key:"}


def test_a_vector_that_is_invalid_is_so_in_any_way() -> None:
    vector = Vector("v", "createChatCompletion", "invalid", "", (), ("4xx",), VectorRequest())
    assert INVALID in parts("createChatCompletion", QUESTION, vector=vector)


def test_a_request_to_no_operation_is_a_use_of_none() -> None:
    assert use_of(Exchange("x.1", Request("GET", "/"), Response(404))) == NONE


def test_what_the_plain_request_has_is_a_matter_of_course() -> None:
    profiles = catalogue.load_with_core(["assistant"])
    plain = use_of(exchange("createChatCompletion", {**QUESTION, "max_tokens": 60}))
    told = Use(plain.profile, plain.operation, plain.parts | {"stream=true"})
    assert beyond_plain({told}, profiles) == {plain._replace(parts=frozenset({"stream=true", "messages[].role=user"}))}
    assert beyond_plain({told, plain, ANY, NONE}, profiles) == {ANY}
    assert beyond_plain({NONE}, profiles) == {NONE}


def test_only_the_least_uses_are_kept() -> None:
    plain, more, other = (Use("p/1", "greet", frozenset(each)) for each in ({"a"}, {"a", "b"}, {"c"}))
    kept: set[Use] = set()
    for each in (more, other, plain, more):
        keep_least(kept, each)
    assert kept == {plain, other}
    assert (ANY.within(plain), plain.within(ANY)) == (True, False)
    keep_least(kept, ANY)
    assert kept == {ANY}


def test_what_may_be_refused_or_was_not_let_in_says_nothing_by_its_refusal() -> None:
    uses, boundary = Uses(), Vector("v", "createChatCompletion", "boundary", "", (), ("2xx", "4xx"), VectorRequest())
    for status, vector in ((401, None), (429, None), (400, boundary), (400, None), (200, boundary)):
        uses.add(exchange("createChatCompletion", QUESTION, status=status, vector=vector))
    assert [(made, served) for _, made, served in uses] == [(2, 1)]


def test_uses_beyond_counting_become_one_of_their_operation() -> None:
    names = ("top_p", "seed", "n", "temperature", "user", "logprobs", "stop", "max_tokens", "metadata", "response_format")
    uses = Uses()
    for number in range(600):
        uses.add(exchange("createChatCompletion", QUESTION | {name: None for bit, name in enumerate(names) if number >> bit & 1}))
    listed = list(uses)
    assert (len(listed) <= 256, sum(made for _, made, _ in listed)) == (True, 600)
