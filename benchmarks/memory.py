"""How much memory a run takes as its exchanges grow: from a thousand to fifty thousand, each sent, judged and recorded.

    python -m benchmarks memory [--exchanges N]

The vectors of the assistant go round and round to the reference, which computes every digest wrongly, so that most exchanges are findings as well.
Memory is what the process holds at that moment (resident set). Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import resource
import tempfile
from pathlib import Path

from benchmarks.service import model, service
from harness import catalogue
from harness.client import Client
from harness.judge import Judge
from harness.pace import Pace
from harness.participant import Limits, Participant
from harness.recording import FILE, Recording
from harness.sending import Ending, Sender
from harness.vectors import bind

MUTANT = "digest-of-another-serialisation"
MARKS = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000)


def resident() -> float:
    """What this process holds, in MB."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


async def drive(url: str, folder: Path, most: int) -> list[tuple[int, float]]:
    """Send ``most`` requests; the memory held at each mark."""
    variables = {"model": model(url)}
    participant = Participant(url, "memory", limits=Limits())
    profiles = catalogue.load_with_core(["assistant"])
    judge, marks = Judge(profiles, "provider"), list[tuple[int, float]]()
    turns = itertools.cycle(
        [(profile.operation(each.operation), each) for profile in profiles for each in profile.vectors if each.operation]
    )
    async with Client(participant) as client:
        with Recording(folder, participant, profiles, 1) as recording:
            sender = Sender(client, judge, Pace(), Ending(asyncio.Event()), 1, participant.limits, recording)
            numbers = iter(range(1, most + 1))

            async def work() -> None:
                for number in numbers:
                    operation, vector = next(turns)
                    request = bind(vector, operation.method, operation.path, variables)
                    await sender.send(f"memory.{number}", request, vector=vector)
                    if number in MARKS:
                        marks.append((number, resident()))

            await asyncio.gather(*(work() for _ in range(participant.limits.concurrency)))
    return marks


def main(argv: list[str]) -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks memory", description=__doc__.splitlines()[0])
    parser.add_argument("--exchanges", type=int, default=MARKS[-1], help="how many (50000)")
    most = parser.parse_args(argv).exchanges
    with service(mutant=MUTANT) as url, tempfile.TemporaryDirectory() as folder:
        marks = asyncio.run(drive(url, Path(folder), most))
        written = (Path(folder) / FILE).stat().st_size / 1e6
    print(f"{'exchanges':>10}{'memory':>10}{'of the first':>14}")
    for number, megabytes in marks:
        print(f"{number:>10}{megabytes:>7.0f} MB{megabytes / marks[0][1]:>14.2f}")
    print(f"recorded on disk: {written:.0f} MB")
