"""The vectors of the assistant going round and round: each sent, judged and recorded, as in a run, for as many exchanges as wanted."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path

from benchmarks.service import model
from harness import catalogue
from harness.client import Client
from harness.judge import Judge
from harness.pace import Pace
from harness.participant import Limits, Participant
from harness.recording import Recording
from harness.sending import Ending, Sender
from harness.vectors import bind


async def rounds(url: str, folder: Path, exchanges: int, workers: int, after: Callable[[int], None]) -> None:
    """Make so many exchanges, recorded in ``folder``; ``after`` is called with the number of each."""
    variables, participant = {"model": model(url)}, Participant(url, "rounds", limits=Limits(concurrency=workers))
    profiles = catalogue.load_with_core(["assistant"])
    turns = itertools.cycle(
        [(profile.operation(each.operation), each) for profile in profiles for each in profile.vectors if each.operation]
    )
    async with Client(participant) as client:
        with Recording(folder, participant, profiles, 1) as recording:
            sender = Sender(client, Judge(profiles, "provider"), Pace(), Ending(asyncio.Event()), 1, participant.limits, recording)
            numbers = iter(range(1, exchanges + 1))

            async def work() -> None:
                for number in numbers:
                    operation, vector = next(turns)
                    request = bind(vector, operation.method, operation.path, variables)
                    await sender.send(f"rounds.{number}", request, vector=vector)
                    after(number)

            await asyncio.gather(*(work() for _ in range(workers)))
