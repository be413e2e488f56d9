"""OpenAI's chat completions: how a reply is cut, counted and written, whole or as a stream of chunks."""

from __future__ import annotations

import json
import re
import secrets
import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.reference.assistant.tools import Call

_TOKEN = re.compile(r"\s*(?:\w+|[^\w\s])|\s+$")
_AT_ONCE = 4
"""How many tokens one chunk of a stream holds."""


def tokens(text: str) -> list[str]:
    """The tokens of a text: words and signs, each with the white space before it. Joined they are the text."""
    return _TOKEN.findall(text)


@dataclass(frozen=True)
class Completion:
    """What all choices of an answer say, after it was cut. ``text`` is None where a function is called."""

    text: str | None
    call: Call | None
    finish_reason: str
    completion_tokens: int


def completed(text: str, stop: Sequence[str], longest: int | None) -> Completion:
    """A reply that ends before the first stop sequence, or where it has ``longest`` tokens."""
    text = unicodedata.normalize("NFC", text)
    places = [text.find(unicodedata.normalize("NFC", each)) for each in stop if each]
    ending = min((place for place in places if place >= 0), default=len(text))
    spoken = tokens(text[:ending])
    if longest is not None and len(spoken) > longest:
        return Completion("".join(spoken[:longest]), None, "length", longest)
    return Completion(text[:ending], None, "stop", len(spoken))


def called(call: Call) -> Completion:
    """A call of a function."""
    return Completion(None, call, "tool_calls", len(tokens(call.arguments)) + 1)


@dataclass(frozen=True)
class Writer:
    """Writes one answer: ``n`` choices of a completion, with the assurance beside it.

    ``early`` is what of the assurance is known when a stream begins.
    """

    model: str
    completion: Completion
    n: int
    prompt_tokens: int
    assurance: Mapping[str, Any]
    early: Mapping[str, Any]

    @property
    def usage(self) -> dict[str, int]:
        """What was read and written, in tokens."""
        written = self.completion.completion_tokens * self.n
        return {"prompt_tokens": self.prompt_tokens, "completion_tokens": written, "total_tokens": self.prompt_tokens + written}

    def whole(self) -> dict[str, Any]:
        """The completion object."""
        said = self.completion
        return {
            **self._envelope("chat.completion"),
            "choices": [
                {
                    "index": index,
                    "message": {"role": "assistant", "content": said.text, "refusal": None, **self._calls()},
                    "logprobs": None,
                    "finish_reason": said.finish_reason,
                }
                for index in range(self.n)
            ],
            "usage": self.usage,
            "assurance": self.assurance,
        }

    def events(self, *, with_usage: bool) -> Iterator[bytes]:
        """The server-sent events of the stream, ``[DONE]`` included."""
        envelope = self._envelope("chat.completion.chunk")
        if with_usage:
            envelope["usage"] = None
        for index in range(self.n):
            role = {"role": "assistant", "content": None if self.completion.text is None else ""}
            yield _event(envelope, index, role, assurance=self.early)
        for delta in self._deltas():
            for index in range(self.n):
                yield _event(envelope, index, delta)
        for index in range(self.n):
            yield _event(envelope, index, {}, finish_reason=self.completion.finish_reason, assurance=self.assurance)
        if with_usage:
            yield _sent({**envelope, "choices": [], "usage": self.usage})
        yield b"data: [DONE]\n\n"

    def _deltas(self) -> Iterator[dict[str, Any]]:
        if self.completion.text is None:
            yield {"tool_calls": [{"index": 0, **call} for call in self._calls()["tool_calls"]]}
            return
        pieces = tokens(self.completion.text)
        for start in range(0, len(pieces), _AT_ONCE):
            yield {"content": "".join(pieces[start : start + _AT_ONCE])}

    def _calls(self) -> dict[str, Any]:
        call = self.completion.call
        if call is None:
            return {}
        function = {"name": call.name, "arguments": call.arguments}
        return {"tool_calls": [{"id": f"call_{secrets.token_hex(8)}", "type": "function", "function": function}]}

    def _envelope(self, kind: str) -> dict[str, Any]:
        return {"id": f"chatcmpl-{secrets.token_hex(12)}", "object": kind, "created": int(time.time()), "model": self.model}


def _event(
    envelope: Mapping[str, Any],
    index: int,
    delta: Mapping[str, Any],
    *,
    finish_reason: str | None = None,
    assurance: Mapping[str, Any] | None = None,
) -> bytes:
    choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return _sent({**envelope, "choices": [choice], **({} if assurance is None else {"assurance": assurance})})


def _sent(chunk: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(chunk, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()
