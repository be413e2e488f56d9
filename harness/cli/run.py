"""``govai run``: test a provider."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from harness import api
from harness.binding import bound_by_hand
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
from harness.cli.presenting import parse_targets, present
from harness.cli.signing import parse_signing
from harness.cli.stopping import stopped_by_signals
from harness.participant import Limits, parse_credential
from harness.report import Report
from harness.serve.inbox import LISTEN


def run(
    url: Annotated[str, typer.Argument(metavar="URL", help="Base URL under which the profile's operations lie.")],
    profile: Annotated[list[str], typer.Option("--profile", metavar="NAME[/MAJOR]", help="Profile to test against (repeatable).")],
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
    allow_incomplete: ALLOW_INCOMPLETE = False,
    profile_path: PROFILE_PATH = None,
    lang: REPORT_LANG = "en",
) -> None:
    """Test a provider against profiles, and say what works across the border, what does not, and how to fix it.

    Exit codes: 0 conformant; 1 a MUST failed; 2 wrong usage; 3 unreachable or broke off; 4 harness error; 5 incomplete.
    """
    targets = parse_targets(report or [])
    signing = parse_signing(sign, targets, evidence or resume)
    arguments: dict[str, Any] = {
        "name": name,
        "country": country,
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
