"""The detection benchmark derives single faults from a document, the same each time, and says by rule what they did."""

from __future__ import annotations

import asyncio
import json
from functools import cache

import pytest

from benchmarks.detection.derive import derived
from benchmarks.detection.document import Documents
from benchmarks.detection.fault import Fault, Watch
from benchmarks.detection.ours import judged, reference
from benchmarks.detection.outcome import Result, Seen
from harness import catalogue
from harness.checks import CallNext, FaultyHandler
from harness.exchange import Headers, Request, Response
from harness.serve.faulty import Faulty

QUESTION = {"model": "m", "messages": [{"role": "user", "content": "Ar galiu?"}]}
JSON = Headers({"content-type": "application/json"})
STREAM = Headers({"content-type": "text/event-stream"})
PROBLEM = Headers({"content-type": "application/problem+json"})


@cache
def faults() -> dict[str, Fault]:
    """The faults of the assistant's profile by id."""
    return {fault.id: fault for fault in derived("assistant")}


def ask(fault: Fault, request: Request, *answers: Response) -> tuple[list[Response], Watch, list[Request]]:
    """Send ``request`` once for each answer that the sound service would give; what comes through the fault, and what the service was asked."""
    watch, asked = Watch(), []
    mutant = fault.mutant(watch)

    async def drive() -> list[Response]:
        got = []
        for answer in answers:

            async def call_next(inner: Request, answer: Response = answer) -> Response:
                asked.append(inner)
                return answer

            got.append(await mutant.function(request, call_next))
        return got

    return asyncio.run(drive()), watch, asked


def models(*entries: object) -> Response:
    return Response(200, JSON, json.dumps({"object": "list", "data": list(entries)}).encode())


def test_the_list_is_the_same_each_time_and_each_fault_has_its_name() -> None:
    again = derived("assistant")
    assert [fault.id for fault in again] == list(faults())
    assert len(again) == len(faults())


def test_every_operation_has_faults_of_its_own() -> None:
    for operation in Documents(catalogue.load_with_core(["assistant"])).operations:
        assert any(id.startswith(f"{operation.id}.") for id in faults()), operation.id


def test_no_place_has_two_operators_that_come_to_the_same() -> None:
    places = {id.rpartition(".")[0] for id in faults() if id.endswith(".drop")}
    assert not places & {id.rpartition(".")[0] for id in faults() if id.endswith(".rename")}


@pytest.mark.parametrize(
    ("id", "entry"),
    [
        ("listModels.200.json./data/0/id.rename", {"id_": "m", "object": "model"}),
        ("listModels.200.json./data/0/object.enum", {"id": "m", "object": "model_other"}),
    ],
)
def test_a_member_of_the_first_item_is_changed_and_nothing_else(id: str, entry: object) -> None:
    right = {"id": "m", "object": "model"}
    (answer,), watch, _ = ask(faults()[id], Request("GET", "/v1/models"), models(right, right))
    assert answer.document == {"object": "list", "data": [entry, right]}
    assert (watch.changed, watch.forbidden) == (1, 1)
    assert answer.headers.get("content-length") == str(len(answer.body))


def test_a_fault_leaves_other_operations_and_other_statuses_alone() -> None:
    fault = faults()["listModels.200.json./data/0/id.rename"]
    for request, answer in (
        (Request("GET", "/health"), models({"id": "m"})),
        (Request("GET", "/v1/models"), Response(404, JSON, b'{"data": [{"id": 1}]}')),
    ):
        (same,), watch, _ = ask(fault, request, answer)
        assert same is answer
        assert watch.changed == 0


def test_the_digest_of_the_content_is_made_right_where_there_is_one() -> None:
    answer = models({"id": "m", "object": "model"}).with_header("content-digest", "sha-256=:old:")
    (changed,), _, _ = ask(faults()["listModels.200.json./data/0/id.rename"], Request("GET", "/v1/models"), answer)
    assert changed.headers.get("content-digest") not in (None, "sha-256=:old:")


def test_in_a_stream_the_first_event_that_has_the_place_is_changed() -> None:
    body = b'data: {"choices": []}\n\ndata: {"choices": [{"index": 0, "delta": {"content": "\xc4\x85"}}]}\n\ndata: [DONE]\n\n'
    request = Request("POST", "/v1/chat/completions", JSON, json.dumps(QUESTION).encode())
    fault = faults()["createChatCompletion.200.stream./choices/0/delta/content.mojibake"]
    (answer,), _, _ = ask(fault, request, Response(200, STREAM, body))
    assert [event.data for event in answer.events][2] == "[DONE]"
    assert answer.event_documents[1] == {"choices": [{"index": 0, "delta": {"content": "Ä…"}}]}


def test_a_letter_is_cut_in_half_as_bytes() -> None:
    fault = faults()["createChatCompletion.200.stream./choices/0/delta/content.half-letter"]
    body = 'data: {"choices": [{"index": 0, "delta": {"content": "są"}}]}\n\n'.encode()
    (answer,), _, _ = ask(fault, Request("POST", "/v1/chat/completions", JSON, json.dumps(QUESTION).encode()), Response(200, STREAM, body))
    with pytest.raises(UnicodeDecodeError):
        answer.body.decode()


