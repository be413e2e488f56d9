"""The document at a URL. What it refers to elsewhere is not fetched."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from harness.client import Client, Transport
from harness.comparison.document import LARGEST, Document
from harness.errors import Unreachable
from harness.exchange import Headers, Request
from harness.participant import Credential, Limits, Participant, check_url

_ACCEPT = "application/vnd.oai.openapi+json, application/json, application/yaml;q=0.9, */*;q=0.1"


async def read_url(
    url: str, *, credential: Credential | None = None, certificate_authority: Path | None = None, transport: Transport | None = None
) -> Document:
    """The document at ``url``.

    Raises:
        Unreachable: nobody answers there, or not with a document.
        UsageError: what comes is no OpenAPI 3 document.
    """
    parts = urlsplit(url)
    base = check_url(f"{parts.scheme}://{parts.netloc}")
    limits = replace(Limits(), response_bytes=LARGEST)
    participant = Participant(base, base, credential=credential, certificate_authority=certificate_authority, limits=limits)
    request = Request("GET", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), Headers({"Accept": _ACCEPT}))
    async with Client(participant, transport) as client:
        exchange = await client.send("document", request)
    answer = exchange.response
    if answer is None:
        raise Unreachable(f"{url} cannot be read: {exchange.fault.detail if exchange.fault else 'no answer'}.")
    if 300 <= answer.status < 400 and answer.headers.get("location"):
        raise Unreachable(f"{url} has moved to {answer.headers.get('location')}. Give that address.")
    if answer.status != 200:
        raise Unreachable(f"{url} answers with {answer.status}. Check the address, and --auth where a credential is asked for.")
    return Document(posixpath.basename(unquote(parts.path)) or parts.netloc, answer.body, None)
