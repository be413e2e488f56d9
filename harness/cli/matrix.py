"""``govai matrix``: who can work with whom."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from harness.cli.options import HOLDING_CLASS, JSON, LANG, one_of
from harness.cli.output import Output, reader_may_leave
from harness.matrix import build as site
from harness.matrix.pairs import Pair, pair
from harness.matrix.terminal import show
from harness.profile import LANGUAGES
from harness.report import Report, read_report
from harness.trust import known_keys

app = typer.Typer(help="Consumers against providers.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    pass


@app.command()
def check(
    consumer: Annotated[Path, typer.Option(metavar="REPORT", help="Report on the consumer (govai consumer --report json=REPORT).")],
    provider: Annotated[Path, typer.Option(metavar="REPORT", help="Report on the provider (govai run --report json=REPORT).")],
    profile: Annotated[str, typer.Option(metavar="NAME[/MAJOR]", help="Profile that both reports speak of.")],
    conformance_class: HOLDING_CLASS = "government",
    json: JSON = False,
    lang: LANG = "en",
) -> None:
    """Say whether a consumer can use a provider, and why not: by what the consumer really uses, and what the provider does with it.

    Exit codes: 0 it can; 1 it cannot; 2 wrong usage; 5 it is not known.
    """
    reports = read_report(consumer), read_report(provider)
    present_pair(pair(*reports, profile, conformance_class), reports, lang, json=json)  # type: ignore[arg-type]


@app.command()
def build(
    reports: Annotated[
        list[str], typer.Argument(metavar="REPORTS...", help="Reports, folders of them, or patterns such as 'reports/**/*.json'.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the site: a new one, or that of an earlier build.")],
    conformance_class: HOLDING_CLASS = "government",
    lang: Annotated[
        str,
        typer.Option(
            metavar="LANG",
            help="Language of the start page and the badges: en, pl or lt.",
            callback=one_of(*LANGUAGES),
        ),
    ] = "en",
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="What the site is called.")] = None,
    keys: Annotated[
        list[Path] | None, typer.Option("--keys", "--key", metavar="PATH", help="Public keys you trust, as for govai verify (repeatable).")
    ] = None,
) -> None:
    """Build a static site of who can use whom from reports, with matrix.json, matrix.csv and matrix.md; or bring one up to date."""
    console = Output(highlight=False)
    for line in summary(site.build(reports, out, conformance_class, lang, title, known_keys(keys or [])), out):  # type: ignore[arg-type]
        console.print(line, soft_wrap=True, markup=False)


def summary(built: site.Built, out: Path) -> Iterator[str]:
    """What came of a build, line by line."""
    files, pairs = built.files, built.pairs
    yield f"Site: {out}/index.html ({built.written} files written, {built.unchanged} unchanged, {built.removed} removed)"
    states = f"{pairs['works']} work, {pairs['fails']} do not, {pairs['unknown']} are not known"
    yield f"{sum(pairs.values())} pairs of {built.participants} participants: {states}."
    read = f"{files.get('counts', 0)} reports count, {files.get('history', 0)} are history"
    bad = f"{files.get('duplicate', 0)} duplicate, {files.get('refused', 0)} refused"
    yield f"{read}, {bad}, {built.passed_over} other files passed over: see {out}/en/input.html."


def present_pair(result: Pair, reports: Sequence[Report], lang: str, *, json: bool) -> None:
    """Print what is known of a pair, and end with its exit code."""
    with reader_may_leave():
        if json:
            typer.echo(msgspec.json.format(msgspec.json.encode(result)).decode())
        else:
            show(result, reports, Output(highlight=False), lang)
    sys.exit(result.exit_code)
