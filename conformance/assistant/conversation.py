"""A conversation with the service: asking, and reading the reply, whole or as a stream."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.assistant.questions import LANGUAGES
from conformance.core.reading import EVENT_STREAM, event_values
from harness.checks import NotTested, Service
from harness.exchange import Exchange, Request, Response, view
from harness.national.languages import language_of

COMPLETIONS = "/v1/chat/completions"
LONGEST = 500
"""Tokens that a reply may take: enough for any answer to these questions, and a bound for a model that does not find an end."""


@dataclass(frozen=True)
class Reply:
    """What a service answered to one request.

    ``assurance`` is the profile's extension object, a stream's joined over its chunks and empty where there is none; ``early`` is what of it
    came no later than the first piece of text.
    """

    exchange: Exchange
    text: str
    assurance: Mapping[str, Any]
    early: Mapping[str, Any]

    @property
    def outcome(self) -> str | None:
        """How the question ended: ``answered``, ``abstained``, ``handed-over``, or None where the service does not say."""
        outcome = self.assurance.get("outcome")
        return outcome if isinstance(outcome, str) else None

    @property
    def sources(self) -> list[str]:
        """The addresses of the sources that the reply names."""
        named = self.assurance.get("sources")
        entries = [entry.get("url") for entry in named if isinstance(entry, dict)] if isinstance(named, list) else []
        return [url for url in entries if isinstance(url, str)]

    def understood(self, language: str) -> bool:
        """Whether the service took the question up at all: it says how it ended, or writes in the question's language."""
        tag, likelihood = language_of(self.text)
        return self.outcome is not None or (tag == language and likelihood >= 0.9)


def is_completion(exchange: Exchange) -> bool:
    """Whether an exchange asked this profile's service for a completion and got one."""
    return exchange.succeeded and exchange.operation is not None and exchange.operation.id == "createChatCompletion"


def is_reply(exchange: Exchange) -> bool:
    """Whether an exchange is a completion with text in it: a mere tool call or an answer cut to nothing says nothing to anybody."""
    return is_completion(exchange) and bool(reply(exchange).text.strip())


@view
def reply(exchange: Exchange) -> Reply:
    """The reply of an exchange that has a response; empty where that holds no completion. Of several choices the first is read."""
    text, early, assurance = "", {}, {}
    for part in _parts(exchange.answer):
        new = part.get("assurance")
        assurance.update(new if isinstance(new, dict) else {})
        if not text:
            early.update(new if isinstance(new, dict) else {})
        text += _text(part)
    return Reply(exchange, text, assurance, early)


def _parts(answer: Response) -> list[dict[str, Any]]:
    """The completion, or the chunks of a stream."""
    values = event_values(answer) if answer.media_type == EVENT_STREAM else [answer.document]
    return [value for value in values if isinstance(value, dict)]


def _text(part: Mapping[str, Any]) -> str:
    choices = part.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    message = choice.get("message") or choice.get("delta")
    content = message.get("content") if isinstance(message, dict) and choice.get("index", 0) == 0 else None
    return content if isinstance(content, str) else ""


@view
def messages(request: Request) -> list[Mapping[str, Any]]:
    """The messages of a request for a completion; none where it is something else."""
    content = request.document
    entries = content.get("messages") if isinstance(content, dict) else None
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def said(request: Request, role: str = "user") -> list[str]:
    """The texts of the messages of one role, the oldest first."""
    return ["".join(_strings(message.get("content"))) for message in messages(request) if message.get("role") == role]


def question(request: Request) -> str:
    """What the user said last; empty where nobody said anything."""
    return (said(request) or [""])[-1]


def sets_the_text(content: Mapping[str, Any]) -> bool:
    """Whether a request sets how long the text of its answer is, where it ends, or what form it has."""
    limits = [content.get(name) for name in ("max_tokens", "max_completion_tokens")]
    short = any(isinstance(limit, int) and limit < LONGEST for limit in limits)
    return short or any(content.get(name) is not None for name in ("stop", "response_format"))


def _strings(content: Any) -> Iterator[str]:
    for part in content if isinstance(content, list) else [{"text": content}]:
        text = part.get("text") if isinstance(part, dict) else None
        if isinstance(text, str):
            yield text


async def ask(service: Service, *turns: str | tuple[str, str], stream: bool = False) -> Reply:
    """Ask in a new conversation and return the reply. A turn is what the user says, or a role with its text.

    Raises:
        NotTested: the service lists no model, or does not serve the conversation.
    """
    exchange = await put(service, *turns, stream=stream)
    if not exchange.succeeded:
        raise NotTested(f"a plain conversation is answered with {exchange.status}")
    return reply(exchange)


async def put(service: Service, *turns: str | tuple[str, str], stream: bool = False) -> Exchange:
    """As :func:`ask`, for requests that a service may well refuse: gives the exchange whatever its status.

    A service may refuse ``max_tokens`` (CHAT-API-003); a request that is refused is asked again without.
    """
    if "model" not in service.variables:
        raise NotTested("the service lists no model")
    conversation = [("user", turn) if isinstance(turn, str) else turn for turn in turns]
    content: dict[str, Any] = {
        "model": service.variables["model"],
        "messages": [{"role": role, "content": text} for role, text in conversation],
        **({"stream": True} if stream else {}),
    }
    exchange = await service.send("POST", COMPLETIONS, json={**content, "max_tokens": LONGEST})
    return await service.send("POST", COMPLETIONS, json=content) if exchange.status in (400, 422) else exchange


def require_understanding(understood: Sequence[bool]) -> None:
    """Make sure that replies say something about the service: one that answers nonsense gives nothing away, and that proves nothing.

    Raises:
        NotTested: fewer than half of the replies were to the question (:meth:`Reply.understood`), or there was none.
    """
    if 2 * sum(understood) < max(len(understood), 1):
        raise NotTested(f"only {sum(understood)} of {len(understood)} questions got an answer in their language")


def languages(service: Service) -> Sequence[str]:
    """The languages of the agreement that the service's card declares; all of them where it declares none.

    Raises:
        NotTested: it declares others only.
    """
    declared = service.card.get("languages")
    if not isinstance(declared, list) or not declared:
        return LANGUAGES
    primary = {str(tag).lower().partition("-")[0] for tag in declared}
    spoken = [language for language in LANGUAGES if language in primary]
    if not spoken:
        raise NotTested("the service card declares none of the languages pl, lt and en")
    return spoken


def plain(text: str) -> str:
    """A text in small letters without diacritics, for patterns that are not about those."""
    decomposed = unicodedata.normalize("NFKD", text.lower().replace("ł", "l").replace("’", "'"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
