"""What the proxy adds to a request: the same questions to the reference, direct and through ``govai proxy``, in turn.

    python -m benchmarks proxy [--delay SECONDS] [--requests N]

A whole answer is timed to its last byte, a stream to its first part. One connection each way, kept open. Both sides are judged meanwhile: while
the service works, where it works for longer than that takes.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.service import model, service, started

WARM_UP = 20
FORMS = {"whole answer": False, "first part of a stream": True}


@contextlib.contextmanager
def proxy(url: str) -> Iterator[str]:
    """The command in a process of its own while the block runs; gives the base URL."""
    with started([Path(sys.executable).with_name("govai"), "proxy", url, "--profile", "assistant"]) as address:
        yield address


def seconds(connection: http.client.HTTPConnection, question: dict[str, Any]) -> float:
    """From the request to the last byte of its answer, or to the first part of a stream."""
    body = json.dumps(question)
    started = time.perf_counter()
    connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    assert answer.status == 200
    if question["stream"]:
        answer.read1()
    else:
        answer.read()
    taken = time.perf_counter() - started
    answer.read()
    return taken


def main(argv: list[str]) -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks proxy", description=__doc__.splitlines()[0])
    parser.add_argument("--delay", type=float, default=0.05, help="seconds an answer takes (0.05)")
    parser.add_argument("--requests", type=int, default=200, help="of each kind, each way (200)")
    options = parser.parse_args(argv)
    print(f"{'':<24}{'':>8}{'direct':>10}{'through':>10}{'added':>10}{'ratio':>7}")
    with service(options.delay) as url, proxy(url) as between:
        asked = {"model": model(url), "messages": [{"role": "user", "content": "Koks yra skubios pagalbos numeris?"}]}
        ways = [http.client.HTTPConnection(urlsplit(each).netloc, timeout=60) for each in (url, between)]
        for name, stream in FORMS.items():
            question = {**asked, "stream": stream}
            rounds = [[seconds(way, question) for way in ways] for _ in range(WARM_UP + options.requests)]
            direct, through = zip(*rounds[WARM_UP:], strict=True)
            for share, place in (("median", 9), ("95 %", 18)):
                least, taken = (statistics.quantiles(each, n=20)[place] * 1000 for each in (direct, through))
                print(f"{name:<24}{share:>8}{least:>7.2f} ms{taken:>7.2f} ms{taken - least:>7.2f} ms{taken / least:>7.2f}")
