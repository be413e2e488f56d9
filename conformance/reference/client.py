"""A reference client as a command: ``python -m conformance.reference.client PROFILE COUNTRY [VISITS] [--quiet]``, for ``govai consumer``.

The service and its token are taken from GOVAI_BASE_URL and GOVAI_TOKEN. So many visits to the counter are paid (one unless told otherwise), one
person after the other, and what each is shown is printed, unless it is to be quiet.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from collections.abc import AsyncIterator

import httpx

from harness.exchange import Headers, Request, Response


async def visits(profile: str, country: str, number: int, base_url: str, token: str) -> AsyncIterator[str]:
    """What people are shown by the client of ``country`` for ``profile`` (the name of a folder beside this file), visit by visit."""
    caller = importlib.import_module(f"conformance.reference.{profile.replace('-', '_')}.caller")
    async with httpx.AsyncClient(base_url=base_url, timeout=60) as client:

        async def send(request: Request) -> Response:
            headers = [*request.headers, ("Authorization", f"Bearer {token}")] if token else list(request.headers)
            try:
                answer = await client.request(request.method, request.url, headers=headers, content=request.body)
            except httpx.TransportError as error:
                raise ConnectionError(f"{error}") from error
            return Response(answer.status_code, Headers(answer.headers.multi_items()), answer.content)

        for _ in range(number):
            try:
                answers = await caller.visit(caller.Caller(country, send))
            except (caller.Refused, caller.Unavailable) as told:
                yield f"{told}"
            else:
                yield "\n\n".join(answer.shown() for answer in answers)


async def main(profile: str, country: str, number: str = "1", how: str = "") -> None:
    """Pay the visits, and print what people are shown."""
    async for shown in visits(profile, country, int(number), os.environ["GOVAI_BASE_URL"], os.environ.get("GOVAI_TOKEN", "")):
        if how != "--quiet":
            sys.stdout.write(f"{shown}\n\n")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5]))
