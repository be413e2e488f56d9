"""``govai convert``: a report in another format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness import formats
from harness.cli.options import LANG
from harness.report import read_report


def convert(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="Report of a run (--report json=REPORT); - reads standard input.")],
    to: Annotated[str, typer.Option("--to", metavar="FORMAT", help=f"Format: {', '.join(formats.FORMATS)}.")],
    out: Annotated[Path | None, typer.Option(metavar="PATH", help="Where to write it; default: standard output.")] = None,
    lang: LANG = "en",
) -> None:
    """Turn a report into another format. The same report gives the same bytes.

    Exit codes: 0 written, whatever the report says; 2 wrong usage, or no whole report.
    """
    render = formats.renderer(to)
    if out is not None:
        formats.check_target(to, out)
    read = read_report(report)
    if out is not None:
        formats.write(read, to, out, lang)
    else:
        typer.echo(render(read, lang), nl=False)
