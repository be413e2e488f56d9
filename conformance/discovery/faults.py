"""What the mutants of this profile share: a service that answers one language in another."""

from __future__ import annotations

from typing import Any

from conformance.assistant.faults import altered, asked_in
from harness.checks import CallNext
from harness.exchange import Request, Response

_ANSWER = "Please ask at the office of the municipality, which will be glad to help you with this matter in person."


async def answered_in_english(request: Request, call_next: CallNext, language: str) -> Response:
    """The service's answer; where the question is in ``language``, its text is English."""

    def change(text: str, assurance: dict[str, Any]) -> str:
        return _ANSWER if text else text

    return await altered(request, call_next, change) if asked_in(request, language) else await call_next(request)
