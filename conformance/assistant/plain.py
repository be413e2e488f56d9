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


async def plain_question(service: Service, **members: Any) -> dict[str, Any]:
    """The members of the profile's plain request, with ``members``, as the service serves them.

    The plain request has a limit, so that a slow model does not talk on; a service that refuses limits is asked without. The request has
    been served once when this returns, so that what is refused afterwards is refused for what was added to it.

    Raises:
        NotTested: it is not served.
    """
    content = {**service.sample("POST").document, **members}
    exchange = await ask(service, content)
    if 400 <= exchange.status < 500 and any(name in content for name in _LIMITS):
        content = {name: value for name, value in content.items() if name not in _LIMITS}
        exchange = await ask(service, content)
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
