"""What a catalogue is made of: a set of links in the form of RFC 9264, whole ones, and none to what only its own network can reach."""

from __future__ import annotations

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from conformance.core.faults import changed
from conformance.core.reading import excerpt
from conformance.discovery.catalogue import is_the_catalogue, published
from conformance.discovery.links import CATALOGUE, LINKSET, RELATIONS, anchors, host_of, links
from harness.checks import CallNext, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response


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


@mutant("DISC-CAT-002")
async def single_links_stand_alone(request: Request, call_next: CallNext) -> Response:
    """The serializer writes an array of one as its element."""

    def change(document: dict[str, Any]) -> None:
        for context in document["linkset"]:
            for relation in RELATIONS:
                if len(context.get(relation, ())) == 1:
                    context[relation] = context[relation][0]

    return await changed(request, call_next, CATALOGUE, change)


@mutant("DISC-CAT-002")
async def languages_of_links_are_texts(request: Request, call_next: CallNext) -> Response:
    """hreflang of a link is one text, as in HTML."""

    def change(document: dict[str, Any]) -> None:
        for context in document["linkset"]:
            for target in context.get("service-doc", ()):
                target["hreflang"] = target["hreflang"][0]

    return await changed(request, call_next, CATALOGUE, change)


@mutant("DISC-CAT-002", also=("CORE-API-002", "CORE-DOC-002"))
async def catalogue_is_a_bare_array(request: Request, call_next: CallNext) -> Response:
    """The catalogue is the array of link contexts, without the object around it."""
    answer = await call_next(request)
    return answer.with_json(answer.document["linkset"]) if is_the_catalogue(request, answer) else answer


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

    return await changed(request, call_next, CATALOGUE, change)


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

    return await changed(request, call_next, CATALOGUE, change)
