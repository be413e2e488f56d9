"""Results on their way out: reports in files, the summary, the exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import typer

from harness import formats
from harness.cli.output import Output, reader_may_leave
from harness.cli.signing import Signing
from harness.errors import GovaiError, UsageError
from harness.formats.inert import visible
from harness.formats.terminal import summary
from harness.formats.wording import Words
from harness.report import EXIT_CODES, Report


@dataclass(frozen=True)
class Result:
    """A report, and what is to become of it."""

    report: Report
    targets: list[tuple[str, Path]]
    signing: Signing | None = None
    allow_incomplete: bool = False


WORST_FIRST = (
    UsageError.exit_code,
    EXIT_CODES["harness-error"],
    EXIT_CODES["not-conformant"],
    EXIT_CODES["unreachable"],
    EXIT_CODES["incomplete"],
)


def present(runs: Iterable[Callable[[], Result]], lang: str) -> NoReturn:
    """Write the reports of each run and show its summary, as they come; end with the exit code of the worst. One that cannot be made is said,
    and keeps none of the others from being made.
    """
    codes = set()
    for run in runs:
        try:
            result = run()
        except GovaiError as error:
            typer.echo(f"govai: {visible(str(error))}", err=True)
            codes.add(error.exit_code)
            continue
        written = write_reports(result.report, result.targets, lang, result.signing)
        with reader_may_leave():
            summary(result.report, Output(highlight=False), lang)
            for format, path in written:
                form = "signed" if result.signing and format == "json" else "plain"
                typer.echo(Words(lang).say(f"written.{form}", format=format, path=path))
        code = EXIT_CODES["harness-error"] if len(written) < len(result.targets) else result.report.exit_code
        codes |= set() if result.allow_incomplete and code == EXIT_CODES["incomplete"] else {code}
    sys.exit(next((code for code in WORST_FIRST if code in codes), 0))


def parse_targets(texts: list[str]) -> list[tuple[str, Path]]:
    """``FORMAT=PATH`` arguments, each checked to be writable before anything is sent. Raises :class:`UsageError`."""
    targets = []
    for text in texts:
        format, separator, path = text.partition("=")
        if not separator or not path:
            raise UsageError(f"--report {text}: write it as FORMAT=PATH, e.g. html=report.html.")
        formats.check_target(format, Path(path))
        targets.append((format, Path(path)))
    return targets


def with_side(text: str, side: str) -> str:
    """``FORMAT=PATH`` with the side in the file's name, for reports on both."""
    format, separator, path = text.partition("=")
    return f"{format}={Path(path).with_stem(f'{Path(path).stem}-{side}')}" if separator and Path(path).name else text


def write_reports(report: Report, targets: list[tuple[str, Path]], lang: str, signing: Signing | None = None) -> list[tuple[str, Path]]:
    """Write every report, sign those in JSON, and return those that were; one that cannot be written does not keep the others from it."""
    written = []
    for format, path in targets:
        try:
            formats.write(report, format, path, lang)
            if signing and format == "json":
                signing.beside(path)
            written.append((format, path))
        except GovaiError as error:
            typer.echo(f"govai: {error}", err=True)
    return written
