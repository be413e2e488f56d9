"""What mutants of callbacks share: a job whose callback is carried by another hand, in whatever way that hand does it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from conformance.core.faults import memory
from harness.checks import CallNext
from harness.exchange import Request, Response

_TRIES = 200
_PAUSE = 0.02


@dataclass(frozen=True)
class Errand:
    """A callback to carry: where to, with which token, and how the job is read."""

    url: str
    token: str | None
    read: Callable[[], Awaitable[Any]]

    async def ended(self) -> dict[str, Any]:
        """The job when it has ended."""
        job: dict[str, Any] = await self.read()
        for _ in range(_TRIES):
            if not isinstance(job, dict) or job.get("status") in ("done", "failed"):
                break
            await asyncio.sleep(_PAUSE)
            job = await self.read()
        return job

    async def post(self, job: Any, *, follow: bool = False, headers: Mapping[str, str] | None = None) -> int:
        """Post a job, with its token unless other headers are given; returns the status."""
        authorization = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.url, json=job, headers=authorization if headers is None else headers, allow_redirects=follow) as answer,
        ):
            return answer.status

    async def until_received(self, job: Any) -> None:
        """Post a job as it should be: again until it is received."""
        for _ in range(4):
            if 200 <= await self.post(job) < 300:
                return
            await asyncio.sleep(0.3)


async def carried(request: Request, call_next: CallNext, carry: Callable[[Errand], Awaitable[Any]]) -> Response:
    """The service's answer; where it accepts a job with a callback, ``carry`` takes the place of the service's own."""
    content = request.document
    callback = content.get("callback") if isinstance(content, dict) else None
    if request.method != "POST" or request.path != "/jobs" or not isinstance(callback, dict) or not isinstance(callback.get("url"), str):
        return await call_next(request)
    first = await call_next(request)  # the service says whether it takes the callback at all
    if first.status != 202:
        return first
    await call_next(Request("DELETE", f"/jobs/{first.document['id']}", request.headers))
    own = request.with_json({**content, "callback": None}).with_header("Idempotency-Key", None)
    answer = await call_next(own)
    if answer.status != 202:
        return answer
    path = f"/jobs/{answer.document['id']}"

    async def read() -> Any:
        return (await call_next(Request("GET", path, request.headers))).document

    tasks: set[asyncio.Task[Any]] = memory("courier").setdefault("tasks", set())
    task = asyncio.ensure_future(carry(Errand(callback["url"], callback.get("token"), read)))
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return answer
