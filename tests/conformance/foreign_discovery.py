"""Publishers by somebody else, correct in other ways than the references: a catalogue alone, and an agency with a card of its own making."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

CATALOGUE = "/.well-known/api-catalog"
PROFILE = "https://www.rfc-editor.org/info/rfc9727"
ORIGIN = "http://127.0.0.1"

# The shapes are those of catalogues that are published today, read in their sources and written anew; hosts and names are ours.
BOOKMARKS = {
    "linkset": [{"anchor": f"{ORIGIN}{CATALOGUE}", "item": [{"href": "https://api.example.lt/registras"}, {"href": "https://x.example/"}]}]
}
TITLED = {
    "linkset": [
        {
            "anchor": f"{ORIGIN}/api/v1",
            "title": "Camera configuration",
            "version": "2.1.0",
            "service-desc": [{"href": f"{ORIGIN}/api/v1/openapi.json", "type": "application/openapi+json"}],
            "service-doc": [{"type": "text/html", "href": f"{ORIGIN}/docs", "title*": [{"value": "Žinynas", "language": "lt"}]}],
            "https://rels.example/ai-card": [{"href": f"{ORIGIN}/docs"}],
        },
        {"anchor": f"{ORIGIN}/mcp", "title": "Tools", "service-doc": [{"href": f"{ORIGIN}/docs", "hreflang": ["en", "pl"]}]},
    ],
    "@context": {"@vocab": "http://www.iana.org/assignments/relation/"},
}
NESTED = {
    "linkset": [
        {
            "anchor": "https://www.example.lt/.well-known/api-catalog",
            "api-catalog": [{"href": "https://apis.example.lt/iot/api-catalog"}, {"href": "https://apis.example.lt/ai/api-catalog"}],
        }
    ]
}
IN_ONE_WORD = {"linkset": [{"anchor": f"{ORIGIN}{CATALOGUE}", "item": [{"href": f"{ORIGIN}/a"}], "api-catalog": "https://b.example/c"}]}


@dataclass(frozen=True)
class Publisher:
    """How a publisher of a catalogue does what RFC 9727 leaves open."""

    document: Mapping[str, Any] = field(default_factory=lambda: BOOKMARKS)
    content_type: str = f'application/linkset+json; profile="{PROFILE}"'
    link: str = f'<{CATALOGUE}>; rel="api-catalog"'
    moved: int = 0
    chunked: bool = False
    pages: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Path -> media type and text."""


def publisher(habits: Publisher) -> Starlette:
    """A static web server with a catalogue: it knows nothing of cards, problems or traces."""

    async def catalogue(request: Request) -> Response:
        headers = {"Link": habits.link, "Content-Type": habits.content_type}
        text = json.dumps(habits.document, indent=1, ensure_ascii=False)
        if habits.chunked:

            async def parts() -> AsyncIterator[bytes]:
                for place in range(0, len(text), 7):
                    yield text[place : place + 7].encode()

            return StreamingResponse(parts(), headers=headers)
        return Response(text, headers=headers)

    async def elsewhere(request: Request) -> Response:
        return RedirectResponse("/files/catalogue.json", habits.moved, headers={"Link": habits.link})

    async def page(request: Request) -> Response:
        kind, text = habits.pages[request.url.path]
        return PlainTextResponse(text, media_type=kind)

    routes = [Route(CATALOGUE, elsewhere if habits.moved else catalogue), Route("/files/catalogue.json", catalogue)]
    return Starlette(routes=[*routes, *(Route(path, page) for path in habits.pages)])


NAUDOJIMAS = (
    "# Naudojimo instrukcija\n\nŠi sistema rūšiuoja gyventojų raštus pagal temą ir siūlo skyrių, kuriam jie turėtų būti perduoti. Sprendimą "
    "visada priima darbuotojas, o sistema tik padeda jam greičiau rasti tinkamą kolegą. Klaidas praneškite skyriui.\n"
)
SKAITYTI = "Der Dienst wird nur auf Deutsch beschrieben, damit die Partner in Österreich ihn ohne Übersetzung benutzen können."
CARD: dict[str, Any] = {
    "profiles": ["core/1", "discovery/1"],
    "x-own": {"nested": [1.0, None]},
    "version": "3.0.0",
    "aiAct": {
        "class": "high-risk",
        "roles": ["deployer"],
        "annexIII": ["5a"],
        "registrations": [{"number": "LT-1", "section": "C"}],
        "note": "",
    },
    "languages": ["lt-LT", "de"],
    "conformanceClass": "high-risk",
    "provider": {
        "identifiers": [{"value": "732829320", "scheme": "SIREN"}, {"value": "188600177", "scheme": "jar", "since": 2003}],
        "country": "LT",
        "name": "Pavyzdinis departamentas",
    },
    "instructions": [
        {"language": "lt-LT", "url": "http://127.0.0.1/dokumentai/instrukcija.md"},
        {"language": "de", "url": "anleitung.txt", "title": "Anleitung"},
        {"language": "en", "url": "https://docs.example/manual.pdf"},
        {"language": "pl", "url": "/dokumentai/instrukcja.pdf"},
    ],
    "metrics": [{"name": "accuracy", "value": 91, "unit": "%", "dataset": "raštai 2025", "date": "2026-01-31", "ci": [89.5, 92.5]}],
    "complaints": {"url": "https://departamentas.example/skundai"},
    "contact": {"url": "https://departamentas.example", "email": "info@departamentas.example"},
    "purpose": {"en": "Sorts letters by subject.", "lt": "Rūšiuoja raštus pagal temą."},
    "coverage": [{"scheme": "LAU", "code": "13"}, {"scheme": "NUTS", "code": "LT01"}],
    "limits": {"requests": {"count": 1e6, "seconds": 0.5, "per": "key"}},
    "name": "Raštų skirstytuvas",
}
YAML = "# of our generator\nopenapi: '3.0.3'\ninfo: {title: Raštai, version: '3'}\npaths: {}\n"
LISTED = {
    "linkset": [
        {
            "service-meta": [{"href": f"{ORIGIN}/service-card"}],
            "status": [{"href": "https://status.example/"}],
            "service-desc": [
                {"href": "https://elsewhere.example/openapi.json"},
                {"href": f"{ORIGIN}/apibrėžtis.yaml".replace("ė", "%C4%97")},
            ],
            "anchor": f"{ORIGIN}/rastai",
        }
    ]
}
AGENCY = Publisher(
    document=LISTED,
    content_type=f"Application/Linkset+JSON;charset=utf-8;profile={PROFILE}",
    link=f'<https://a.example/x>; rel="next prev"; title="a, b", <{CATALOGUE}>;rel=api-catalog',
    moved=308,
    chunked=True,
    pages={
        "/service-card": ("application/json", json.dumps(CARD)),
        "/apibrėžtis.yaml": ("application/yaml", YAML),
        "/dokumentai/instrukcija.md": ("text/markdown", NAUDOJIMAS),
        "/anleitung.txt": ("text/plain", SKAITYTI),
        "/dokumentai/instrukcja.pdf": ("application/pdf", "%PDF-1.7"),
    },
)
