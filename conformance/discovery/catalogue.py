"""The catalogue of APIs (RFC 9727): that it is there, for anybody, that it leads to APIs, and says what it is. (Its form is in linkset.py.)"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from conformance.core.faults import changed
from conformance.core.reading import excerpt
from conformance.discovery.links import CATALOGUE, LINKSET, anchors, header_links, links, read
from harness.checks import CallNext, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Exchange, Request, Response, media_type

PROFILE = "https://www.rfc-editor.org/info/rfc9727"
_WANTED = {"Accept": f"{LINKSET}, application/json;q=0.1, */*;q=0.1"}


async def catalogue(service: Service, *, credential: bool = True) -> tuple[Exchange, str]:
    """The exchange that gave the catalogue, whatever was answered, and the base URL of the service.

    Raises:
        NotTested: the base URL lies below the root of the host, where nobody has to have one, or the catalogue is elsewhere.
    """
    exchange, base = await read(service, CATALOGUE, headers=_WANTED, credential=credential)
    if not exchange.succeeded and urlsplit(base).path:
        raise NotTested("it lies at the root of the host (RFC 8615 section 3), and the base URL of this run is below that")
    return exchange, base


async def published(service: Service) -> tuple[Exchange, str, dict[str, Any]]:
    """The exchange that gave the catalogue, the base URL of the service, and the catalogue as far as it can be read as one.

    Raises:
        NotTested: there is none (DISC-CAT-001), or it is no JSON object (DISC-CAT-002).
    """
    exchange, base = await catalogue(service)
    if exchange.status != 200:
        raise NotTested(f"there is no catalogue at {CATALOGUE}")
    if not isinstance(exchange.answer.document, dict):
        raise NotTested("the catalogue is no JSON object")
    return exchange, base, exchange.answer.document


@scenario("DISC-CAT-001")
async def the_catalogue_is_there(service: Service) -> None:
    """RFC 9727 section 2: the publisher SHALL resolve a GET request to /.well-known/api-catalog and return the catalogue; section 4.2: it MUST be
    in the format application/linkset+json.
    """
    exchange, _ = await catalogue(service)
    if exchange.status in (401, 403):
        raise NotTested(f"the service asks for a credential (HTTP {exchange.status})")
    if exchange.status != 200:
        raise Violation(f"there is no catalogue at {CATALOGUE}", expected="200", got=str(exchange.status), exchange=exchange)
    kind = exchange.answer.headers.get("content-type") or "no Content-Type"
    if media_type(kind) != LINKSET:
        raise Violation("the catalogue is no linkset", expected=LINKSET, got=kind, pointer="header:Content-Type", exchange=exchange)


@mutant("DISC-CAT-001")
async def catalogue_is_not_found(request: Request, call_next: CallNext) -> Response:
    """The reverse proxy passes nothing on that begins with /.well-known/, save the security contact."""
    if request.path != CATALOGUE:
        return await call_next(request)
    return await call_next(Request(request.method, "/no-such-file", request.headers))


@mutant("DISC-CAT-001", also=("DISC-CAT-005", "CORE-DOC-002"))
async def catalogue_is_plain_json(request: Request, call_next: CallNext) -> Response:
    """The catalogue is a file, and the web server takes the type from what it looks like."""
    answer = await call_next(request)
    return answer.with_header("Content-Type", "application/json") if is_the_catalogue(request, answer) else answer


def is_the_catalogue(request: Request, answer: Response) -> bool:
    """Whether an answer that a mutant sees is the catalogue."""
    return request.path == CATALOGUE and answer.status == 200


@scenario("DISC-CAT-003")
async def the_catalogue_leads_to_apis(service: Service) -> None:
    """RFC 9727 section 4.1: the catalogue MUST include hyperlinks to API endpoints: as items (A.2), as what is described (A.1), or through the
    catalogues that it is made of (4.3).
    """
    exchange, _, document = await published(service)
    here = exchange.request.url
    if any(link.relation in ("item", "api-catalog") for link in links(document)):
        return
    if not [anchor for anchor in anchors(document) if anchor not in (here, urlsplit(here).path, "")]:
        raise Violation(
            "the catalogue names no API", expected="item links, or anchors of APIs", got=excerpt(exchange.answer.text), exchange=exchange
        )


@mutant("DISC-CAT-003", also=("DISC-CAT-007", "DISC-CAT-008"))
async def catalogue_is_empty(request: Request, call_next: CallNext) -> Response:
    """The catalogue is built from a register in which nothing was entered."""
    return await changed(request, call_next, CATALOGUE, lambda document: document.update(linkset=[]))


@scenario("DISC-CAT-004")
async def head_leads_to_the_catalogue(service: Service) -> None:
    """RFC 9727 section 2: the publisher SHALL resolve a HEAD request with a Link header that holds the relations of section 3: api-catalog, and item
    where it lists APIs.
    """
    await published(service)
    exchange = await service.send("HEAD", CATALOGUE, headers=_WANTED)
    field = exchange.answer.headers.get("link")
    if any(relation in ("api-catalog", "item") for relation, _ in header_links(field)):
        return
    if 300 <= exchange.status < 400:
        exchange, _ = await read(service, CATALOGUE, headers=_WANTED, method="HEAD")
        field = exchange.answer.headers.get("link")
        if any(relation in ("api-catalog", "item") for relation, _ in header_links(field)):
            return
    if not exchange.succeeded:
        raise Violation("HEAD is not answered where GET is", expected="200", got=str(exchange.status), exchange=exchange)
    raise Violation(
        "the answer to HEAD does not lead to the catalogue",
        expected=f'Link: <{CATALOGUE}>; rel="api-catalog"',
        got=field or "no Link",
        pointer="header:Link",
        exchange=exchange,
    )


@mutant("DISC-CAT-004")
async def catalogue_has_no_link_header(request: Request, call_next: CallNext) -> Response:
    """The catalogue is a file, and files come without a Link header."""
    answer = await call_next(request)
    return answer.with_header("Link", None) if request.path == CATALOGUE else answer


@scenario("DISC-CAT-005")
async def the_catalogue_says_what_it_is(service: Service) -> None:
    """RFC 9727 section 4.2: the Linkset SHOULD include a profile parameter with the URI of the RFC; RFC 9264 section 5 has a link to the profile as
    the other way to say it.
    """
    exchange, *_ = await published(service)
    kind = exchange.answer.headers.get("content-type") or ""
    told = [target for relation, target in header_links(exchange.answer.headers.get("link")) if relation == "profile"]
    parameter = re.search(r';\s*profile\s*=\s*"?([^";]*)', kind, re.IGNORECASE)
    if PROFILE not in [*told, *(parameter.group(1).split() if parameter else ())]:
        raise Violation(
            "the catalogue does not say that it is one",
            expected=f'{LINKSET}; profile="{PROFILE}"',
            got=kind,
            pointer="header:Content-Type",
            exchange=exchange,
        )


@mutant("DISC-CAT-005")
async def catalogue_has_no_profile(request: Request, call_next: CallNext) -> Response:
    """The type of the catalogue is written without its parameter."""
    answer = await call_next(request)
    return answer.with_header("Content-Type", LINKSET) if is_the_catalogue(request, answer) else answer


@scenario("DISC-CAT-009")
async def the_catalogue_is_for_anybody(service: Service) -> None:
    """Profile discovery/1: who looks for a service of another administration has no credential yet. The card is public too (CORE-CRD-001)."""
    exchange, _ = await catalogue(service, credential=False)
    if exchange.status in (401, 403):
        raise Violation("the catalogue cannot be read without a credential", expected="200", got=str(exchange.status), exchange=exchange)
    if exchange.status != 200:
        raise NotTested(f"there is no catalogue at {CATALOGUE}")


@mutant("DISC-CAT-009")
async def catalogue_is_for_partners(request: Request, call_next: CallNext) -> Response:
    """The catalogue is only shown to callers with a credential."""
    answer = await call_next(request)
    if not is_the_catalogue(request, answer) or "authorization" in request.headers:
        return answer
    problem = {"type": "about:blank", "title": "Forbidden", "status": 403, "detail": "Partners only."}
    return Response(403, answer.headers).with_json(problem, "application/problem+json")
