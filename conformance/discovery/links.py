"""Links of a catalogue or a card: what they are, and following those that lead to the service itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urldefrag, urljoin, urlsplit

from harness.checks import NotTested, Service
from harness.exchange import Exchange

CATALOGUE = "/.well-known/api-catalog"
LINKSET = "application/linkset+json"
RELATIONS = ("item", "service-desc", "service-doc", "service-meta", "status", "api-catalog")
"""The relations that RFC 9727 uses in a catalogue (section 3 and Appendix A)."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HOPS = 3


@dataclass(frozen=True)
class Link:
    """One link: the relation, the target as written, and where it stands (JSON Pointer)."""

    relation: str
    href: str
    pointer: str


def links(linkset: Any) -> Iterator[Link]:
    """The links of a catalogue, as far as they can be read. A target that is written as a text alone counts (RFC 9727 section 5.1 does that)."""
    contexts = linkset.get("linkset") if isinstance(linkset, dict) else None
    for place, context in enumerate(contexts if isinstance(contexts, list) else ()):
        for relation, targets in context.items() if isinstance(context, dict) else ():
            if relation == "anchor":
                continue
            if isinstance(targets, str) and relation in RELATIONS:
                yield Link(relation, targets, f"/linkset/{place}/{relation}")
            for number, target in enumerate(targets if isinstance(targets, list) else [targets]):
                if isinstance(target, dict) and isinstance(target.get("href"), str):
                    yield Link(relation, target["href"], f"/linkset/{place}/{relation}/{number}/href")


def anchors(linkset: Any) -> list[str]:
    """The resources that the links of a catalogue lead from."""
    contexts = linkset.get("linkset") if isinstance(linkset, dict) else None
    found = [context.get("anchor") for context in contexts if isinstance(context, dict)] if isinstance(contexts, list) else []
    return [anchor for anchor in found if isinstance(anchor, str)]


def base_of(exchange: Exchange, path: str) -> str:
    """The base URL of the service, from an exchange at a path below it."""
    return exchange.request.url.partition("?")[0].removesuffix(path)


def below(base: str, context: str, reference: str) -> str | None:
    """Path and query below the base URL that a reference leads to from the document ``context``; None where it leads elsewhere.

    Whatever is elsewhere is not asked: a service under test has no say in what the harness sends to others.
    """
    try:
        target, home = urlsplit(urldefrag(urljoin(context, reference)).url), urlsplit(base)
        if _origin(target) != _origin(home) or target.username is not None or target.path.startswith("//"):
            return None
    except ValueError:
        return None
    path = (
        urlsplit(urljoin("http://host/", target.path)).path or "/"
    )  # without its dots: an absolute reference keeps them (RFC 3986 section 5.2.4)
    root = home.path.rstrip("/")
    if path != root and not path.startswith(root + "/"):
        return None
    return (path[len(root) :] or "/") + (f"?{target.query}" if target.query else "")


def host_of(context: str, reference: str) -> str:
    """The host that a reference leads to, in lower case; empty where that cannot be read."""
    try:
        return urlsplit(urljoin(context, reference)).hostname or ""
    except ValueError:
        return ""


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    """RFC 6454 section 4. Raises :class:`ValueError` for a port that is none."""
    scheme = url.scheme.lower()
    return scheme, url.hostname, url.port or {"http": 80, "https": 443}.get(scheme)


async def read(
    service: Service, path: str, *, headers: Mapping[str, str] | None = None, method: str = "GET", credential: bool = True
) -> tuple[Exchange, str]:
    """GET (or another ``method``) a path below the base URL, and follow redirects that stay there: the last exchange, and the base URL.

    Raises:
        NotTested: no complete answer came, the service has no time, or a redirect leads elsewhere.
    """
    base = ""
    for _ in range(_HOPS):
        exchange = await service.send(method, path, headers=dict(headers or {}), credential=credential)
        if exchange.status in (429, 503) and "retry-after" in exchange.answer.headers:
            raise NotTested(f"the service answered {exchange.status}")
        base = base or base_of(exchange, path.partition("?")[0])
        location = exchange.answer.headers.get("location")
        if exchange.status not in _REDIRECTS or not location:
            return exchange, base
        target = below(base, exchange.request.url, location)
        if target is None:
            raise NotTested(f"{path} redirects to another place, {location}, which is not followed")
        path = target
    raise NotTested(f"more than {_HOPS} redirects lead on from each other")


_PARAMETER = r"\s*;\s*([\w!#$&+.^`|~*-]+)(?:\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^\s;,\"]*))?"
_LINK = re.compile(rf"<([^>]*)>((?:{_PARAMETER})*)")


def header_links(field: str | None) -> list[tuple[str, str]]:
    """The links of a Link header (RFC 8288 section 3): relation in lower case and target, one pair for each relation."""
    found = []
    for match in _LINK.finditer(field or ""):
        parameters = [(name.lower(), value.strip('"')) for name, value in re.findall(_PARAMETER, match.group(2))]
        relations = next((value for name, value in parameters if name == "rel"), "")  # the first counts (section 3.3)
        found += [(relation.lower(), match.group(1)) for relation in relations.split()]
    return found
