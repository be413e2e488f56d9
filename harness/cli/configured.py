"""A command for each participant of ``govai.toml``: what the file says, and before it what the command line does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from harness import catalogue
from harness.config import NAME, SideOf, read_config
from harness.errors import UsageError
from harness.expected import Entry, read_expected
from harness.profile import Side

CONFIG = Annotated[Path, typer.Option("--config", metavar="FILE", help="Who is tested, where no URL or command is given.")]
EXPECTED = Annotated[
    Path | None, typer.Option("--expected-failures", metavar="FILE", help="Failures that are known and dated: they do not count.")
]
FILE = Path(NAME)
_OF_ONE = ("name", "report", "evidence", "resume", "expected_failures")


def configured(context: typer.Context, side: SideOf, name: str | None, config: Path) -> list[dict[str, Any]]:
    """The parameters of a command for each participant of a side, or for that of this name.

    Raises:
        UsageError: the file is broken, has no such participant, or one file is to be written for several.
    """
    given = {name for name in context.params if getattr(context.get_parameter_source(name), "name", None) == "COMMANDLINE"}
    tables = read_config(config).chosen(side, name)
    of_one = [each for each in _OF_ONE if each in given]
    if len(tables) > 1 and of_one:
        names = ", ".join(each["name"] for each in tables)
        raise UsageError(f"--{of_one[0].replace('_', '-')} is for one participant, and {config} has several: {names}. Name one of them.")
    return [{**context.params, "start": (), **{key: value for key, value in each.items() if key not in given}} for each in tables]


def expectations(path: Path | None, profiles: Sequence[str], paths: Sequence[Path], side: Side) -> list[Entry]:
    """The failures that are expected of a participant of these profiles. Raises :class:`UsageError` where the file does not hold."""
    return [] if path is None else read_expected(path, catalogue.load_with_core(profiles, paths), side)
