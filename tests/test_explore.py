"""Exploring: what it draws, what it finds that no vector does, how small it makes it, and that it ends when it is told to."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import pytest

import harness
from harness import catalogue
from harness.checks import CallNext, Mutant
from harness.client import asgi_transport
from harness.errors import UsageError
from harness.exchange import Headers, Request, Response
from harness.explore import duration
from harness.explore.document import joined
from harness.explore.drawing import Drawing
from harness.explore.drawn import expected, key
from harness.explore.places import Places
from harness.explore.sequences import Sequences
from harness.explore.trimming import simpler
from harness.participant import Limits
from harness.report import Report
from harness.serve.faulty import Faulty
from tests.conftest import greeter

PROFILES = catalogue.load_with_core(["assistant"])
CHAT = PROFILES[-1].operation("createChatCompletion")


async def lists_are_too_much(request: Request, call_next: CallNext) -> Response:
    """A request with a list in a member that the profile does not name, which no vector has, ends in 500."""
    content = request.document
    if isinstance(content, dict) and any(isinstance(value, list) for name, value in content.items() if name != "name"):
        return Response(500).with_json({"status": 500}, "application/problem+json")
    return await call_next(request)


def faulty() -> Any:
    return Faulty(greeter(), Mutant("lists", "CORE-ERR-002", "", lists_are_too_much))


def explored(profiles: Path, app: Any, **options: Any) -> Report:
    return harness.run("http://greeter.localhost", ["greeting"], profile_paths=[profiles], transport=asgi_transport(app), **options)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("2m", 120), ("1h", 3600), ("1d", 86400)])
def test_a_duration(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "60", "0s", "-1s", "1.5m", "1w", "s"])
def test_no_duration(text: str) -> None:
    with pytest.raises(UsageError, match="90s"):
        duration(text)


def test_without_schemathesis_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"govai-harness\[explore\]"):
        duration("60s")


def test_the_joined_document_has_no_reference_out_of_it() -> None:
    text = str(joined(PROFILES))
    assert "openapi.yaml#" not in text
    assert "'$ref': '#/components/responses/core-1.NotFound'" in text


@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_the_same_seed_draws_the_same_requests(mode: Any) -> None:
    drawing = Drawing(joined(PROFILES), lambda: False)
    strategy = drawing.strategy(CHAT.id, mode, lambda request: request)
    first, again, other = (drawing.draw(strategy, seed, 10) for seed in (7, 7, 8))
    assert [key(each) for each in first] == [key(each) for each in again]
    assert [key(each) for each in first] != [key(each) for each in other]


def test_shrinking_draws_the_same_requests_and_then_smaller_ones() -> None:
    drawing = Drawing(joined(PROFILES), lambda: False)
    requests = st.integers(0, 1000).map(lambda number: Request("POST", "/", body=b"x" * number))
    drawn = [len(each.body) for each in drawing.draw(requests, 3, 20)]
    wanted = sorted(drawn)[-3]
    asked: list[int] = []

    def shows(request: Request) -> bool:
        asked.append(len(request.body))
        return len(request.body) >= wanted - 5

    drawing.shrink(requests, 3, 20, shows)
    first = next(index for index, size in enumerate(asked) if size >= wanted - 5)
    assert list(dict.fromkeys(asked[: first + 1])) == drawn[: len(dict.fromkeys(asked[: first + 1]))]
    assert asked[-1] == wanted - 5


def test_operations_are_linked_where_the_document_lets_one_follow_another() -> None:
    assert Sequences(Drawing(joined(PROFILES), lambda: False), lambda: False).any


def test_a_variable_is_bound_where_the_vectors_name_it() -> None:
    places = Places(PROFILES[-1], CHAT)
    request = Request("POST", CHAT.path, Headers({"Content-Type": "application/json"})).with_json({"model": "x", "user": "x"})
    bound = places.bound(request, {"model": "tiny"})
    assert bound.json == {"model": "tiny", "user": "x"}
    assert places.opened(bound, {"model": "tiny"}).json == {"model": "${model}", "user": "x"}
    assert places.bound(request.with_json({"model": 7}), {"model": "tiny"}).json == {"model": 7}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"model": "m", "messages": [{"role": "user", "content": "Labas"}]}', "boundary"),
        (b'{"model": 7, "messages": [{"role": "user", "content": "Labas"}]}', "invalid"),
        (b'{"model": "m", "messages": [{"role": "user", "content": "\\ud800"}]}', "boundary"),
        (b'\xef\xbb\xbf{"model": "m", "messages": [{"role": "user", "content": "Labas"}]}', "boundary"),
        (b'{"model": "m", "messages": [{"role": "user", "content": "Labas"}], "max_tokens": 20.0}', "boundary"),
        (b'{"model": "m", "messages": [{"role": "user", "content": "Labas"}], "user": 5}', "boundary"),
        (b"[" * 100_000, "boundary"),
        (b"{", "invalid"),
        (b"", "invalid"),
    ],
)
def test_only_what_certainly_breaks_the_schema_has_to_be_refused(body: bytes, kind: str) -> None:
    request = Request("POST", CHAT.path, Headers({"Content-Type": "application/json"}), body)
    assert expected("explore.x.1", CHAT, request).kind == kind


def test_trimming_takes_one_thing_away_at_a_time() -> None:
    request = Request("POST", "/", Headers({"Content-Type": "application/json", "Idempotency-Key": "k"})).with_json({"a": [1], "b": "ab"})
    shown = [(len(each.headers.items), each.json) for each in simpler(request)]
    assert shown == [
        (1, {"a": [1], "b": "ab"}),
        *((2, each) for each in ({"b": "ab"}, {"a": [1]}, {"a": [], "b": "ab"}, {"a": [1], "b": "a"}, {"a": [1], "b": "a"})),
    ]


def test_a_fault_that_no_vector_shows_is_found_and_made_small(profiles: Path) -> None:
    before = explored(profiles, faulty())
    report = explored(profiles, faulty(), explore="120s", seed=2, limits=Limits(budget=before.requests + 600))
    assert before.of("CORE-ERR-002").verdict == "passed"
    verdict = report.of("CORE-ERR-002")
    assert verdict.verdict == "failed", report.notes
    ids = [str(each.exchange) for each in verdict.findings]
    assert all(each.startswith("explore.greet.") for each in ids)
    assert min(report.exchanges[each].request_bytes for each in ids) <= 30
    assert "CORE-ERR-002" in next(note for note in report.notes if note.startswith("explored"))


def test_a_right_service_is_accused_of_nothing_more(profiles: Path) -> None:
    plain, report = explored(profiles, greeter()), explored(profiles, greeter(), explore="3s")
    assert {each.requirement for each in report.verdicts if each.violations} == {
        each.requirement for each in plain.verdicts if each.violations
    }


def test_the_budget_ends_exploring(profiles: Path) -> None:
    plain = explored(profiles, greeter())
    report = explored(profiles, greeter(), explore="60s", limits=Limits(budget=plain.requests + 25))
    assert report.requests == plain.requests + 25
    assert "until the request budget was spent" in report.notes[-1]


def test_who_stops_it_keeps_what_was_measured(profiles: Path) -> None:
    async def stopped() -> Report:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(4, stop.set)
        return await harness.arun(
            "http://greeter.localhost",
            ["greeting"],
            profile_paths=[profiles],
            transport=asgi_transport(greeter()),
            explore="10m",
            stop=stop,
        )

    started = time.monotonic()
    report = asyncio.run(stopped())
    assert time.monotonic() - started < 20
    assert report.ended == "The run was interrupted."
    assert report.of("GREE-TXT-001").verdict == "passed"
