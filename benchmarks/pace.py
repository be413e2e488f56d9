"""How many cases a second: govai, schemathesis and the bare client against the same reference service, in one run.

    python benchmarks/pace.py

All three ask the Lithuanian reference assistant, which listens in a process of its own and counts what it is asked. The bare client sends
the plain request and looks at nothing: it is the yardstick. Absolute numbers belong to the machine; the ratios are what to compare. Needs the
extra ``test``.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

import harness
from harness import catalogue
from harness.client import Client
from harness.participant import Limits, Participant
from harness.serve.mock import reference_app, serve
from harness.vectors import bind

COUNT = "/requests-so-far"
WORKERS = 8
BARE_REQUESTS = 3000


def counting(app: Any) -> Any:
    """The service, which tells how often it was asked."""
    asked = 0

    async def counted(scope: Any, receive: Any, send: Any) -> None:
        nonlocal asked
        if scope["type"] == "http" and scope["path"] == COUNT:
            body = str(asked).encode()
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", str(len(body)).encode())]})
            await send({"type": "http.response.body", "body": body})
            return
        asked += scope["type"] == "http"
        await app(scope, receive, send)

    return counted


@contextlib.contextmanager
def service() -> Iterator[str]:
    """The service on a free port, in a process of its own."""
    process = subprocess.Popen([sys.executable, __file__, "serve"], stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def govai(url: str) -> None:
    """A whole run: every vector and scenario of the profile, judged."""
    report = harness.run(url, ["assistant"], limits=Limits(concurrency=WORKERS))
    assert report.outcome == "conformant"


def schemathesis(url: str) -> None:
    """The fuzzer's own command with the service's own document: coverage and fuzzing, as many workers."""
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{url}/openapi.json", "--workers", str(WORKERS)]
    options = [
        "--phases",
        "coverage,fuzzing",
        "--max-examples",
        "40",
        "--seed",
        "1",
        "--generation-database",
        "none",
        "--continue-on-failure",
    ]
    subprocess.run([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, cwd="/")


def bare(url: str) -> None:
    """The plain request again and again, and nothing done with the answers."""
    vector = next(each for each in catalogue.load("assistant").vectors if each.id == "chat-plain")
    model = httpx.get(f"{url}/v1/models", trust_env=False).json()["data"][0]["id"]
    request = bind(vector, "POST", "/v1/chat/completions", {"model": model})

    async def drive() -> None:
        async with Client(Participant(url, "bare", limits=Limits(concurrency=WORKERS))) as client:

            async def work(share: int) -> None:
                for number in range(share):
                    assert (await client.send(f"b.{number}", request)).succeeded

            await asyncio.gather(*(work(BARE_REQUESTS // WORKERS) for _ in range(WORKERS)))

    asyncio.run(drive())


def measured(what: Callable[[str], None]) -> tuple[int, float]:
    """How many requests it took, and how many seconds."""
    with service() as url:
        started = time.perf_counter()
        what(url)
        taken = time.perf_counter() - started
        return int(httpx.get(url + COUNT, trust_env=False).text), taken


def main() -> None:
    """Measure all three and print a table."""
    rows = {what.__name__: measured(what) for what in (bare, govai, schemathesis)}
    yardstick = rows["bare"][0] / rows["bare"][1]
    print(f"{'':<14}{'requests':>10}{'seconds':>10}{'a second':>10}{'of bare':>10}")
    for name, (requests, seconds) in rows.items():
        print(f"{name:<14}{requests:>10}{seconds:>10.1f}{requests / seconds:>10.0f}{requests / seconds / yardstick:>10.2f}")


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve(counting(reference_app("assistant", "lt")), 0, lambda url: print(url, flush=True))
    else:
        main()
