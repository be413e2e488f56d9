"""What can go wrong in govai itself, each with the exit code it leads to (docs/reference/exit-codes.md).

A person never sees a traceback for a wrong flag, a broken file or a dead endpoint: every such case raises one of these, whose text is a
whole sentence that says what to do.
"""

from __future__ import annotations

from typing import ClassVar


class GovaiError(Exception):
    """The root. ``exit_code`` is what the command line ends with."""

    exit_code: ClassVar[int] = 4


class UsageError(GovaiError):
    """The request cannot be carried out as written: unknown profile, missing credential variable, unwritable path."""

    exit_code = 2


class ProfileError(UsageError):
    """A profile's files are broken. Found before anything is sent, so that no participant is judged by half a profile."""


class Unreachable(GovaiError):
    """No service of the profile answers at the address given, or it stopped answering during the run."""

    exit_code = 3


class HarnessFault(GovaiError):
    """The harness did something wrong. Never charged to the participant."""

    exit_code = 4
