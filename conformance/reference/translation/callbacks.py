"""Telling the caller that its job has ended: posted until it is received, to nobody that a stranger has no business with."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import socket
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import aiohttp

PAUSES = (0.0, 0.5, 2.0, 10.0, 60.0, 300.0)
"""Seconds to wait before each try. The profile asks for the second within 5 s of the first, and for three."""
_TIMEOUT = aiohttp.ClientTimeout(total=10)

_log = logging.getLogger(__name__)


def may_be_called(url: str) -> bool:
    """Whether a URL may be posted to, as far as its letters tell: http or https, and no address that no caller can have.

    Link-local addresses are where machines keep what is their own (cloud metadata, 169.254.0.0/16 and fe80::/10), multicast and unspecified ones are
    nobody's. Loopback is allowed: this is a test system, and who tests it listens there.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(host) and parts.username is None and _is_somebodys(host)


def _is_somebodys(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return True  # a name: looked at again when it is resolved
    mapped = getattr(address, "ipv4_mapped", None) or address
    return not (mapped.is_link_local or mapped.is_multicast or mapped.is_unspecified)


_RESERVED = ("example", "invalid", "test")
"""Top-level names that lead nowhere (RFC 2606 section 2): nobody is asked for them."""


class _Resolver(aiohttp.ThreadedResolver):
    """Names that lead to nobody's address are not found."""

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[Any]:
        found = [] if host.rstrip(".").rpartition(".")[2] in _RESERVED else await super().resolve(host, port, family)
        kept = [each for each in found if _is_somebodys(each["host"])]
        if not kept:
            raise OSError(f"{host} leads to no address that may be called")
        return list(kept)


async def deliver(document: Mapping[str, Any], url: str, token: str | None, pauses: Sequence[float] = PAUSES) -> bool:
    """Post a job to its callback URL until it is answered by 2xx; returns whether it was. Redirects are no answer, and are not followed."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": f'"{document["id"]}"'}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    body = json.dumps(document, ensure_ascii=False).encode()
    for pause in pauses:
        await asyncio.sleep(pause)
        connector = aiohttp.TCPConnector(resolver=_Resolver())
        async with aiohttp.ClientSession(connector=connector, timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar()) as session:
            try:
                async with session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                    if 200 <= answer.status < 300:
                        return True
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
                _log.info("a callback was not received: %s", error)
    return False
