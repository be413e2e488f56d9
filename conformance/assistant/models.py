"""Models and those who talk with them: a model that is listed answers, one that is not is refused, and a conversation has several turns."""

from __future__ import annotations

import json

from conformance.assistant.choices import broke_down, is_number
from conformance.assistant.conversation import COMPLETIONS
from conformance.assistant.plain import ask, plain_question, plainly, refused
from conformance.core.reading import excerpt, parses
from harness.checks import CallNext, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response

MODELS = "/v1/models"


def _lists_models(exchange: Exchange) -> bool:
    return exchange.operation is not None and exchange.operation.id == "listModels" and exchange.succeeded and parses(exchange.answer)


@rule("CHAT-API-002", when=_lists_models)
def models_are_listed(exchange: Exchange) -> None:
    """ListModelsResponse requires data, Model an id and the object model. created and owned_by are left out by some and have types."""
    content = exchange.answer.document
    models = content.get("data") if isinstance(content, dict) else None
    if not isinstance(models, list) or not models:
        raise Violation("no model is listed", expected="at least one", got=models, pointer="/data")
    for number, model in enumerate(models):
        place = f"/data/{number}"
        if not isinstance(model, dict) or not isinstance(model.get("id"), str) or not model["id"]:
            raise Violation("a listed model has no id", expected="a text", got=model, pointer=f"{place}/id")
        if model.get("object") != "model":
            raise Violation("a listed model is not declared as one", expected="model", got=model.get("object"), pointer=f"{place}/object")
        if model.get("created") is not None and not is_number(model["created"]):
            got = model["created"]
            raise Violation("created of a model is no time", expected="seconds since the epoch", got=got, pointer=f"{place}/created")
        if not isinstance(model.get("owned_by", ""), str | None):
            raise Violation("owned_by of a model is no text", expected="a text", got=model["owned_by"], pointer=f"{place}/owned_by")


_TRIED = 6
"""How many listed models are asked before the scenario gives up: a list may begin with models for other uses, such as embeddings."""


@scenario("CHAT-API-002")
async def a_listed_model_answers(service: Service) -> None:
    """The id of a Model "can be referenced in the API endpoints": at least one of them in this one."""
    listed = await service.send("GET", MODELS)
    content = listed.answer.document
    entries = content.get("data") if isinstance(content, dict) else None
    ids = [entry["id"] for entry in entries or () if isinstance(entry, dict) and isinstance(entry.get("id"), str)]
    if not listed.succeeded or not ids:
        raise NotTested("the service lists no model")
    last = listed
    for id in ids[:_TRIED]:
        last = await ask(service, plainly(service, model=id))
        if not refused(last):
            return
    if len(ids) > _TRIED:
        raise NotTested(f"none of the first {_TRIED} of {len(ids)} listed models was served")
    raise Violation("a completion is refused for every listed model", expected="2xx", got=str(last.status), exchange=last)


@mutant("CHAT-API-002", also=("CORE-API-002", "CORE-DOC-002"))
async def models_are_not_declared(request: Request, call_next: CallNext) -> Response:
    """Listed models have a name where the standard has an object."""
    answer = await call_next(request)
    if request.path != MODELS or answer.status != 200 or not isinstance(answer.document, dict):
        return answer
    return answer.with_json({**answer.document, "data": [{"id": each["id"], "name": each["id"]} for each in answer.document["data"]]})


@mutant("CHAT-API-002", also=("CORE-API-001",))
async def models_are_listed_by_their_files(request: Request, call_next: CallNext) -> Response:
    """Models are listed by the names of their files, and completions take other names."""
    answer = await call_next(request)
    if request.path != MODELS or answer.status != 200 or not isinstance(answer.document, dict):
        return answer
    return answer.with_json({**answer.document, "data": [{**each, "id": f"{each['id']}.gguf"} for each in answer.document["data"]]})


