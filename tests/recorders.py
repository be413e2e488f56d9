"""How recorders write an exchange into a HAR file, each with what it leaves out and turns round (docs/real-world.md)."""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.exchange import Exchange, Headers, Request, Response, media_type


def _fields(headers: Headers) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]


def _entry(exchange: Exchange, request: dict[str, Any], response: dict[str, Any]) -> dict[str, Any]:
    asked = exchange.request
    return {
        "startedDateTime": datetime.datetime.fromtimestamp(exchange.started, datetime.UTC).isoformat(timespec="milliseconds"),
        "time": exchange.duration * 1000,
        "request": {"method": asked.method, "url": asked.url, "headers": _fields(asked.headers), **request},
        "response": response,
    }


def _characters(body: bytes) -> str:
    """What a browser makes of bytes."""
    return body.decode("utf-8", errors="replace").removeprefix("\ufeff")


def developer_tools(exchange: Exchange) -> dict[str, Any]:
    """Without credentials; event streams in windows-1252, what is no text in Base64; what failed has an ``_error``."""
    request = _posted(exchange.request, _characters(exchange.request.body).encode())
    return _entry(
        _sanitized(exchange), request, {**_browsed(exchange.response, "cp1252"), "_error": None if exchange.response else "net::ERR_FAILED"}
    )


def firefox(exchange: Exchange) -> dict[str, Any]:
    """Sizes of requests in characters, and no word on what failed."""
    return _entry(_sanitized(exchange), _posted(exchange.request, _characters(exchange.request.body)), _browsed(exchange.response, "utf-8"))


def mitmproxy(exchange: Exchange) -> dict[str, Any]:
    """Every byte, as a character each where no charset is known; connecting is counted twice."""
    asked, answered = exchange.request, exchange.response
    response: dict[str, Any] = {"status": 0, "headers": [], "content": {}, "_error": "closed"}
    if answered is not None:
        content = {"size": len(answered.body), "compression": 0, "text": _of_bytes(answered)}
        response = {"status": answered.status, "headers": _fields(answered.headers), "content": content}
    request: dict[str, Any] = {"bodySize": len(asked.body)}
    if asked.method in ("POST", "PUT", "PATCH"):
        request["postData"] = {"text": _of_bytes(asked), "params": []}
    timings = {"connect": 250, "ssl": 250, "send": 0, "wait": exchange.duration * 1000, "receive": 0}
    return {**_entry(exchange, request, response), "time": exchange.duration * 1000 + 500, "timings": timings}


def _of_bytes(message: Request | Response) -> str:
    charset = (message.headers.get("content-type") or "").lower().partition("charset=")[2].strip('"') or (
        "utf-8" if message.is_json else "latin-1"
    )
    return message.body.decode(charset, errors="surrogateescape")


def _sanitized(exchange: Exchange) -> Exchange:
    request = exchange.request.with_header("Authorization", None).with_header("Cookie", None).with_header("Host", "127.0.0.1")
    return Exchange("", request, exchange.response, exchange.fault, started=exchange.started, duration=exchange.duration)


def _posted(request: Request, counted: bytes | str) -> dict[str, Any]:
    return {"bodySize": len(counted), "postData": {"text": _characters(request.body)}} if request.body else {"bodySize": 0}


def _browsed(response: Response | None, of_streams: str) -> dict[str, Any]:
    if response is None:
        return {"status": 0, "headers": [], "content": {"size": 0}}
    content: dict[str, Any] = {"size": len(response.body)}
    kind = media_type(response.headers.get("content-type"))
    if kind == "text/event-stream":
        content["text"] = response.body.decode(of_streams, errors="replace")
    elif kind.startswith("text/") or response.is_json:
        content["text"] = _characters(response.body)
    else:
        content |= {"text": base64.b64encode(response.body).decode(), "encoding": "base64"}
    return {"status": response.status, "headers": _fields(response.headers), "content": content}


RECORDERS = {"WebInspector": developer_tools, "Firefox": firefox, "mitmproxy": mitmproxy}


def record(path: Path, recorder: str, exchanges: Iterable[Exchange]) -> None:
    """Write a HAR file as a recorder would."""
    entries = [RECORDERS[recorder](exchange) for exchange in exchanges]
    path.write_text(json.dumps({"log": {"version": "1.2", "creator": {"name": recorder}, "entries": entries}}), encoding="utf-8")
