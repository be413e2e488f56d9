"""The reference assistants of Poland and Lithuania (profile assistant/1): a retrieval answerer behind OpenAI's chat completions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import conformance.assistant
from conformance.reference.assistant.answerer import Answerer, Reply, Turn
from conformance.reference.assistant.chat import Completion, Writer, called, completed, tokens
from conformance.reference.assistant.listening import own_words, without_identifiers
from conformance.reference.assistant.tools import wanted_call
from conformance.reference.frame import Asked, Frame, Handler, json_answer
from conformance.reference.problems import Fault, Problem
from conformance.reference.records import Use, now, timestamp
from conformance.reference.settings import merged, profiles_served, settings_of
from conformance.reference.wire import Answer
from harness.national.languages import language_of

_HERE = Path(__file__).parent
_SINCE = 1_790_000_000
"""When the model was made, in seconds since the epoch."""


@dataclass(frozen=True)
class Addition:
    """What an assistant offers beside its conversations: a further profile with its handlers, and what its card says of that.

    ``card`` is put into the assistant's card, objects member by member. ``public`` are operations that anybody may call.
    """

    profile: ModuleType
    card: Mapping[str, Any]
    handlers: Mapping[str, Handler]
    public: frozenset[str] = frozenset()


def create(country: str, *, token: str | None = None, addition: Addition | None = None) -> Frame:
    """The reference assistant of a country (``pl`` or ``lt``) as an ASGI application.

    Args:
        country: ISO 3166-1 alpha-2 code in lower case.
        token: the bearer token to ask callers for; None lets anybody call.
        addition: what it offers besides.

    Raises:
        ValueError: there is no assistant for the country.
    """
    own = settings(country)
    assistant = _Assistant(own, _answerer(country))
    return Frame(
        card=own["card"] if addition is None else merged(own["card"], addition.card),
        api=own["api"],
        language=own["language"],
        profiles=profiles_served(conformance.assistant, *([addition.profile] if addition else [])),
        handlers={"listModels": assistant.models, "createChatCompletion": assistant.complete, **(addition.handlers if addition else {})},
        problem_texts=[_HERE / "problems.yaml"],
        public=addition.public if addition else (),
        token=token,
        dependencies=lambda: {"knowledge-base": True},
    )


def settings(country: str) -> Mapping[str, Any]:
    """The settings of a country's assistant, its card among them. Raises :class:`ValueError` where there is none."""
    return settings_of(_HERE, country)


@cache
def _answerer(country: str) -> Answerer:
    """What answers; the model that tells languages is loaded by then, so that the first caller does not wait for it."""
    own = settings(country)
    language_of(own["card"]["purpose"]["en"])
    return Answerer(country, own["language"], own["handover"])


class _Assistant:
    def __init__(self, settings: Mapping[str, Any], answerer: Answerer) -> None:
        self._card, self._owner, self._handover = settings["card"], settings["owner"], settings["handover"]
        self._model: str = self._card["models"][0]
        self._answerer = answerer

    async def models(self, asked: Asked) -> Answer:
        model = {"id": self._model, "object": "model", "created": _SINCE, "owned_by": self._owner}
        return json_answer({"object": "list", "data": [model]})

    async def complete(self, asked: Asked) -> Answer:
        request = asked.request.json
        self._refuse_unsupported(request)
        turns = [Turn(message["role"], _text(message.get("content"))) for message in request["messages"]]
        reply = self._answerer.reply(turns, asked.language)
        completion = self._completion(request, turns, reply)
        early = self._early(reply.language)
        assurance = {**early, **self._late(reply)}
        written = Writer(
            self._model,
            completion,
            int(request.get("n") or 1),  # 2.0 is an integer in JSON Schema
            sum(len(tokens(turn.text)) for turn in turns),
            assurance,
            early,
        )
        use = Use(reply.outcome, self._model, [source["url"] for source in assurance["sources"]], self._answerer.explanation(reply.outcome))
        headers = {"Content-Language": reply.language}
        if not request.get("stream"):
            return json_answer(written.whole(), headers=headers, use=use)
        with_usage = bool((request.get("stream_options") or {}).get("include_usage"))
        return Answer(200, "text/event-stream", tuple(written.events(with_usage=with_usage)), headers, use)

    def _refuse_unsupported(self, request: Mapping[str, Any]) -> None:
        """Raise :class:`Problem` for a model that is not here, and for what a valid request may ask for and this service does not do."""
        if request["model"] != self._model:
            raise Problem("unknown-model", models=self._model)
        faults = list(_unread_parts(request["messages"]))
        if (request.get("response_format") or {}).get("type", "text") != "text":
            faults.append(Fault("/response_format/type", "response-format"))
        faults.extend(Fault(f"/{name}", "functions") for name in ("functions", "function_call") if request.get(name))
        faults.extend(Fault(f"/{name}", "minimum", {"limit": 1}) for name, bound in _bounds(request) if bound < 1)
        if faults:
            raise Problem("unsupported-request", faults=faults)

    def _completion(self, request: Mapping[str, Any], turns: Sequence[Turn], reply: Reply) -> Completion:
        longest = min((bound for _, bound in _bounds(request)), default=None)
        question = next((turn.text for turn in reversed(turns) if turn.role == "user"), "")
        call = wanted_call(request, without_identifiers(own_words(question)).strip())
        if call is not None:
            completion = called(call)
            if longest is not None and completion.completion_tokens > longest:
                raise Problem("unsupported-request", faults=[Fault("/tool_choice", "too-few-tokens")])
            return completion
        stop = request.get("stop") or []
        return completed(reply.text, [stop] if isinstance(stop, str) else stop, longest)

    def _early(self, language: str) -> dict[str, Any]:
        """What of the assurance is known before a word is said: the AI notice and the provenance."""
        return {
            "ai_notice": {"language": language, "text": self._answerer.says(language, "notice")},
            "provenance": {
                "ai_generated": True,
                "generator": f"{self._card['name']} {self._card['version']}",
                "model": self._model,
                "created": timestamp(now()),
            },
        }

    def _late(self, reply: Reply) -> dict[str, Any]:
        """How the question ended, and the sources of the answer."""
        sources = [] if reply.topic is None else [{"title": reply.topic.title, "url": reply.topic.source}]
        handover = {"handover": self._handover} if reply.outcome == "handed-over" else {}
        return {"outcome": reply.outcome, "sources": sources, **handover}


def _text(content: Any) -> str:
    """The text of a message's content."""
    if isinstance(content, list):
        return "\n".join(part["text"] for part in content if part["type"] == "text")
    return content or ""


def _bounds(request: Mapping[str, Any]) -> list[tuple[str, int]]:
    """The limits that a request sets on the answer, in tokens, with their names."""
    return [(name, int(request[name])) for name in ("max_tokens", "max_completion_tokens") if request.get(name) is not None]


def _unread_parts(messages: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    """The parts of messages that are no text. A refusal is something the assistant once said."""
    for number, message in enumerate(messages):
        content = message.get("content")
        for place, part in enumerate(content if isinstance(content, list) else ()):
            if part["type"] not in ("text", "refusal"):
                yield Fault(f"/messages/{number}/content/{place}", "text-only")
