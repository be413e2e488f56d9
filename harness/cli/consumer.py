"""``govai consumer``: test a client."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from harness import api
from harness.cli.options import (
    ALLOW_INCOMPLETE,
    AS_OF,
    DECIDING_CLASS,
    EVIDENCE,
    PORT,
    PROFILE_PATH,
    REPORT,
    REPORT_LANG,
    SIGN,
    above_zero,
    bounds,
    country_option,
    parse_day,
)
from harness.cli.presenting import parse_targets, present
from harness.cli.signing import parse_signing
from harness.cli.stopping import stopped_by_signals
from harness.errors import UsageError
from harness.report import Report


def consumer(
    profile: Annotated[
        list[str], typer.Option("--profile", metavar="NAME[/MAJOR]", help="Profile whose service the client asks (repeatable).")
    ],
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[-- COMMAND...]", help="What starts the client; {url} and {token} are filled in. Without it, wait for one."
        ),
    ] = None,
    country: Annotated[str | None, country_option("Country of the client, e.g. pl or lt.")] = None,
    served_from: Annotated[str, country_option("Country whose reference service answers: pl or lt.")] = "pl",
    name: Annotated[str | None, typer.Option(metavar="NAME", help="How reports call the client.")] = None,
    situation: Annotated[
        list[str] | None, typer.Option("--situation", metavar="NAME", help="Play only this one (repeatable); none plays nothing.")
    ] = None,
    conformance_class: DECIDING_CLASS = "government",
    as_of: AS_OF = None,
    port: PORT = 0,
    timeout: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="Most seconds the command may take; default: 300.",
            callback=above_zero,
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="N|DURATION", help="Without a command: end after so many requests, or so long, e.g. 20 or 5m.")
    ] = None,
    report: REPORT = None,
    sign: SIGN = None,
    evidence: EVIDENCE = None,
    allow_incomplete: ALLOW_INCOMPLETE = False,
    profile_path: PROFILE_PATH = None,
    lang: REPORT_LANG = "en",
) -> None:
    """Test a client: run it against a reference service, and judge what it sends and how it takes what comes back.

    The client finds the service in GOVAI_BASE_URL and its token in GOVAI_TOKEN, and under the names that clients of the base standard know.

    Exit codes: 0 conformant; 1 a MUST failed; 2 wrong usage; 3 it never came; 4 harness error; 5 incomplete.
    """
    if until is not None and command:
        raise UsageError("--until is for clients that are started elsewhere: leave it out, or leave out the command.")
    targets = parse_targets(report or [])
    signing = parse_signing(sign, targets, evidence)
    requests, seconds = bounds(until)

    async def until_stopped() -> Report:
        return await api.aconsume(
            command or (),
            profile,
            name=name,
            country=country,
            served_from=served_from,
            situations=None if situation is None else [each for each in situation if each != "none"],
            decided_by=conformance_class,  # type: ignore[arg-type]
            as_of=parse_day(as_of),
            port=port,
            seconds=timeout if command else seconds,
            until=requests,
            evidence=evidence,
            profile_paths=profile_path or (),
            ready=None if command else _tell,
            stop=stopped_by_signals(),
        )

    present(asyncio.run(until_stopped()), targets, lang, signing, allow_incomplete=allow_incomplete)


def _tell(url: str, environment: Mapping[str, str]) -> None:
    """The base URL is the first line of standard output; what else a client needs goes to standard error."""
    typer.echo(url)
    for name, value in environment.items():
        typer.echo(f"{name}={value}", err=True)
    sys.stdout.flush()
