"""The catalogue of APIs: that it is there, and that it is what RFC 9727 and RFC 9264 say."""

from __future__ import annotations

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from conformance.core.faults import changed
from conformance.core.reading import excerpt
from conformance.discovery.links import CATALOGUE, LINKSET, RELATIONS, anchors, header_links, host_of, links, read
from harness.checks import CallNext, NotTested, Service, Violation, mutant, rule, scenario
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
    return answer.with_header("Content-Type", "application/json") if _is_the_catalogue(request, answer) else answer


def _is_the_catalogue(request: Request, answer: Response) -> bool:
    return request.path == CATALOGUE and answer.status == 200


def _a_catalogue(exchange: Exchange) -> bool:
    """Whether an answer is a set of links in Linkset JSON, wherever the catalogue was moved to."""
    return exchange.status == 200 and exchange.answer.media_type == LINKSET and exchange.answer.document is not None


_REFERENCE = re.compile(r'[^\s<>"{}|\\^`\x00-\x1f]*')
"""What has none of the characters that no URI reference holds (RFC 3986 Appendix A); letters outside ASCII are let pass."""


@rule("DISC-CAT-002", when=_a_catalogue)
def the_catalogue_is_a_linkset(exchange: Exchange) -> None:
    """RFC 9264 section 4.2.1: linkset is an array of objects; 4.2.2: each relation has an array of objects, even if there is only one; 4.2.3: each
    has href; 4.2.4.1: hreflang is an array.

    A text in the place of an array is let pass: RFC 9727 section 5.1 shows one, and catalogues carry titles beside their relations.
    """
    document = exchange.answer.document
    contexts = document.get("linkset") if isinstance(document, dict) else None
    if not isinstance(contexts, list):
        raise Violation("the catalogue holds no linkset", expected='{"linkset": [...]}', got=excerpt(exchange.answer.text), pointer="")
    for place, context in enumerate(contexts):
        if not isinstance(context, dict):
            raise Violation("a link context is no object", expected="an object", got=context, pointer=f"/linkset/{place}")
        anchor = context.get("anchor")
        if anchor is not None and not (isinstance(anchor, str) and _REFERENCE.fullmatch(anchor)):
            raise Violation("an anchor is no URI reference", expected="a URI reference", got=anchor, pointer=f"/linkset/{place}/anchor")
        for relation, targets in context.items():
            _targets(targets, f"/linkset/{place}/{relation}", known=relation in RELATIONS)


def _targets(targets: Any, pointer: str, *, known: bool) -> None:
    if isinstance(targets, dict) and known:
        raise Violation("a link stands alone, without an array around it", expected="[{...}]", got=targets, pointer=pointer)
    for number, target in enumerate(targets if isinstance(targets, list) else ()):
        here = f"{pointer}/{number}"
        if not isinstance(target, dict):
            raise Violation("a link is no object", expected='{"href": "..."}', got=target, pointer=here)
        if not isinstance(target.get("href"), str) or not _REFERENCE.fullmatch(target["href"]):
            raise Violation("a link has no href that is a URI reference", expected="href", got=target.get("href"), pointer=f"{here}/href")
        if "hreflang" in target and not isinstance(target["hreflang"], list):
            raise Violation("hreflang is no array", expected='["lt"]', got=target["hreflang"], pointer=f"{here}/hreflang")


@scenario("DISC-CAT-002")
async def the_catalogue_is_read(service: Service) -> None:
    """What it holds is judged by the rule."""
    await published(service)


async def _with_catalogue(request: Request, call_next: CallNext, change: Any) -> Response:
    return await changed(request, call_next, CATALOGUE, change)


@mutant("DISC-CAT-002")
async def single_links_stand_alone(request: Request, call_next: CallNext) -> Response:
    """The serializer writes an array of one as its element."""

    def change(document: dict[str, Any]) -> None:
        for context in document["linkset"]:
            for relation in RELATIONS:
                if len(context.get(relation, ())) == 1:
                    context[relation] = context[relation][0]

    return await _with_catalogue(request, call_next, change)


