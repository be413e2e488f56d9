"""The plain question of the profile, as scenarios about the protocol ask it: with one member more, or another in its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.assistant.conversation import COMPLETIONS
from harness.checks import NotTested, Service
from harness.exchange import Exchange

_LIMITS = ("max_tokens", "max_completion_tokens")


async def ask(service: Service, content: Mapping[str, Any]) -> Exchange:
    """Ask for a completion with these members. Raises :class:`NotTested` when no complete answer comes."""
    return await service.send("POST", COMPLETIONS, json=dict(content))


async def plainly(service: Service, **members: Any) -> tuple[dict[str, Any], Exchange]:
    """Ask the profile's plain question, with ``members`` in place of its own: what was asked in the end, and what came of it.

    The plain request has a limit, so that a slow model does not talk on; a service that refuses it is asked without.
    """
    content = {**service.sample("POST").document, **members}
    exchange = await ask(service, content)
    if 400 <= exchange.status < 500 and any(name in content for name in _LIMITS):
        content = {name: value for name, value in content.items() if name not in _LIMITS}
        exchange = await ask(service, content)
    return content, exchange


async def plain_question(service: Service, **members: Any) -> dict[str, Any]:
    """The members of the plain question, with ``members``, once they have been served: what is refused next is refused for what is added.

    Raises:
        NotTested: they are not served.
    """
    content, exchange = await plainly(service, **members)
    if not exchange.succeeded:
        raise NotTested(f"the plain question is answered with {exchange.status}")
    return content


def refused(exchange: Exchange) -> bool:
    """Whether a request was refused for what it asks; otherwise it was served.

    Raises:
        NotTested: neither. The service asked who is asking, or to come later, or failed.
    """
    if exchange.status in (401, 403, 429) or exchange.status >= 500:
        raise NotTested(f"the service answered {exchange.status}")
    return not exchange.succeeded
