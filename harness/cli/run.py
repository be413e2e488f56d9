"""``govai run``: test a provider."""

from __future__ import annotations

import asyncio
import datetime
import os
import signal
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from harness import api, formats
from harness.binding import bound_by_hand
from harness.cli.output import Output, reader_may_leave
from harness.cli.signing import SIGN, Signing, parse_signing
from harness.errors import GovaiError, UsageError
from harness.formats.terminal import summary
from harness.participant import AUTH_HELP, Limits, parse_credential
from harness.profile import CLASSES, LANGUAGES
from harness.report import EXIT_CODES, Report
from harness.serve.inbox import LISTEN


def run(
    url: Annotated[str, typer.Argument(metavar="URL", help="Base URL under which the profile's operations lie.")],
    profile: Annotated[list[str], typer.Option("--profile", metavar="NAME[/MAJOR]", help="Profile to test against (repeatable).")],
    country: Annotated[str | None, typer.Option(metavar="CODE", help="Country of the participant, e.g. pl or lt.")] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="How reports call the participant.")] = None,
    adapter: Annotated[list[str] | None, typer.Option("--adapter", metavar="NAME", help="Declared adapter (repeatable).")] = None,
    auth: Annotated[str | None, typer.Option(metavar="AUTH", help=f"Credential: {AUTH_HELP}.")] = None,
    ca: Annotated[Path | None, typer.Option(metavar="PEM", help="Certificate authorities to trust besides the system's.")] = None,
    conformance_class: Annotated[
        str | None, typer.Option("--class", metavar="CLASS", help="Class that decides the exit code: base, government, high-risk.")
    ] = None,
    as_of: Annotated[str | None, typer.Option(metavar="DATE", help="Judge legal duties as they bind on this day (YYYY-MM-DD).")] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=256, metavar="N", help="Requests under way at once.")] = 8,
    max_rps: Annotated[float | None, typer.Option(metavar="R", help="Most requests a second.")] = None,
    budget: Annotated[int | None, typer.Option(min=1, metavar="N", help="Most requests in the run.")] = None,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="Most seconds one exchange may take.")] = 60.0,
    seed: Annotated[int, typer.Option(metavar="N", help="What everything random follows from.")] = 1,
    set_variable: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Bind a profile variable by hand, e.g. model=pllum-12b.")
    ] = None,
    report: Annotated[
        list[str] | None,
        typer.Option("--report", metavar="FORMAT=PATH", help=f"Write a report: {', '.join(formats.FORMATS)} (repeatable)."),
    ] = None,
    sign: Annotated[str | None, typer.Option(metavar="KEY", help=SIGN)] = None,
    explore: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Explore beyond the vectors for so long, e.g. 90s, 2m, 1h (needs schemathesis).")
    ] = None,
    evidence: Annotated[Path | None, typer.Option(metavar="DIR", help="Record every exchange in this folder, as it happens.")] = None,
    resume: Annotated[Path | None, typer.Option(metavar="DIR", help="Go on with the interrupted run recorded in this folder.")] = None,
    callback_url: Annotated[
        str | None, typer.Option(metavar="URL", help="URL of this machine that the service can call back, where it runs on another one.")
    ] = None,
    callback_listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where callbacks are received; port 0 takes a free one.")
    ] = LISTEN,
    allow_incomplete: Annotated[
        bool, typer.Option("--allow-incomplete", help="End with 0 where nothing failed but a MUST was not tested.")
    ] = False,
    profile_path: Annotated[list[Path] | None, typer.Option(metavar="DIR", help="Folder with further profiles (repeatable).")] = None,
    lang: Annotated[str, typer.Option(metavar="LANG", help="Language of the summary and of reports: en, pl or lt.")] = "en",
) -> None:
    """Test a provider against profiles, and say what works across the border, what does not, and how to fix it.

    Exit codes: 0 conformant; 1 a MUST failed; 2 wrong usage; 3 unreachable or broke off; 4 harness error; 5 incomplete.
    """
    one_of("--class", conformance_class, CLASSES)
    one_of("--lang", lang, LANGUAGES)
    if timeout <= 0 or (max_rps is not None and max_rps <= 0):
        raise UsageError("--timeout and --max-rps must be greater than 0.")
    targets = parse_targets(report or [])
    signing = parse_signing(sign, targets, evidence or resume)
    arguments: dict[str, Any] = {
        "name": name,
        "country": country.lower() if country else None,
        "credential": parse_credential(auth) if auth else None,
        "certificate_authority": ca,
        "adapters": adapter or (),
        "limits": Limits(timeout=timeout, concurrency=concurrency, budget=budget, max_rps=max_rps),
        "seed": seed,
        "decided_by": conformance_class,
        "as_of": parse_day(as_of),
        "variables": bound_by_hand(set_variable or []),
        "profile_paths": profile_path or (),
        "explore": explore,
        "evidence": evidence,
        "resume": resume,
        "callback_url": callback_url,
        "callback_listen": callback_listen,
    }
    result = asyncio.run(_run_until_stopped(url, profile, arguments))
    present(result, targets, lang, signing, allow_incomplete=allow_incomplete)


