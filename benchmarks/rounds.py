"""The vectors of the assistant going round and round, for as many exchanges as wanted: sent, judged and recorded as in a run, or sent alone."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from contextlib import AsyncExitStack
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


async def rounds(url: str, exchanges: int, workers: int, folder: Path | None, after: Callable[[int], None] = lambda number: None) -> None:
    """Make so many exchanges. With a ``folder`` each is judged, and recorded there; without one the answers are not looked at.

    ``after`` is called with the number of each.
    """
    variables, participant = {"model": model(url)}, Participant(url, "rounds", limits=Limits(concurrency=workers))
    profiles = catalogue.load_with_core(["assistant"])
    turns = itertools.cycle(
        [(profile.operation(each.operation), each) for profile in profiles for each in profile.vectors if each.operation]
    )
    numbers = iter(range(1, exchanges + 1))
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(Client(participant))
        sender: Sender | None = None
        if folder is not None:
            recording = stack.enter_context(Recording(folder, participant, profiles, 1))
            sender = Sender(client, Judge(profiles, "provider"), Pace(), Ending(asyncio.Event()), 1, participant.limits, recording)

        async def work() -> None:
            for number in numbers:
                operation, vector = next(turns)
                request = bind(vector, operation.method, operation.path, variables)
                if sender is None:
                    await client.send(f"rounds.{number}", request)
                else:
                    await sender.send(f"rounds.{number}", request, vector=vector)
                after(number)

        await asyncio.gather(*(work() for _ in range(workers)))
