"""A derived fault: what it is called, what it does to the reference service, and what it did while a tool looked."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.checks import CallNext, FaultyHandler, Mutant
from harness.exchange import Request, Response

_DIGEST = re.compile(rb"sha-256=:([A-Za-z0-9+/=]+):")


@dataclass
class Watch:
    """What a fault did in one run.

    ``met``: how many answers (requests, where the fault waits for a kind of request) it could have changed; ``changed``: how many it did;
    ``forbidden``: how many of these the profile then forbids.
    """

    met: int = 0
    changed: int = 0
    forbidden: int = 0
    crash: str | None = None
    """What the fault itself stumbled over, which would look like a fault of the service."""

    def note(self, forbidden: bool = True) -> None:
        """Count an answer that the fault changed."""
        self.changed += 1
        self.forbidden += forbidden


Start = Callable[[Watch], FaultyHandler]
"""Begins a fault with a state of its own, for one run."""


@dataclass(frozen=True)
class Fault:
    """One single fault. ``operator`` is the general way in which it was derived from the document."""

    id: str
    operator: str
    description: str
    start: Start = field(repr=False)
    hangs: bool = False
    """Whether answers do not come: a tool needs a short time limit for it."""
    waits: bool = False
    """Whether it waits for a kind of request that any caller could send. That none was sent is then no excuse."""

    def mutant(self, watch: Watch) -> Mutant:
        """The fault as a mutant of the reference."""
        return Mutant(self.id, "", self.description, _consistent(self.start(watch), watch))


def _consistent(handler: FaultyHandler, watch: Watch) -> FaultyHandler:
    """Let the service speak of its messages as they are: records digest what was really asked and answered.

    The fault stands before the service, which does not know of it. Without this each change of a body would be a second fault, a record that
    lies, and what finds the one would be credited with the other.
    """
    told: dict[bytes, bytes] = {}

    async def function(request: Request, call_next: CallNext) -> Response:
        last = b""

        async def noting(asked: Request) -> Response:
            nonlocal last
            if asked.body != request.body:
                told[_digest(asked.body)] = _digest(request.body)
            answer = await call_next(asked)
            last = answer.body
            if not told or not answer.is_json:
                return answer
            body = _DIGEST.sub(lambda match: b"sha-256=:" + told.get(match[1], match[1]) + b":", answer.body)
            return answer if body == answer.body else with_body(answer, body)

        try:
            answer = await handler(request, noting)
        except Exception as error:
            watch.crash = f"{type(error).__name__}: {error}"
            raise
        if last and answer.body != last:
            told[_digest(last)] = _digest(answer.body)
        return answer

    return function


def _digest(body: bytes) -> bytes:
    return base64.b64encode(hashlib.sha256(body).digest())


def with_body(answer: Response, body: bytes) -> Response:
    """The answer with another body, its length and its digest made right where it names them. An answer to HEAD has none to change."""
    if not answer.body:
        return answer
    changed = answer.with_body(body)
    if "content-digest" in answer.headers:
        changed = changed.with_header("content-digest", f"sha-256=:{_digest(body).decode()}:")
    return changed


def encoded(value: Any) -> bytes:
    """A JSON text. Lone surrogates are escaped."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()