def present(
    result: Report, targets: list[tuple[str, Path]], lang: str, signing: Signing | None = None, *, allow_incomplete: bool
) -> NoReturn:
    """Write the reports, show the summary, and end with the exit code of the outcome."""
    present_all([(result, targets)], lang, signing, allow_incomplete=allow_incomplete)


WORST_FIRST = (EXIT_CODES["harness-error"], EXIT_CODES["not-conformant"], EXIT_CODES["unreachable"], EXIT_CODES["incomplete"])


def present_all(
    results: list[tuple[Report, list[tuple[str, Path]]]], lang: str, signing: Signing | None = None, *, allow_incomplete: bool
) -> NoReturn:
    """The same of several results, each with its targets; the worst outcome decides the exit code."""
    codes = set()
    for result, targets in results:
        written = write_reports(result, targets, lang, signing)
        with reader_may_leave():
            summary(result, Output(highlight=False), lang)
            for format, path in written:
                typer.echo(f"{format} report: {path}{', signed' if signing and format == 'json' else ''}")
        codes.add(EXIT_CODES["harness-error"] if len(written) < len(targets) else result.exit_code)
    if allow_incomplete:
        codes.discard(EXIT_CODES["incomplete"])
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


async def _run_until_stopped(url: str, profiles: list[str], arguments: dict[str, Any]) -> Report:
    stop = stopped_by_signals()
    if not sys.stderr.isatty():
        return await api.arun(url, profiles, stop=stop, progress=_plain_progress(), **arguments)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("testing", total=None)
        return await api.arun(
            url, profiles, stop=stop, progress=lambda done, planned: bar.update(task, completed=done, total=planned), **arguments
        )


def stopped_by_signals() -> asyncio.Event:
    """Set by the first Ctrl-C or SIGTERM, which ends a run with the verdicts reached so far; a second one ends the program."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def interrupted() -> None:
        stop.set()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(each)

    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, interrupted)
    return stop


def _plain_progress() -> Any:
    """A line for each quarter, for logs."""
    said = 0

    def progress(done: int, planned: int) -> None:
        nonlocal said
        quarter = done * 4 // planned
        if quarter > said and not os.environ.get("GOVAI_QUIET"):
            said = quarter
            typer.echo(f"govai: {done} of {planned} steps done", err=True)

    return progress


def one_of(flag: str, value: str | None, allowed: tuple[str, ...]) -> None:
    """Raise :class:`UsageError` where an option's value is none of those allowed."""
    if value is not None and value not in allowed:
        raise UsageError(f"{flag} {value}: choose one of {', '.join(allowed)}.")


def parse_day(text: str | None) -> datetime.date | None:
    """The day of ``--as-of``. Raises :class:`UsageError` where it is none."""
    try:
        return datetime.date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"--as-of {text}: write a date as YYYY-MM-DD, e.g. 2027-12-02.") from None
