"""``govai run``: test a provider."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from harness import api
from harness.binding import bound_by_hand
from harness.cli.configured import CONFIG, EXPECTED, FILE, configured, expectations
from harness.cli.options import (
    ADAPTER,
    ALLOW_INCOMPLETE,
    AS_OF,
    AUTH,
    CA,
    CLAIMED_CLASS,
    EVIDENCE,
    PROFILE_PATH,
    REPORT,
    REPORT_LANG,
    SIGN,
    TIMEOUT,
    above_zero,
    country_option,
    parse_day,
)
from harness.cli.presenting import Result, parse_targets, present
from harness.cli.signing import parse_signing
from harness.cli.stopping import stopped_by_signals
from harness.errors import UsageError
from harness.expected import applied
from harness.participant import Limits, check_url, parse_credential
from harness.report import Report
from harness.run import Progress
from harness.serve.inbox import LISTEN
from harness.serve.processes import started


def run(
    context: typer.Context,
    participant: Annotated[
        str | None,
        typer.Argument(
            metavar="[URL|NAME]",
            help="Base URL under which the profile's operations lie, or a service of govai.toml; all of it when left out.",
        ),
    ] = None,
    profile: Annotated[
        list[str] | None, typer.Option("--profile", metavar="NAME[/MAJOR]", help="Profile to test against (repeatable).")
    ] = None,
    country: Annotated[str | None, country_option("Country of the participant, e.g. pl or lt.")] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="How reports call the participant.")] = None,
    adapter: ADAPTER = None,
    auth: AUTH = None,
    ca: CA = None,
    conformance_class: CLAIMED_CLASS = None,
    as_of: AS_OF = None,
    concurrency: Annotated[int, typer.Option(min=1, max=256, metavar="N", help="Requests under way at once.")] = 8,
    max_rps: Annotated[float | None, typer.Option(metavar="R", help="Most requests a second.", callback=above_zero)] = None,
    budget: Annotated[int | None, typer.Option(min=1, metavar="N", help="Most requests in the run.")] = None,
    timeout: TIMEOUT = 60.0,
    seed: Annotated[int, typer.Option(metavar="N", help="What everything random follows from.")] = 1,
    set_variable: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Bind a profile variable by hand, e.g. model=pllum-12b.")
    ] = None,
    report: REPORT = None,
    sign: SIGN = None,
    explore: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Explore beyond the vectors for so long, e.g. 90s, 2m, 1h (needs schemathesis).")
    ] = None,
    evidence: EVIDENCE = None,
    resume: Annotated[Path | None, typer.Option(metavar="DIR", help="Go on with the interrupted run recorded in this folder.")] = None,
    callback_url: Annotated[
        str | None, typer.Option(metavar="URL", help="URL of this machine that the service can call back, where it runs on another one.")
    ] = None,
    callback_listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where callbacks are received; port 0 takes a free one.")
    ] = LISTEN,
    expected_failures: EXPECTED = None,
    allow_incomplete: ALLOW_INCOMPLETE = False,
    config: CONFIG = FILE,
    profile_path: PROFILE_PATH = None,
    lang: REPORT_LANG = "en",
) -> None:
    """Test a provider against profiles, and say what works across the border, what does not, and how to fix it.

    Exit codes: 0 conformant; 1 a MUST failed; 2 wrong usage; 3 unreachable or broke off; 4 harness error; 5 incomplete.
    """
    if participant is None or (not _is_url(participant) and config.exists()):
        chosen = configured(context, "services", participant, config)
    elif not profile:
        raise UsageError("Say what to test against: --profile NAME. govai profiles lists them.")
    else:
        chosen = [{**context.params, "url": participant, "start": ()}]
    planned = [_planned(each) for each in chosen]  # what is wrong is said before anything is sent
    present(planned, chosen[0]["lang"])


def _is_url(text: str) -> bool:
    return "://" in text


def _planned(options: Mapping[str, Any]) -> Callable[[], Result]:
    """How one service is tested. Raises :class:`UsageError` where an option is wrong."""
    targets = parse_targets(options["report"] or [])
    url, paths, profiles = check_url(options["url"]), options["profile_path"] or (), options["profile"]
    signing = parse_signing(options["sign"], targets, options["evidence"] or options["resume"])
    expected = expectations(options["expected_failures"], profiles, paths, "provider")
    arguments: dict[str, Any] = {
        **{name: options[name] for name in ("name", "country", "seed", "explore", "evidence", "resume", "callback_url", "callback_listen")},
        "credential": parse_credential(options["auth"]) if options["auth"] else None,
        "certificate_authority": options["ca"],
        "adapters": options["adapter"] or (),
        "limits": Limits(**{name: options[name] for name in ("timeout", "concurrency", "budget", "max_rps")}),
        "decided_by": options["conformance_class"],
        "as_of": parse_day(options["as_of"]),
        "variables": bound_by_hand(options["set_variable"] or []),
        "profile_paths": paths,
    }

    async def until_stopped() -> Report:
        stop = stopped_by_signals()
        async with started(options["start"], url, stop):
            with _progress() as progress:
                return await api.arun(url, profiles, stop=stop, progress=progress, **arguments)

    return lambda: Result(applied(asyncio.run(until_stopped()), expected), targets, signing, options["allow_incomplete"])


@contextmanager
def _progress() -> Iterator[Progress]:
    """Progress on standard error: a bar on a terminal that can draw one, a line for each quarter elsewhere."""
    console = Console(stderr=True)
    if not sys.stderr.isatty() or console.is_dumb_terminal:
        yield _plain_progress()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("testing", total=None)
        yield lambda done, planned: bar.update(task, completed=done, total=planned)


def _plain_progress() -> Progress:
    said = 0

    def progress(done: int, planned: int) -> None:
        nonlocal said
        quarter = done * 4 // planned
        if quarter > said and not os.environ.get("GOVAI_QUIET"):
            said = quarter
            typer.echo(f"govai: {done} of {planned} steps done", err=True)

    return progress
