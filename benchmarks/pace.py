"""How many cases a second: the bare client, govai and schemathesis against the same reference service, in one run.

    python -m benchmarks pace [--workers N]

Pace is what the service saw: requests by the seconds between the first and the last of them, so that nobody's start counts against it; what the
whole command took stands beside it. The bare client sends the same vectors and looks at nothing: it is the yardstick. Absolute numbers belong to
the machine; the ratios are what to compare. Needs the extra ``test``.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.rounds import rounds
from benchmarks.service import Asked, asked, service

ROUNDS = 5000


def bare(url: str, workers: int) -> None:
    """The vectors round and round, and nothing done with the answers."""
    asyncio.run(rounds(url, ROUNDS, workers, None))


def govai(url: str, workers: int) -> None:
    """The whole command: every vector and scenario of the profile, judged, and every exchange recorded on disk."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--profile", "assistant", "--concurrency", str(workers), "--evidence", folder, "--report", f"json={folder}/r.json"]
        subprocess.run([_command("govai"), "run", url, *options], capture_output=True, check=True)


def govai_steady(url: str, workers: int) -> None:
    """The vectors round and round, each sent, judged and recorded: a run without its start, the loading of a language model most of all."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(rounds(url, ROUNDS, workers, Path(folder)))


def schemathesis(url: str, workers: int) -> None:
    """The fuzzer's own command with the service's own document, all its phases, as many workers."""
    options = ["--workers", str(workers), "--seed", "1", "--generation-database", "none", "--continue-on-failure"]
    _fuzz(url, [*options, "--max-examples", "40"])


def schemathesis_as_it_comes(url: str, workers: int) -> None:
    """The fuzzer's own command without any option."""
    _fuzz(url, [])


def _fuzz(url: str, options: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([_command("schemathesis"), "run", f"{url}/openapi.json", *options], capture_output=True, check=False, cwd=folder)


def _command(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def measured(what: Callable[[str, int], None], workers: int) -> tuple[Asked, float]:
    """What the service saw, and how many seconds it took in all."""
    with service() as url:
        started = time.perf_counter()
        what(url, workers)
        return asked(url), time.perf_counter() - started


def main(argv: list[str]) -> None:
    """Measure all and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks pace", description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=8, help="requests under way at once (8)")
    workers = parser.parse_args(argv).workers
    rows = {
        what.__name__.replace("_", " "): measured(what, workers)
        for what in (bare, govai, govai_steady, schemathesis, schemathesis_as_it_comes)
    }
    yardstick, fuzzer = rows["bare"][0].rate, rows["schemathesis"][0].rate
    print(f"{'':<26}{'requests':>9}{'a second':>10}{'of bare':>9}{'of schemathesis':>17}{'whole command':>15}")
    for name, (saw, seconds) in rows.items():
        print(f"{name:<26}{saw.requests:>9}{saw.rate:>10.0f}{saw.rate / yardstick:>9.2f}{saw.rate / fuzzer:>17.1f}{seconds:>13.1f} s")
