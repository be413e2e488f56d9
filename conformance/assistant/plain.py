"""The plain question of the profile, as scenarios about the protocol ask it: with one member more, or another in its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.assistant.conversation import COMPLETIONS
from harness.checks import NotTested, Service
from harness.exchange import Exchange


async def ask(service: Service, content: Mapping[str, Any]) -> Exchange:
    """Ask for a completion with these members. Raises :class:`NotTested` when no complete answer comes."""
    return await service.send("POST", COMPLETIONS, json=dict(content))


def plainly(service: Service, **members: Any) -> dict[str, Any]:
    """The members of the profile's plain request, which the service has served once, with ``members`` in place of its own.

    Raises:
        NotTested: there is none.
    """
    return {**service.sample("POST").document, **members}


async def plain_question(service: Service, **members: Any) -> dict[str, Any]:
    """As :func:`plainly`, asked anew: what is refused next is refused for what is added, not for something of the moment.

    Raises:
        NotTested: it is not served.
    """
    content = plainly(service, **members)
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
