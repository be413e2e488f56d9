"""The endpoint that benchmarks ask: a reference service on a free port, in a process of its own, which counts what it is asked and when."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from harness.serve.listening import serve
from harness.serve.mock import reference_app

COUNT = "/requests-so-far"


@dataclass(frozen=True)
class Asked:
    """What the service saw: ``requests``, and the ``seconds`` between the first and the last of them."""

    requests: int
    seconds: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return (self.requests - 1) / self.seconds if self.seconds else 0.0


class Counting:
    """The reference assistant of Lithuania behind a counter. ``delay``: seconds that it takes for each answer beside its own work."""

    def __init__(self, delay: float, mutant: str | None) -> None:
        self._app, self._delay = reference_app("assistant", "lt", mutant=mutant), delay
        self._times: list[float] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "http" and scope["path"] == COUNT:
            seen = self._times or [0.0]
            body = json.dumps({"requests": len(self._times), "seconds": seen[-1] - seen[0]}).encode()
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
            await send({"type": "http.response.body", "body": body})
            return
        if scope["type"] == "http":
            self._times.append(time.perf_counter())
            await asyncio.sleep(self._delay)
        await self._app(scope, receive, send)


@contextlib.contextmanager
def service(delay: float = 0.0, mutant: str = "") -> Iterator[str]:
    """Serve while the block runs; gives the base URL."""
    with started([sys.executable, "-m", "benchmarks.service", str(delay), mutant]) as url:
        yield url


@contextlib.contextmanager
def started(command: Sequence[str | Path]) -> Iterator[str]:
    """Run a command that serves while the block runs; gives the base URL, which it prints first."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def asked(url: str) -> Asked:
    """What the service at ``url`` saw so far."""
    return Asked(**httpx.get(url + COUNT, trust_env=False).json())


def model(url: str) -> str:
    """The model that the service at ``url`` lists first."""
    return str(httpx.get(f"{url}/v1/models", trust_env=False).json()["data"][0]["id"])


if __name__ == "__main__":
    serve(Counting(float(sys.argv[1]), sys.argv[2] or None), 0, lambda url: print(url, flush=True))
