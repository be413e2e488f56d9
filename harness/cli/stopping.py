"""Ctrl-C and SIGTERM: the first one ends what is under way with what was reached so far."""

from __future__ import annotations

import asyncio
import signal


def stopped_by_signals() -> asyncio.Event:
    """Set by the first Ctrl-C or SIGTERM, which ends a run with the verdicts reached so far; a second one ends the program."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        stop.set()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(each)

    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, interrupted)
    return stop
