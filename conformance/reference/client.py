"""A reference client as a command: ``python -m conformance.reference.client PROFILE COUNTRY``, for ``govai consumer``.

The service and its token are taken from GOVAI_BASE_URL and GOVAI_TOKEN. One visit to the counter is paid, and what the person is shown is printed.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import sys

import httpx

from harness.exchange import Headers, Request, Response


async def pay_a_visit(profile: str, country: str, base_url: str, token: str) -> list[str]:
    """What a person is shown by the client of ``country`` for ``profile`` (the name of a folder beside this file)."""
    caller = importlib.import_module(f"conformance.reference.{profile.replace('-', '_')}.caller")
    async with httpx.AsyncClient(base_url=base_url, timeout=60) as client:

        async def send(request: Request) -> Response:
            headers = [*request.headers, ("Authorization", f"Bearer {token}")] if token else list(request.headers)
            try:
                answer = await client.request(request.method, request.url, headers=headers, content=request.body)
            except httpx.TransportError as error:
                raise ConnectionError(f"{error}") from error
            return Response(answer.status_code, Headers(answer.headers.multi_items()), answer.content)

        answers = await caller.visit(caller.Caller(country, send))
    return [answer.shown() for answer in answers]


if __name__ == "__main__":
    for shown in asyncio.run(pay_a_visit(*sys.argv[1:3], os.environ["GOVAI_BASE_URL"], os.environ.get("GOVAI_TOKEN", ""))):
        sys.stdout.write(f"{shown}\n\n")
