"""How a client finds a service: it asks for the catalogue in its format, reads the card before it asks anything else, and reads again only what
changed. (What it keeps to of the limits is in limits.py.)
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from conformance.discovery.card import CARD
from conformance.discovery.links import CATALOGUE, LINKSET
from conformance.discovery.seen import of_its_work
from harness.checks import CallNext, NotTested, Violation, claim, mutant, pair_rule, rule
from harness.exchange import Exchange, Request, Response


def _asks_for_the_catalogue(exchange: Exchange) -> bool:
    return exchange.operation is not None and exchange.operation.id == "getApiCatalog"


def _admits(accept: str, wanted: str) -> bool:
    """Whether an Accept field admits a media type (RFC 9110 section 12.5.1): the most specific range that fits it has a weight above zero."""
    best, weight = -1, 0.0
    for member in accept.split(","):
        given, *parameters = (part.strip().lower() for part in member.split(";"))
        ranges = (wanted, f"{wanted.partition('/')[0]}/*", "*/*")
        if given not in ranges or 2 - ranges.index(given) <= best:
            continue
        quality = next((part.partition("=")[2].strip() for part in parameters if re.match(r"q\s*=", part)), "1")
        best, weight = 2 - ranges.index(given), float(quality) if re.fullmatch(r"[01](\.\d{0,3})?", quality) else 1.0
    return weight > 0


@rule("DISC-REQ-001", when=_asks_for_the_catalogue)
def clients_take_a_linkset(exchange: Exchange) -> None:
    """RFC 9727 section 4.2: the catalogue is application/linkset+json, other formats MAY be negotiated. Who does not admit it may get none."""
    accept = exchange.request.headers.get("accept")
    if accept is not None and accept.strip() and not _admits(accept, LINKSET):
        raise Violation("the client does not take the format of the catalogue", expected=LINKSET, got=accept, pointer="header:Accept")


@mutant("DISC-REQ-001")
async def client_takes_json_only(request: Request, call_next: CallNext) -> Response:
    """The client asks for everything as application/json."""
    return await call_next(request.with_header("Accept", "application/json") if request.path == CATALOGUE else request)


@claim("DISC-REQ-004")
class ClientsReadTheCardFirst:
    """AI Act Article 26(1): deployers use a system in accordance with its instructions for use. The card leads to them, and is read before the
    system is used.
    """

    def __init__(self) -> None:
        self._too_early: Exchange | None = None
        self._used = False

    def notice(self, exchange: Exchange, card: Mapping[str, Any]) -> None:
        """As :meth:`harness.checks.Claim.notice`."""
        if of_its_work(exchange) and exchange.request.body:
            self._used = True
            if not card and self._too_early is None:
                self._too_early = exchange

    def decide(self, card: Mapping[str, Any]) -> None:
        """As :meth:`harness.checks.Claim.decide`."""
        if not self._used:
            raise NotTested("the client did not use the service")
        if self._too_early is not None:
            raise Violation(
                "the client uses the service before it has read its card", expected=f"GET {CARD}", got="a use", exchange=self._too_early
            )


@mutant("DISC-REQ-004")
async def client_asks_before_it_looks(request: Request, call_next: CallNext) -> Response:
    """The client has the address in its configuration, and the card is read by nobody."""
    return await call_next(Request(request.method, "/health", request.headers) if request.path == CARD else request)


_SOON = 600.0
"""Seconds within which a client has a copy of what it read, or could have one."""


def _a_second_reading(first: Exchange, second: Exchange) -> bool:
    operation = second.operation.id if second.operation is not None else ""
    again = operation in ("getServiceCard", "getApiCatalog", "getInstructions") and first.request.url == second.request.url
    same = first.request.headers.get("accept-language") == second.request.headers.get("accept-language")
    soon = second.started - first.started <= _SOON
    return again and same and soon and first.request.method == "GET" and first.status == 200 and _may_be_kept(first.answer)


def _may_be_kept(answer: Response) -> bool:
    return "etag" in answer.headers and "no-store" not in (answer.headers.get("cache-control") or "").lower()


@pair_rule("DISC-REQ-005", when=_a_second_reading)
def clients_read_again_what_changed(first: Exchange, second: Exchange) -> None:
    """RFC 9110 section 13.1.2: If-None-Match makes a reading conditional, so that what has not changed is not sent again; RFC 9727 section 5.3:
    catalogues may be large.
    """
    if second.request.method == "GET" and "if-none-match" not in second.request.headers:
        tag = first.answer.headers.get("etag")
        raise Violation(
            "the client reads again what it has", expected=f"If-None-Match: {tag}", got="no If-None-Match", pointer="header:If-None-Match"
        )


@mutant("DISC-REQ-005")
async def client_forgets_what_it_read(request: Request, call_next: CallNext) -> Response:
    """The client keeps no copy, and fetches the card anew each time."""
    return await call_next(request.with_header("If-None-Match", None))
