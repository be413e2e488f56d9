"""Where a catalogue leads: links that are there, the OpenAPI document, the service card."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from conformance.core.faults import changed
from conformance.discovery.card import CARD
from conformance.discovery.catalogue import published
from conformance.discovery.links import CATALOGUE, Link, below, host_of, links, read
from harness.checks import CallNext, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Exchange, Request, Response

_DOCUMENTS = ("service-desc", "service-doc", "service-meta", "status", "api-catalog")
"""Relations whose targets are there to be read. An endpoint (``item``, an anchor) need not answer a GET."""
_MOST = 24
_GONE = frozenset({404, 410, 500, 502, 504})


async def _targets(service: Service, *relations: str) -> tuple[Exchange, list[tuple[Link, Exchange]]]:
    """The catalogue, and what its links of these relations lead to, as far as that lies below the base URL; each place once.

    Raises:
        NotTested: the links lead elsewhere.
    """
    exchange, base, document = await published(service)
    here = exchange.request.url
    found = [link for link in links(document) if link.relation in relations]
    ours: dict[str, Link] = {}
    for link in found:
        path = below(base, here, link.href)
        if path is not None:
            ours.setdefault(path, link)
    if found and not ours:
        hosts = ", ".join(sorted({host_of(here, link.href) for link in found} - {""})[:3]) or "elsewhere"
        raise NotTested(f"the links of the catalogue lead to other places ({hosts}), which are not asked")
    accept = {"Accept": "*/*"}
    return exchange, [(link, (await read(service, path, headers=accept))[0]) for path, link in list(ours.items())[:_MOST]]


@scenario("DISC-CAT-006")
async def links_are_not_dead(service: Service) -> None:
    """RFC 9727 section 5.4: the publisher should keep the catalogue current and correct. Only links to the service's own origin are followed."""
    _, targets = await _targets(service, *_DOCUMENTS)
    if not targets:
        raise NotTested("the catalogue links no document")
    for link, target in targets:
        if target.status in _GONE:
            raise Violation(
                f"a link of the catalogue ({link.relation}) leads nowhere",
                expected=f"something at {link.href}",
                got=str(target.status),
                pointer=link.pointer,
                exchange=target,
            )


@mutant("DISC-CAT-006")
async def documentation_has_moved(request: Request, call_next: CallNext) -> Response:
    """The documentation was moved, and the catalogue still has the old address."""

    def change(document: dict[str, Any]) -> None:
        for context in document["linkset"]:
            for target in context.get("service-doc", ()):
                target["href"] += ".old"

    return await changed(request, call_next, CATALOGUE, change)


def _is_a_description(exchange: Exchange) -> bool:
    """Whether an answer is an OpenAPI document of version 3, in JSON or YAML."""
    document = exchange.answer.document
    if isinstance(document, dict):
        return str(document.get("openapi", "")).startswith("3.")
    return re.search(r"^[\"']?openapi[\"']?\s*:\s*[\"']?3\.", exchange.answer.text, re.MULTILINE) is not None


@scenario("DISC-CAT-007")
async def the_description_is_found(service: Service) -> None:
    """RFC 9727 section 4.1: links to the OpenAPI definitions are RECOMMENDED; RFC 8631 section 4.2: service-desc leads to what machines read."""
    exchange, targets = await _targets(service, "service-desc")
    if not any(target.status == 200 and _is_a_description(target) for _, target in targets):
        last = targets[-1][1] if targets else exchange
        got = f"{last.status} {last.answer.media_type}" if targets else "no service-desc"
        raise Violation(
            "no service-desc of the catalogue leads to an OpenAPI document",
            expected="service-desc: an OpenAPI 3 document",
            got=got,
            exchange=last,
        )


async def _without(request: Request, call_next: CallNext, relation: str) -> Response:
    def change(document: dict[str, Any]) -> None:
        for context in document["linkset"]:
            context.pop(relation, None)

    return await changed(request, call_next, CATALOGUE, change)


@mutant("DISC-CAT-007")
async def catalogue_has_no_description(request: Request, call_next: CallNext) -> Response:
    """The catalogue leads to what people read, and to nothing that machines can."""
    return await _without(request, call_next, "service-desc")


@mutant("DISC-CAT-007")
async def description_is_the_documentation(request: Request, call_next: CallNext) -> Response:
    """service-desc leads to the page that shows the description."""

    def change(document: dict[str, Any]) -> None:
        for context in document["linkset"]:
            if "service-desc" in context:
                context["service-desc"] = context["service-doc"][:1]

    return await changed(request, call_next, CATALOGUE, change)


def _is_at(path: str, exchange: Exchange) -> bool:
    return urlsplit(exchange.request.url).path.endswith(path)


@scenario("DISC-CAT-008")
async def the_card_is_found(service: Service) -> None:
    """Profile discovery/1: service-meta (RFC 8631 section 4.3) leads to the service card."""
    exchange, targets = await _targets(service, "service-meta")
    card = await service.send("GET", CARD, credential=False)
    if not card.succeeded or not isinstance(card.answer.document, dict):
        raise NotTested("the service has no service card")
    if not any(target.status == 200 and (_is_at(CARD, target) or target.answer.document == card.answer.document) for _, target in targets):
        got = ", ".join(link.href for link, _ in targets) or "no service-meta"
        raise Violation("the catalogue does not lead to the service card", expected="service-meta: the card", got=got, exchange=exchange)


@mutant("DISC-CAT-008")
async def catalogue_does_not_know_the_card(request: Request, call_next: CallNext) -> Response:
    """The card is younger than the catalogue."""
    return await _without(request, call_next, "service-meta")
