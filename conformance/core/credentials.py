"""What a client does with its credential when a service has moved, or does not accept it any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.core.reactions import Reactions
from harness.checks import CallNext, Violation, claim, mutant, rule
from harness.exchange import Exchange, Request, Response

_CREDENTIALS = ("authorization", "x-api-key", "api-key", "cookie")


@rule("CORE-SEC-008", when=lambda exchange: exchange.situation in ("redirect", "elsewhere"))
def credentials_stay_at_their_origin(exchange: Exchange) -> None:
    """RFC 6750 section 5.3: clients MUST ensure that bearer tokens are not leaked to unintended parties.

    RFC 9110 section 15.4: who follows a redirect removes Authorization and Cookie. Not to follow it is as right.
    """
    carried = [name for name in _CREDENTIALS if name in exchange.request.headers]
    if exchange.situation == "elsewhere" and carried:
        raise Violation(
            "after a redirect the credential is sent to another origin",
            expected=f"no {carried[0]} header",
            got=f"the {carried[0]} header",
            pointer=f"header:{carried[0]}",
        )


@mutant("CORE-SEC-008")
async def redirects_are_followed_with_everything(request: Request, call_next: CallNext) -> Response:
    """The client follows redirects by itself, and takes all header fields along."""
    answer = await call_next(request)
    location = answer.headers.get("location")
    if answer.status != 307 or location is None:
        return answer
    return await call_next(Request(request.method, location, request.headers, request.body))


@claim("CORE-SEC-009")
class RefusedTokensAreNotSentAgain(Reactions):
    """RFC 6750 section 3.1: with invalid_token the client may ask for a new token, and then ask again."""

    situation, stumbled = "expired-token", "its token was refused"
    fails_rightly = True

    def __init__(self) -> None:
        super().__init__()
        self._refused: Exchange | None = None

    def notice(self, exchange: Exchange, card: Mapping[str, Any]) -> None:
        """As :meth:`Reactions.notice`; with another token, or without one, the same may be asked again."""
        tokens = [each.request.headers.get("authorization") for each in (self._refused, exchange) if each is not None]
        if len(set(tokens)) > 1:
            self._met.pop()
        known = len(self._met)
        super().notice(exchange, card)
        self._refused = exchange if len(self._met) > known else None


@mutant("CORE-SEC-009")
async def refusals_are_retried(request: Request, call_next: CallNext) -> Response:
    """The client takes every 4xx for a passing trouble."""
    answer = await call_next(request)
    return await call_next(request) if answer.status == 401 else answer