@mutant("DISC-CAT-002")
async def languages_of_links_are_texts(request: Request, call_next: CallNext) -> Response:
    """hreflang of a link is one text, as in HTML."""

    def change(document: dict[str, Any]) -> None:
        for context in document["linkset"]:
            for target in context.get("service-doc", ()):
                target["hreflang"] = target["hreflang"][0]

    return await _with_catalogue(request, call_next, change)


@mutant("DISC-CAT-002", also=("CORE-API-002", "CORE-DOC-002"))
async def catalogue_is_a_bare_array(request: Request, call_next: CallNext) -> Response:
    """The catalogue is the array of link contexts, without the object around it."""
    answer = await call_next(request)
    return answer.with_json(answer.document["linkset"]) if _is_the_catalogue(request, answer) else answer


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
    return await _with_catalogue(request, call_next, lambda document: document.update(linkset=[]))


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
    return answer.with_header("Content-Type", LINKSET) if _is_the_catalogue(request, answer) else answer


@rule("DISC-CAT-010", when=_a_catalogue)
def links_are_whole(exchange: Exchange) -> None:
    """RFC 9264 sections 4.2.2 and 4.2.3: anchor and href SHOULD NOT be relative references, which mean something else in a copy."""
    document = exchange.answer.document
    written = [*anchors(document), *(link.href for link in links(document))]
    relative = next((reference for reference in written if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", reference)), None)
    if relative is not None:
        raise Violation("a link is a relative reference", expected="a URI with scheme and host", got=relative)


@mutant("DISC-CAT-010")
async def links_are_paths(request: Request, call_next: CallNext) -> Response:
    """The links of the catalogue are paths on the host."""

    def change(document: dict[str, Any]) -> None:
        for context in document["linkset"]:
            context["anchor"] = urlsplit(context["anchor"]).path
            for relation in RELATIONS:
                for target in context.get(relation, ()):
                    target["href"] = urlsplit(target["href"]).path

    return await _with_catalogue(request, call_next, change)


_INSIDE = (".local", ".internal", ".intranet", ".lan", ".localdomain", ".home.arpa", ".localhost", ".corp", ".svc")


def _loopback(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost") or host.startswith("127.") or host == "::1"


def _internal(host: str) -> bool:
    """Whether a host is one that nobody outside its network can reach."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host.endswith(_INSIDE) or (bool(host) and "." not in host)


def _is_public_catalogue(exchange: Exchange) -> bool:
    """A catalogue of an internal network may name what is in there (RFC 9727 section 5.2); one on this machine is tried out."""
    host = urlsplit(exchange.request.url).hostname or ""
    return _a_catalogue(exchange) and (not _internal(host) or _loopback(host))


@rule("DISC-CAT-011", when=_is_public_catalogue)
def nothing_internal_is_named(exchange: Exchange) -> None:
    """RFC 9727 section 8: a public catalogue should not expose metadata about internal domains."""
    here = urlsplit(exchange.request.url).hostname or ""
    for reference in [*anchors(exchange.answer.document), *(link.href for link in links(exchange.answer.document))]:
        host = host_of(exchange.request.url, reference)
        if host != here and _internal(host) and not (_loopback(here) and _loopback(host)):
            raise Violation("the catalogue names an internal host", expected="hosts that callers can reach", got=host)


@mutant("DISC-CAT-011")
async def catalogue_names_the_backend(request: Request, call_next: CallNext) -> Response:
    """The state of the service is linked where the cluster knows it."""

    def change(document: dict[str, Any]) -> None:
        document["linkset"][-1]["status"] = [{"href": "http://assistant.prod.svc.cluster.local:8000/health"}]

    return await _with_catalogue(request, call_next, change)


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
    if not _is_the_catalogue(request, answer) or "authorization" in request.headers:
        return answer
    problem = {"type": "about:blank", "title": "Forbidden", "status": 403, "detail": "Partners only."}
    return Response(403, answer.headers).with_json(problem, "application/problem+json")
