"""How much memory a run takes as its exchanges grow: from a thousand to fifty thousand, each sent, judged and recorded.

    python -m benchmarks memory [--exchanges N]

The vectors of the assistant go round and round to the reference, which computes every digest wrongly, so that most exchanges are findings as well.
Memory is what the process holds at that moment (resident set). Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import resource
import tempfile
from pathlib import Path

from benchmarks.rounds import rounds
from benchmarks.service import service
from harness.recording import FILE

MUTANT = "digest-of-another-serialisation"
MARKS = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000)


def resident() -> float:
    """What this process holds, in MB."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main(argv: list[str]) -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks memory", description=__doc__.splitlines()[0])
    parser.add_argument("--exchanges", type=int, default=MARKS[-1], help="how many (50000)")
    most = parser.parse_args(argv).exchanges
    with service(mutant=MUTANT) as url, tempfile.TemporaryDirectory() as folder:
        marks: list[tuple[int, float]] = []

        def mark(number: int) -> None:
            if number in MARKS:
                marks.append((number, resident()))

        asyncio.run(rounds(url, most, 8, Path(folder), mark))
        written = (Path(folder) / FILE).stat().st_size / 1e6
    print(f"{'exchanges':>10}{'memory':>10}{'of the first':>14}")
    for number, megabytes in marks:
        print(f"{number:>10}{megabytes:>7.0f} MB{megabytes / marks[0][1]:>14.2f}")
    print(f"recorded on disk: {written:.0f} MB")
