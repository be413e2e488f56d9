"""Standard output whose reader may go away, as ``| head`` does, or be a build server that looks for commands in it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import IO, Any, cast

from rich.console import Console

from harness.formats.inert import unheeded


class Output(Console):
    """A console on standard output: what it shows is no command to a build server, wherever lines are broken.

    It leaves a reader's going away to :func:`reader_may_leave`; rich would end the program with 1.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(file=cast("IO[str]", _Log(sys.stdout)), **options)

    def on_broken_pipe(self) -> None:
        """Say so."""
        raise BrokenPipeError


class _Log:
    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, text: str) -> int:
        return self._file.write(unheeded(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@contextlib.contextmanager
def reader_may_leave() -> Iterator[None]:
    """End the block quietly when nobody reads standard output any more: that is no error, and no verdict."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
