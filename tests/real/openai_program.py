"""What agencies run: a small program with the openai client, for ``govai consumer``. ``python tests/real/openai_program.py WAY`` asks in that way.

``plain`` for whole answers, ``stream`` for streams, ``tools`` with a function that is called and answered, ``careful`` with the three header fields
that the client leaves to who uses it. The address and the token are found in OPENAI_BASE_URL and OPENAI_API_KEY.
"""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterable
from typing import Any

from openai import DefaultHttpxClient, OpenAI, OpenAIError

QUESTIONS = 12
"""Enough to meet every situation once."""
HOURS = {
    "type": "function",
    "function": {
        "name": "opening_hours",
        "description": "When the office of a town is open",
        "parameters": {"type": "object", "properties": {"town": {"type": "string"}}, "required": ["town"]},
    },
}


def plain(client: OpenAI, model: str, question: str, **more: Any) -> str:
    """Ask for a whole answer."""
    asked = [{"role": "user", "content": question}]
    return client.chat.completions.create(model=model, messages=asked, **more).choices[0].message.content


def stream(client: OpenAI, model: str, question: str) -> str:
    """Ask for a stream, with its usage."""
    asked = [{"role": "user", "content": question}]
    with client.chat.completions.create(model=model, messages=asked, stream=True, stream_options={"include_usage": True}) as chunks:
        return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)


def tools(client: OpenAI, model: str, question: str) -> str:
    """Have a function called, and ask on with what it gave."""
    asked: list[Any] = [{"role": "user", "content": question}]
    called = client.chat.completions.create(model=model, messages=asked, tools=[HOURS], tool_choice="required").choices[0].message
    results = [{"role": "tool", "tool_call_id": call.id, "content": json.dumps({"open": "8-16"})} for call in called.tool_calls]
    answered = client.chat.completions.create(model=model, messages=[*asked, called, *results], tools=[HOURS])
    return f"{called.tool_calls[0].function.arguments} {answered.choices[0].message.content}"


def careful(client: OpenAI, model: str, question: str) -> str:
    """As plain, with one key for all tries of one question."""
    return plain(client, model, question, extra_headers={"Idempotency-Key": f'"{secrets.token_hex(16)}"'})


def in_a_trace(request: Any) -> None:
    """Each try in a span of its own, for a person who reads Polish."""
    request.headers |= {"traceparent": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01", "Accept-Language": "pl"}


def answers(way: str) -> Iterable[str]:
    """What a person is shown, question by question; an error is shown and no reason to stop."""
    client = OpenAI(http_client=DefaultHttpxClient(event_hooks={"request": [in_a_trace]}) if way == "careful" else None)
    model = client.models.list().data[0].id
    for number in range(QUESTIONS):
        try:
            yield {"plain": plain, "stream": stream, "tools": tools, "careful": careful}[way](
                client, model, f"Jaki jest numer alarmowy w Unii Europejskiej? ({number})"
            )
        except OpenAIError as error:
            yield f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    for answer in answers(sys.argv[1]):
        sys.stdout.write(f"{answer}\n")
