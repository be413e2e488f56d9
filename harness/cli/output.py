"""Standard output whose reader may go away, as ``| head`` does."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

from rich.console import Console


class Output(Console):
    """A console on standard output that leaves a reader's going away to :func:`reader_may_leave`; rich would end the program with 1."""

    def on_broken_pipe(self) -> None:
        """Say so."""
        raise BrokenPipeError


@contextlib.contextmanager
def reader_may_leave() -> Iterator[None]:
    """End the block quietly when nobody reads standard output any more: that is no error, and no verdict."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
