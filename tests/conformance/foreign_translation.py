"""A translation server by somebody else: LibreTranslate's interface, written otherwise wherever that interface leaves it open."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route


@dataclass(frozen=True)
class Habits:
    """What the standard leaves to a server."""

    languages: tuple[str, ...] = ("en", "lt", "pl")
    targets: bool = True
    itself: bool = True
    """Whether a language is listed as its own target, as LibreTranslate does."""
    lists: bool = True
    auto: bool = True
    detects: bool = True
    one_detection: bool = False
    """Whether the detection of a list is one object instead of a list."""
    whole_confidence: bool = False
    ignores_alternatives: bool = False
    settings: bool = False
    invalid: int = 400


def foreign_translation(habits: Habits | None = None) -> Starlette:
    """The server as an ASGI application."""
    own = habits or Habits()
    known = {code.lower(): code for code in own.languages}

    async def languages(request: Request) -> Response:
        entries = []
        for code in own.languages:
            entry: dict[str, Any] = {"name": code.upper(), "rtl": False, "code": code}
            if own.targets:
                entry["targets"] = [each for each in own.languages if own.itself or each != code]
            entries.append(entry)
        return answered(entries)

    async def translate(request: Request) -> Response:
        content = await read(request)
        if content is None or not _is_a_request(content):
            return refused(own.invalid, "Invalid request")
        source, target = content["source"].lower(), content["target"].lower()
        if target not in known or (source not in known and not (source == "auto" and own.auto)):
            return refused(400, f"{source} or {target} is not supported")
        texts = content["q"] if isinstance(content["q"], list) else [content["q"]]
        if isinstance(content["q"], list) and not own.lists:
            return refused(own.invalid, "only one text at a time")
        said = [_put(text, known[target]) for text in texts]
        document: dict[str, Any] = {"engine": {"took": 0.0}, "translatedText": said if isinstance(content["q"], list) else said[0]}
        if source == "auto":
            found = {"language": own.languages[0], "confidence": 87 if own.whole_confidence else 87.5, "reliable": True}
            document["detectedLanguage"] = [found] * len(texts) if isinstance(content["q"], list) and not own.one_detection else found
        else:
            document["detectedLanguage"] = None
        if content.get("alternatives") and not own.ignores_alternatives:
            document["alternatives"] = [[] for _ in texts] if isinstance(content["q"], list) else []
        return answered(document)

    async def detect(request: Request) -> Response:
        content = await read(request)
        if content is None or not isinstance(content.get("q"), str) or not content["q"]:
            return refused(own.invalid, "Invalid request: missing q parameter")
        return answered([{"confidence": 100 if own.whole_confidence else 99.9, "language": own.languages[0], "script": "Latn"}])

    async def settings(request: Request) -> Response:
        return answered({"charLimit": -1, "suggestions": None})

    routes = [Route("/languages", languages), Route("/translate", translate, methods=["POST"])]
    routes += [Route("/detect", detect, methods=["POST"])] if own.detects else []
    routes += [Route("/frontend/settings", settings)] if own.settings else []
    return Starlette(routes=routes, exception_handlers={404: _nothing_here, 405: _wrong_method})


async def read(request: Request) -> dict[str, Any] | None:
    """The members of a request, JSON or a form; None where it is neither."""
    body = await request.body()
    kind = (request.headers.get("content-type") or "").partition(";")[0].strip().lower()
    try:
        if kind == "application/x-www-form-urlencoded":
            return dict(parse_qsl(body.decode()))
        content = json.loads(body.decode()) if kind == "application/json" else None
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _is_a_request(content: dict[str, Any]) -> bool:
    q = content.get("q")
    texts = q if isinstance(q, list) else [q]
    return (
        bool(q)
        and all(isinstance(each, str) for each in texts)
        and all(isinstance(content.get(name), str) and content[name] for name in ("source", "target"))
        and content.get("format", "text") in ("text", "html")
    )


def _put(text: str, target: str) -> str:
    """Something else than the text, and always the same."""
    return f"{target}: {' '.join(reversed(text.split(' ')))}"


def answered(content: Any, status: int = 200) -> Response:
    """JSON in ASCII, sent in two pieces without a length."""
    body = json.dumps(content, ensure_ascii=True, indent=1).encode()

    async def pieces() -> AsyncIterator[bytes]:
        yield body[:5]
        yield body[5:]

    return StreamingResponse(pieces(), status, media_type="application/json;charset=UTF-8")


def refused(status: int, text: str) -> Response:
    """An error as LibreTranslate writes them."""
    return answered({"error": text}, status)


async def _nothing_here(request: Request, exception: Exception) -> Response:
    return PlainTextResponse("nothing here", 404)


async def _wrong_method(request: Request, exception: Exception) -> Response:
    return PlainTextResponse("no", 405, headers={"Allow": "GET, HEAD, POST"})
