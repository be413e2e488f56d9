"""``govai diff``: what changed from one report to the next."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from harness import formats
from harness.cli.options import ALLOW_INCOMPLETE, JSON, LANG, one_of
from harness.cli.output import Output, reader_may_leave
from harness.difference import difference
from harness.errors import UsageError
from harness.formats.difference import summary, to_markdown
from harness.report import read_report


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="report.json of the run before; - reads standard input.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="report.json of the run now.")],
    json: JSON = False,
    to: Annotated[
        str | None, typer.Option("--to", metavar="FORMAT", help="markdown, for a comment on a pull request.", callback=one_of("markdown"))
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where Markdown or JSON is written, beside the summary; default: standard output.")
    ] = None,
    allow_incomplete: ALLOW_INCOMPLETE = False,
    lang: LANG = "en",
) -> None:
    """Say what got better or worse from one report to the next, what is not tested any more, and what else is found.

    Exit codes: 0 no regression; 1 a MUST that decides is newly violated, violated in another way too, or was met and is not known to be now; 2 wrong
    usage.
    """
    if json and to:
        raise UsageError("--json and --to markdown: choose one of them.")
    if out and not (json or to):
        raise UsageError(f"--out {out}: say what to write, --to markdown or --json.")
    if out:
        formats.check_target(to or "json", out)
    found = difference(read_report(old), read_report(new), allow_incomplete=allow_incomplete)
    content = to_markdown(found, lang) if to else None
    if json:
        told = {**msgspec.to_builtins(found), "regressions": found.regressions}
        content = msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"
    with reader_may_leave():
        if content is None or out:
            summary(found, Output(highlight=False), lang)
        else:
            typer.echo(content, nl=False)
    if out and content:
        formats.put(content, to or "json", out)
    sys.exit(1 if found.regressions else 0)