@scenario("CHAT-API-009")
async def unknown_models_are_refused(service: Service) -> None:
    """RFC 9110 section 15.5: 4xx, for the client erred; also where a stream was asked for, whose status is sent before its first event."""
    question = await plain_question(service)
    name = f"nezinomas-modelis-{service.random.getrandbits(48):012x}"
    for stream in (False, True):
        exchange = await ask(service, {**question, "model": name, **({"stream": True} if stream else {})})
        if exchange.status in (401, 429) or (exchange.status == 503 and "retry-after" in exchange.answer.headers):
            raise NotTested(f"the service answered {exchange.status}")
        if not 400 <= exchange.status < 500:
            what = "an error within a stream" if broke_down(exchange.answer) else str(exchange.status)
            raise Violation("a model that the service does not have is not refused", expected="404", got=what, exchange=exchange)


@mutant("CHAT-API-009")
async def any_name_will_do(request: Request, call_next: CallNext) -> Response:
    """Whatever model is asked for, the one that is loaded answers."""
    answer = await call_next(request)
    if request.path != COMPLETIONS or answer.status != 404:
        return answer
    models = await call_next(Request("GET", MODELS))
    return await call_next(request.with_json({**request.document, "model": models.document["data"][0]["id"]}))


@mutant("CHAT-API-009", also=("CHAT-STR-001", "CORE-LOG-001"))
async def unknown_model_fails_within_the_stream(request: Request, call_next: CallNext) -> Response:
    """Where a stream is asked for, the answer to an unknown model is a stream with status 200 that holds the error."""
    answer = await call_next(request)
    if answer.status != 404 or not isinstance(request.document, dict) or request.document.get("stream") is not True:
        return answer
    event = json.dumps({"error": {"message": "model not found", "code": 404}})
    return Response(200, answer.headers).with_body(f"data: {event}\n\n".encode(), "text/event-stream")


_TURNS = (
    (("system", "Answer in one sentence."), ("user", "What is a passport?")),
    (("user", "What is a passport?"), ("assistant", "A travel document."), ("user", "Who issues it?")),
    (
        ("system", "Answer in one sentence."),
        ("user", "What is a passport?"),
        ("assistant", "A travel document."),
        ("user", "Who issues it?"),
    ),
)


@scenario("CHAT-API-010")
async def conversations_are_served(service: Service) -> None:
    """ChatCompletionRequestMessage: turns of system, user and assistant. The order is the one that every template of a model knows."""
    question = await plain_question(service)
    for turns in _TURNS:
        exchange = await ask(service, {**question, "messages": [{"role": role, "content": text} for role, text in turns]})
        if refused(exchange):
            roles = ", ".join(role for role, _ in turns)
            got = f"{exchange.status} {excerpt(exchange.answer.text)}"
            raise Violation(f"a conversation with turns of {roles} is refused", expected="2xx", got=got, exchange=exchange)


async def _refusing(request: Request, call_next: CallNext, role: str, detail: str) -> Response:
    """The service's answer; a conversation with a turn of this role is refused."""
    answer = await call_next(request)
    content = request.document
    turns = content.get("messages") if request.path == COMPLETIONS and isinstance(content, dict) else None
    if answer.status != 200 or not any(turn.get("role") == role for turn in turns or ()):
        return answer
    problem = {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": detail}
    return Response(400, answer.headers.with_field("Content-Language", "en")).with_json(problem, "application/problem+json")


@mutant("CHAT-API-010", also=("CORE-API-001",))
async def system_role_is_not_supported(request: Request, call_next: CallNext) -> Response:
    """The template of the model knows no system role, and the service hands its complaint on."""
    return await _refusing(request, call_next, "system", "System role not supported")


@mutant("CHAT-API-010", also=("CORE-API-001",))
async def one_question_at_a_time(request: Request, call_next: CallNext) -> Response:
    """Conversations that hold an answer are refused."""
    return await _refusing(request, call_next, "assistant", "Only questions are accepted.")
