"""The assistant's scenarios of class base against servers in this process: what they refuse, serve, ignore, and do not say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from harness import catalogue
from harness.checks import NotApplicable, NotTested, Violation, registry
from harness.exchange import Headers, Request, Response
from tests.conformance.assistant_services import Shown, completion
from tests.conformance.core_asking import Answer, encoded

OPERATIONS = catalogue.load("assistant").operations
PLAIN = {"model": "m", "messages": [{"role": "user", "content": "Kur gauti pasą?"}]}


class Asked(Shown):
    """A service of this profile with its plain request."""

    def __init__(self, requirement: str, given: Answer) -> None:
        super().__init__(requirement, given)
        self.operations = list(OPERATIONS)

    def sample(self, method: str = "POST") -> Request:
        return Request("POST", "/v1/chat/completions", Headers({"Content-Type": "application/json"}), encoded(PLAIN))


def ended(requirement: str, given: Answer) -> str:
    """How the scenario of a requirement ends, its exchanges shown to the rules."""
    service = Asked(requirement, given)
    check = next(check for check in registry.of(requirement) if check.kind == "scenario")
    try:
        asyncio.run(check.function(service))
    except (Violation, NotTested, NotApplicable) as end:
        service.ends.append(type(end).__name__)
    return "Violation" if "Violation" in service.ends else service.ends[0] if service.ends else "right"


def said(text: str, reason: str = "stop", **members: Any) -> Response:
    whole = completion(text)
    whole["choices"][0]["finish_reason"] = reason
    return Response(200, Headers({"Content-Type": "application/json"}), encoded({**whole, **members}))


def status(code: int) -> Response:
    return Response(code, Headers({"Content-Type": "application/json"}), encoded({"error": {"message": "no"}}))


def serving(handle: Callable[[dict[str, Any]], Response | None], text: str = "Numeris yra 112, skambinti galima nemokamai.") -> Answer:
    """A server that says ``text`` wherever ``handle`` has no answer of its own."""
    return lambda request: handle(request.document) or said(text)


def limited(content: dict[str, Any], *, reason: str = "length", counted: bool = True, ignored: bool = False) -> Response:
    limit = 60 if ignored else min(content.get("max_tokens") or 60, content.get("max_completion_tokens") or 60)
    usage = {"prompt_tokens": 1, "completion_tokens": limit, "total_tokens": limit + 1}
    return said("žodis " * limit, "stop" if limit == 60 else reason, **({"usage": usage} if counted else {}))


@pytest.mark.parametrize("requirement", ["CHAT-API-003", "CHAT-API-004"])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (serving(limited), "right"),
        (serving(lambda content: limited(content, counted=False)), "right"),
        (serving(lambda content: limited(content, ignored=True)), "Violation"),
        (serving(lambda content: limited(content, ignored=True, counted=False)), "Violation"),
        (serving(lambda content: limited(content, reason="stop")), "Violation"),
        (serving(lambda content: limited(content, reason="stop", counted=False)), "NotTested"),  # it may have ended by itself
        (serving(lambda content: said("Nežinau.")), "NotTested"),
        (serving(lambda content: status(400) if "max_tokens" in content or "max_completion_tokens" in content else None), "right"),
        (
            serving(lambda content: status(422) if (content.get("max_tokens") or 9) < 5 or "max_completion_tokens" in content else None),
            "right",
        ),
        (serving(lambda content: status(500)), "NotTested"),
    ],
)
def test_limits(requirement: str, given: Answer, expected: str) -> None:
    assert ended(requirement, given) == expected


def listing(*ids: str) -> Response:
    return Response(
        200,
        Headers({"Content-Type": "application/json"}),
        encoded({"object": "list", "data": [{"id": id, "object": "model"} for id in ids]}),
    )


def with_models(*ids: str, served: str = "", refusal: int = 404) -> Answer:
    return lambda request: (
        listing(*ids) if request.method == "GET" else said("a") if request.document["model"] == served else status(refusal)
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (with_models("m", served="m"), "right"),
        (with_models("embedding", "speech", "m", served="m", refusal=400), "right"),
        (with_models("m.gguf", served="m"), "Violation"),
        (with_models(*"abcdefgh", served="h"), "NotTested"),
        (with_models("m", refusal=403), "NotTested"),
        (with_models("m", refusal=503), "NotTested"),
        (with_models(), "Violation"),
    ],
)
def test_listed_models(given: Answer, expected: str) -> None:
    ends = ended("CHAT-API-002", given)
    assert ends == expected


EVENTS = Response(200, Headers({"Content-Type": "text/event-stream"}), b'data: {"error": {"message": "no such model"}}\n\n')


@pytest.mark.parametrize(
    ("unknown", "expected"),
    [
        (lambda content: status(404), "right"),
        (lambda content: status(400), "right"),
        (lambda content: status(403), "right"),
        (lambda content: status(401), "NotTested"),
        (lambda content: status(500), "Violation"),
        (lambda content: said("a"), "Violation"),
        (lambda content: EVENTS if content.get("stream") else status(404), "Violation"),
    ],
)
def test_unknown_models(unknown: Callable[[dict[str, Any]], Response], expected: str) -> None:
    assert ended("CHAT-API-009", serving(lambda content: unknown(content) if content["model"] != "m" else None)) == expected


@pytest.mark.parametrize(
    ("handle", "expected"),
    [
        (lambda content: None, "right"),
        (lambda content: status(400) if content["messages"][0]["role"] == "system" else None, "Violation"),
        (lambda content: status(422) if len(content["messages"]) > 1 else None, "Violation"),
        (lambda content: status(503) if len(content["messages"]) > 1 else None, "NotTested"),
        (lambda content: status(400), "NotTested"),
    ],
)
def test_conversations(handle: Callable[[dict[str, Any]], Response | None], expected: str) -> None:
    assert ended("CHAT-API-010", serving(handle)) == expected


@pytest.mark.parametrize(
    ("handle", "expected"),
    [
        (lambda content: status(400), "right"),
        (lambda content: said('{"served": "yes"}'), "right"),
        (lambda content: said('{"served": "perhaps"}'), "Violation"),
        (lambda content: said("Taip."), "Violation"),
        (lambda content: said('{"ser', "length"), "NotTested"),
        (lambda content: status(500), "Violation"),
        (lambda content: status(429), "NotTested"),
    ],
)
def test_schemas(handle: Callable[[dict[str, Any]], Response], expected: str) -> None:
    assert ended("CHAT-API-012", serving(lambda content: handle(content) if "response_format" in content else None)) == expected


@pytest.mark.parametrize(
    ("handle", "expected"),
    [
        (lambda content: status(400) if "stop" in content else None, "right"),
        (lambda content: said("N") if "stop" in content else None, "right"),
        (lambda content: None, "Violation"),
        (lambda content: said(""), "NotTested"),
        (lambda content: status(502) if "stop" in content else None, "NotTested"),
    ],
)
def test_stop_sequences(handle: Callable[[dict[str, Any]], Response | None], expected: str) -> None:
    assert ended("CHAT-API-008", serving(handle)) == expected


def test_what_is_optional() -> None:
    assert ended("CHAT-API-006", serving(lambda content: None)) == "NotApplicable"
    assert ended("CHAT-API-007", serving(lambda content: status(400) if "n" in content else None)) == "right"
    assert ended("CHAT-API-007", serving(lambda content: None)) == "Violation"
    assert ended("CHAT-API-011", serving(lambda content: None)) == "NotApplicable"
    assert ended("CHAT-API-011", serving(lambda content: status(400) if "tools" in content else None)) == "NotApplicable"
    assert ended("CHAT-STR-005", serving(lambda content: status(400) if "stream" in content else None)) == "NotTested"
