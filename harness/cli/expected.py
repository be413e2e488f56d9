"""``govai expected``: the list of failures that are known and dated."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from harness import formats
from harness.cli.options import parse_day
from harness.expected import applied, read_expected, updated
from harness.report import read_report

_FILE = Path("govai-expected.toml")


def expected(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="report.json of the run to hold the list against.")],
    file: Annotated[Path, typer.Option(metavar="FILE", help="The list.")] = _FILE,
    update: Annotated[
        bool, typer.Option("--update", help="Write what a run like this one needs: new failures in, stale entries out.")
    ] = False,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="With --update: why the new ones are not met.")] = None,
    owner: Annotated[str | None, typer.Option(metavar="TEXT", help="With --update: who sees to it.")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="With --update: until when, also for those that have expired.")] = None,
) -> None:
    """Say whether a list of expected failures holds for a report, or bring it up to date.

    Exit codes: 0 it holds, or was written; 1 it does not hold; 2 wrong usage.
    """
    result = read_report(report)
    if update:
        made = updated(file, result, reason=reason, owner=owner, until=parse_day(until, "--until"))
        formats.replace(file, made.text.encode())
        typer.echo(f"{file}: added {', '.join(made.added) or 'none'}; removed {', '.join(made.removed) or 'none'}.")
        return
    told = applied(result, read_expected(file))
    for each in told.expected:
        typer.echo(f"{each.requirement}: {each.state}, until {each.until} ({each.owner}: {each.reason})")
    new = [each.requirement for each in told.verdicts if told.decides(each) and each.verdict == "failed" and not told.is_known(each)]
    for requirement in new:
        typer.echo(f"{requirement}: fails and is not expected")
    sys.exit(1 if new or any(each.state in ("stale", "expired") for each in told.expected) else 0)
