"""What a client makes of answers that a later version of a profile may give."""

from __future__ import annotations

from conformance.core.reactions import Reactions
from harness.checks import CallNext, claim, mutant
from harness.exchange import Request, Response


@claim("CORE-TOL-001")
class ClientsPassOverMembers(Reactions):
    """RFC 7493 section 4.2: what a receiver does not recognise it treats as if it did not appear, and never as an error."""

    situation, stumbled = "later-members", "an answer with members that it does not know"


@mutant("CORE-TOL-001")
async def answers_are_read_strictly(request: Request, call_next: CallNext) -> Response:
    """The client's models allow no further members, and its library tries again where an answer cannot be read."""
    answer = await call_next(request)
    return await call_next(request) if b'"x_later"' in answer.body else answer


@claim("CORE-TOL-002")
class ClientsPassOverValues(Reactions):
    """RFC 7493 section 4.2: the same of a value in an enumeration."""

    situation, stumbled = "later-values", "an answer with a value that it does not know"


@mutant("CORE-TOL-002")
async def enumerations_are_closed(request: Request, call_next: CallNext) -> Response:
    """The client was generated with closed enumerations, and tries again where a value is in none of them."""
    answer = await call_next(request)
    return await call_next(request) if b'"x-later"' in answer.body else answer
