"""How well the time of a slow service is used: a whole run against the reference that takes 200 ms for each answer.

    python -m benchmarks latency [--delay SECONDS] [--workers N ...]

The least that any client could take is calls x delay / workers; the ratio says how far a run is from it. What it is above 1 are the first
questions, which the others wait for, and scenarios whose next request depends on the answer before.
"""

from __future__ import annotations

import argparse
import time

import harness
from benchmarks.service import asked, service
from harness.participant import Limits


def main(argv: list[str]) -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks latency", description=__doc__.splitlines()[0])
    parser.add_argument("--delay", type=float, default=0.2, help="seconds an answer takes (0.2)")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 8, 32], help="requests under way at once (1 8 32)")
    options = parser.parse_args(argv)
    print(f"{'workers':>8}{'calls':>7}{'least':>9}{'taken':>9}{'ratio':>7}")
    for workers in options.workers:
        with service(options.delay) as url:
            started = time.perf_counter()
            report = harness.run(url, ["assistant"], limits=Limits(concurrency=workers))
            taken, calls = time.perf_counter() - started, asked(url).requests
        assert report.outcome == "conformant"
        least = calls * options.delay / workers
        print(f"{workers:>8}{calls:>7}{least:>7.1f} s{taken:>7.1f} s{taken / least:>7.2f}")
