"""Programs of others that are started for a test and stopped after it, with all that they started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from urllib.parse import urlsplit

from harness.errors import Unreachable, UsageError

SECONDS_TO_START = 120.0
_TO_END = 5.0
_PAUSE = 0.1


async def launched(
    command: Sequence[str], environment: Mapping[str, str] | None = None, stdout: int | None = None
) -> asyncio.subprocess.Process:
    """The process of a command, in a group of its own. Raises :class:`UsageError` where it cannot be started."""
    try:
        return await asyncio.create_subprocess_exec(
            *command, env={**os.environ, **(environment or {})}, start_new_session=True, stdout=stdout
        )
    except OSError as error:
        raise UsageError(f"{shlex.join(command)} cannot be started: {error.strerror}.") from None


@contextlib.asynccontextmanager
async def group_of(process: asyncio.subprocess.Process) -> AsyncIterator[None]:
    """When the block ends, what is left of the process and of what it started is asked to end, and then made to."""
    try:
        yield
    finally:
        for how in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, how)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), _TO_END)
                break


@contextlib.asynccontextmanager
async def started(command: Sequence[str], url: str, stop: asyncio.Event, seconds: float = SECONDS_TO_START) -> AsyncIterator[None]:
    """The service at ``url`` that a command starts, from when it can be connected to until the block ends; nothing for an empty command.

    What the service prints goes to standard error.

    Raises:
        UsageError: it cannot be started, or something is there already.
        Unreachable: it ended, or could not be connected to in time.
    """
    if not command:
        yield
        return
    shown = shlex.join(command)
    if await listens(url):
        raise UsageError(f"Something listens at {url} already, and it would be tested in place of {shown}. Stop it, or leave start out.")
    process = await launched(command, stdout=2)
    async with group_of(process):
        deadline = asyncio.get_running_loop().time() + seconds
        while not stop.is_set() and not await listens(url):
            if process.returncode is not None:
                raise Unreachable(f"{shown} ended with exit status {process.returncode} before {url} could be connected to.")
            if asyncio.get_running_loop().time() > deadline:
                raise Unreachable(f"{shown} runs, but {url} could not be connected to within {seconds:g} s.")
            await asyncio.sleep(_PAUSE)
        yield


async def listens(url: str) -> bool:
    """Whether a connection is accepted there."""
    parts = urlsplit(url)
    try:
        _, writer = await asyncio.open_connection(parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
