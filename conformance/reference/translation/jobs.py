"""Translations for later: what was asked for, how far it is, and what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.reference.records import new_id, now, timestamp
from conformance.reference.translation.callbacks import deliver

Work = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Translates what a job asks for, and gives what ``/translate`` answers."""
TURN = 0.1
"""Seconds that a job waits for its turn: translations that are asked for at once go before it."""
KEPT = 1000
"""How many jobs are kept; past that the oldest is forgotten."""


@dataclass
class _Job:
    document: dict[str, Any]
    task: asyncio.Task[None]


class Jobs:
    """The jobs of one service, in memory: a reference service keeps nothing past its own end."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._jobs: dict[str, _Job] = {}

    def begin(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Take a job on, and show it. ``asked`` is the request's body."""
        document: dict[str, Any] = {"id": new_id(), "status": "queued", "created": timestamp(now())}
        document.update({name: asked[name] for name in ("source", "target")})
        if asked.get("externalReference") is not None:
            document["externalReference"] = asked["externalReference"]
        while len(self._jobs) >= KEPT:
            self.end(next(iter(self._jobs)))
        self._jobs[document["id"]] = _Job(document, asyncio.create_task(self._do(document, dict(asked))))
        return dict(document)

    def show(self, id: str) -> dict[str, Any] | None:
        """A job as it is now; None where there is none."""
        job = self._jobs.get(id)
        return None if job is None else dict(job.document)

    def end(self, id: str) -> bool:
        """End a job and forget it; whether there was one."""
        job = self._jobs.pop(id, None)
        if job is not None:
            job.task.cancel()
        return job is not None

    async def _do(self, document: dict[str, Any], asked: Mapping[str, Any]) -> None:
        await asyncio.sleep(TURN)
        document["status"] = "running"
        result = self._work(asked)
        document.update(status="done", ended=timestamp(now()), result=result)
        callback = asked.get("callback")
        if callback is not None:
            await deliver(dict(document), callback["url"], callback.get("token"))
