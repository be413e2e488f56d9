"""``govai consumer``: test a client."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from harness import api
from harness.cli.configured import CONFIG, EXPECTED, FILE, configured, expectations
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
from harness.cli.presenting import Result, parse_targets, present
from harness.cli.signing import parse_signing
from harness.cli.stopping import stopped_by_signals
from harness.errors import UsageError
from harness.expected import applied
from harness.report import Report


def consumer(
    context: typer.Context,
    profile: Annotated[
        list[str] | None,
        typer.Option(
            "--profile",
            metavar="NAME[/MAJOR]",
            help="Profile whose service the client asks (repeatable); without one, the clients of govai.toml are tested.",
        ),
    ] = None,
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
    expected_failures: EXPECTED = None,
    allow_incomplete: ALLOW_INCOMPLETE = False,
    participant: Annotated[str | None, typer.Option(metavar="NAME", help="Only this client of govai.toml.")] = None,
    config: CONFIG = FILE,
    profile_path: PROFILE_PATH = None,
    lang: REPORT_LANG = "en",
) -> None:
    """Test a client: run it against a reference service, and judge what it sends and how it takes what comes back.

    The client finds the service in GOVAI_BASE_URL and its token in GOVAI_TOKEN, and under the names that clients of the base standard know.

    Exit codes: 0 conformant; 1 a MUST failed; 2 wrong usage; 3 it never came; 4 harness error; 5 incomplete.
    """
    if until is not None and command:
        raise UsageError("--until is for clients that are started elsewhere: leave it out, or leave out the command.")
    if command and not profile:
        raise UsageError("Say whose client it is: --profile NAME. govai profiles lists them.")
    chosen = [context.params] if profile else configured(context, "clients", participant, config)
    planned = [_planned(each) for each in chosen]  # what is wrong is said before anything is started
    present(planned, chosen[0]["lang"])


def _planned(options: Mapping[str, Any]) -> Callable[[], Result]:
    """How one client is tested. Raises :class:`UsageError` where an option is wrong."""
    targets = parse_targets(options["report"] or [])
    signing = parse_signing(options["sign"], targets, options["evidence"])
    command, profiles, paths, situations = options["command"], options["profile"], options["profile_path"] or (), options["situation"]
    requests, seconds = bounds(options["until"])
    expected = expectations(options["expected_failures"], profiles, paths, "consumer")
    day = parse_day(options["as_of"])

    async def until_stopped() -> Report:
        return await api.aconsume(
            command or (),
            profiles,
            **{name: options[name] for name in ("name", "country", "served_from", "port", "evidence")},
            situations=[each for each in situations if each != "none"] if situations else None,
            decided_by=options["conformance_class"],
            as_of=day,
            seconds=options["timeout"] if command else seconds,
            until=requests,
            profile_paths=paths,
            ready=None if command else _tell,
            stop=stopped_by_signals(),
        )

    return lambda: Result(applied(asyncio.run(until_stopped()), expected), targets, signing, options["allow_incomplete"])


def _tell(url: str, environment: Mapping[str, str]) -> None:
    """The base URL is the first line of standard output; what else a client needs goes to standard error."""
    typer.echo(url)
    for name, value in environment.items():
        typer.echo(f"{name}={value}", err=True)
    sys.stdout.flush()
