"""Recorded traffic, whoever recorded it: a HAR file, or the exchanges of an earlier run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.errors import UsageError
from harness.exchange import Exchange
from harness.profile import Profile
from harness.recorded.har import Har
from harness.recording import FILE, FORMAT, Recorded

_HEAD = 4096


def recorded_in(path: Path) -> Path:
    """The file of the recording at ``path``. Raises :class:`UsageError` where that is a folder without one."""
    if not path.is_dir():
        return path
    if not (path / FILE).exists():
        raise UsageError(f"{path} is a folder without a recording of govai ({FILE}). Name a HAR file or the folder of --evidence.")
    return path / FILE


def open_recorded(path: Path) -> Har | Recorded:
    """The recording at ``path``: a HAR file, an ``exchanges.jsonl``, or the folder of one.

    Raises:
        UsageError: there is none, or it cannot be read.
    """
    try:
        path = recorded_in(path)
        if not path.is_file():
            raise UsageError(
                f"{path} is not a file that can be read more than once. Save it, and name that file."
                if path.exists()
                else f"There is no file {path}."
            )
        with path.open("rb") as file:
            head = file.read(_HEAD)
        if not head:
            raise UsageError(f"{path} is empty.")
        return Recorded(path) if head.startswith(b'{"format":"') and FORMAT.encode() in head else Har(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None


def read_exchanges(path: Path, profiles: Sequence[Profile] = ()) -> Iterator[Exchange]:
    """The exchanges of a HAR file or of an earlier run, in the order in which they happened.

    What the recording does not tell of one raises :class:`harness.untold.Untold` when it is read. With ``profiles``, exchanges of a run have the
    vectors they were made from.

    Raises:
        UsageError: there is no recording at ``path``.
    """
    return open_recorded(path).exchanges(profiles)