def test_a_header_that_nobody_asks_for_may_be_missing() -> None:
    asked_for, optional = faults()["listModels.200.json.API-Version.missing"], faults()["listModels.200.json.Content-Digest.missing"]
    answer = models().with_header("API-Version", "1.0.0").with_header("Content-Digest", "sha-256=::")
    for fault, forbidden in ((asked_for, 1), (optional, 0)):
        _, watch, _ = ask(fault, Request("GET", "/v1/models"), answer)
        assert (watch.changed, watch.forbidden) == (1, forbidden)


@pytest.mark.parametrize(
    ("id", "sent", "served"),
    [
        ("temperature.maximum-ignored", 3, 2),
        ("temperature.maximum-by-one", 2.5, 2),
        ("temperature.coerced", "0.5", 0.5),
        ("stop.maxItems-ignored", list("abcde"), list("abcd")),
    ],
)
def test_an_invalid_request_is_repaired_and_served(id: str, sent: object, served: object) -> None:
    name, wrong = id.partition(".")[0], {**QUESTION}
    wrong[name] = sent
    request = Request("POST", "/v1/chat/completions", JSON, json.dumps(wrong).encode())
    (_,), watch, asked = ask(faults()[f"createChatCompletion.request./{id}"], request, models({"id": "m"}))
    assert asked[-1].document == {**QUESTION, name: served}
    assert watch.forbidden == 1


def test_a_request_that_breaks_something_else_is_left_to_the_service() -> None:
    request = Request("POST", "/v1/chat/completions", JSON, json.dumps({**QUESTION, "temperature": 4}).encode())
    _, watch, asked = ask(faults()["createChatCompletion.request./temperature.maximum-by-one"], request, models())
    assert watch.changed == 0
    assert asked == [request]


def test_what_the_profile_lets_a_service_refuse_is_no_fault_when_refused() -> None:
    refused = {id for id in faults() if id.endswith("-refused")}
    assert "createChatCompletion.request./messages/0/role.user-refused" in refused
    assert not any("/temperature" in id for id in refused)


def test_what_the_document_lets_a_service_ignore_may_be_ignored() -> None:
    of_requests = {id for id in faults() if ".request./" in id and not id.endswith("-refused")}
    assert any("/temperature." in id for id in of_requests)
    assert not any("/seed." in id for id in of_requests)


def test_a_fault_of_state_begins_anew_with_each_run() -> None:
    fault = faults()["listModels.fails-seventh"]
    for _ in range(2):
        answers, watch, _ = ask(fault, Request("GET", "/v1/models"), *[models()] * 8)
        assert [answer.status for answer in answers] == [200] * 6 + [500, 200]
        assert watch.forbidden == 1


def test_records_speak_of_the_answers_as_they_were_given() -> None:
    watch = Watch()
    app = Faulty(
        reference("assistant", "lt"), faults()["createChatCompletion.200.json./assurance/ai_notice/text.half-letter"].mutant(watch)
    )
    seen = judged(app, "assistant", "lt", only="CORE-LOG-002")
    assert seen.under == []
    assert watch.changed > 0


@pytest.mark.parametrize(
    ("govai", "fuzzer", "states"),
    [
        (Seen(["CORE-API-002"], changed=1, forbidden=1), Seen(changed=1, forbidden=1), ("killed", "survived")),
        (Seen(), Seen(), ("never fired", "never fired")),
        (Seen(changed=2), Seen(changed=1), ("equivalent", "equivalent")),
        (Seen(), Seen(changed=1, forbidden=1), ("survived", "survived")),
        (Seen(), Seen(["a check"], changed=1), ("survived", "killed")),
    ],
)
def test_only_what_no_run_could_find_is_equivalent_or_never_fired(govai: Seen, fuzzer: Seen, states: tuple[str, str]) -> None:
    result = Result("id", "operator", "what", False, govai, fuzzer)
    assert (result.state(govai), result.state(fuzzer)) == states
    assert Result.from_json(json.loads(json.dumps(result.as_json()))) == result


def test_a_fault_that_waits_for_a_request_that_nobody_sent_survived() -> None:
    unmet, met = Result("id", "operator", "what", True, Seen()), Result("id", "operator", "what", True, Seen(met=1))
    assert (unmet.state(unmet.govai), unmet.reason) == ("survived", "no such request was sent")
    assert (met.state(met.govai), met.reason) == ("never fired", "the answers are the same with it and without it")


def test_a_fault_that_fails_itself_is_not_counted_as_found() -> None:
    def start(watch: Watch) -> FaultyHandler:
        async def handler(request: Request, call_next: CallNext) -> Response:
            raise KeyError("slip")

        return handler

    watch = Watch()
    with pytest.raises(KeyError):
        asyncio.run(Fault("id", "operator", "what", start).mutant(watch).function(Request("GET", "/"), None))  # type: ignore[arg-type]
    assert watch.crash == "KeyError: 'slip'"
    broken = Result("id", "operator", "what", False, Seen(["CORE-API-001"], changed=1, forbidden=1, error=watch.crash))
    assert broken.state(broken.govai) == "survived"
