"""The command line ``govai``: a thin layer over the Python interface, one file for each group of commands."""

from __future__ import annotations

import os
import sys

import typer
from rich.console import Console

from harness.cli import (
    compare,
    consumer,
    convert,
    demo,
    diff,
    expected,
    init,
    judge,
    listing,
    matrix,
    mock,
    pair,
    profile,
    proxy,
    replay,
    run,
    verify,
)
from harness.cli.output import reader_may_leave
from harness.errors import GovaiError
from harness.formats.inert import unheeded, visible
from harness.version import VERSION

app = typer.Typer(
    name="govai",
    help="Interoperability test harness for government AI services.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (
    demo.demo,
    run.run,
    compare.compare,
    consumer.consumer,
    proxy.proxy,
    judge.judge,
    pair.pair,
    replay.replay,
    convert.convert,
    diff.diff,
    verify.verify,
    expected.expected,
    init.init,
    mock.mock,
    listing.profiles,
    listing.requirements,
    listing.mutants,
    listing.explain,
):
    app.command(command.__name__)(reader_may_leave()(command))
app.add_typer(profile.app, name="profile")
app.add_typer(matrix.app, name="matrix")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"govai {VERSION}")
        raise typer.Exit


@app.callback()
def _options(version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version and exit.")) -> None:
    pass


def main() -> None:
    """Run the command line; end with an exit code of design section 5, never with a traceback (unless GOVAI_DEBUG is set)."""
    error = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    try:
        app()
    except GovaiError as problem:
        error.print(unheeded(f"govai: {visible(str(problem))}"))
        sys.exit(problem.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as problem:
        if os.environ.get("GOVAI_DEBUG"):
            raise
        error.print(unheeded(f"govai: internal error, not the participant's fault: {type(problem).__name__}: {visible(str(problem))}"))
        error.print("Set GOVAI_DEBUG=1 to see where it happened, and please report it.")
        sys.exit(4)
