"""``govai consumer``: test a client."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from harness import api, formats
from harness.cli.run import one_of, parse_day, parse_targets, present, stopped_by_signals
from harness.cli.signing import SIGN, parse_signing
from harness.errors import UsageError
from harness.pace import parse_duration
from harness.profile import CLASSES, LANGUAGES
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
    country: Annotated[str | None, typer.Option(metavar="CODE", help="Country of the client, e.g. pl or lt.")] = None,
    served_from: Annotated[str, typer.Option(metavar="CODE", help="Country whose reference service answers: pl or lt.")] = "pl",
    name: Annotated[str | None, typer.Option(metavar="NAME", help="How reports call the client.")] = None,
    situation: Annotated[
        list[str] | None, typer.Option("--situation", metavar="NAME", help="Play only this one (repeatable); none plays nothing.")
    ] = None,
    conformance_class: Annotated[
        str, typer.Option("--class", metavar="CLASS", help="Class that decides the exit code: base, government, high-risk.")
    ] = "government",
    as_of: Annotated[str | None, typer.Option(metavar="DATE", help="Judge legal duties as they bind on this day (YYYY-MM-DD).")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
    timeout: Annotated[float | None, typer.Option(metavar="SECONDS", help="Most seconds the command may take; default: 300.")] = None,
    until: Annotated[
        str | None, typer.Option(metavar="N|DURATION", help="Without a command: end after so many requests, or so long, e.g. 20 or 5m.")
    ] = None,
    report: Annotated[
        list[str] | None,
        typer.Option("--report", metavar="FORMAT=PATH", help=f"Write a report: {', '.join(formats.FORMATS)} (repeatable)."),
    ] = None,
    sign: Annotated[str | None, typer.Option(metavar="KEY", help=SIGN)] = None,
    evidence: Annotated[Path | None, typer.Option(metavar="DIR", help="Record every exchange in this folder, as it happens.")] = None,
    allow_incomplete: Annotated[
        bool, typer.Option("--allow-incomplete", help="End with 0 where nothing failed but a MUST was not tested.")
    ] = False,
    profile_path: Annotated[list[Path] | None, typer.Option(metavar="DIR", help="Folder with further profiles (repeatable).")] = None,
    lang: Annotated[str, typer.Option(metavar="LANG", help="Language of the summary and of reports: en, pl or lt.")] = "en",
) -> None:
    """Test a client: run it against a reference service, and judge what it sends and how it takes what comes back.

    The client finds the service in GOVAI_BASE_URL and its token in GOVAI_TOKEN, and under the names that clients of the base standard know.

    Exit codes: 0 conformant; 1 a MUST failed; 2 wrong usage; 3 it never came; 4 harness error; 5 incomplete.
    """
    one_of("--class", conformance_class, CLASSES)
    one_of("--lang", lang, LANGUAGES)
    if timeout is not None and timeout <= 0:
        raise UsageError("--timeout must be greater than 0.")
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
            country=country.lower() if country else None,
            served_from=served_from.lower(),
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


def bounds(until: str | None) -> tuple[int | None, float | None]:
    """The requests or the seconds of ``--until``. Raises :class:`UsageError` where it is neither."""
    if until is None:
        return None, None
    return (int(until), None) if re.fullmatch(r"[1-9][0-9]{0,8}", until) else (None, parse_duration(until, "--until"))


def _tell(url: str, environment: Mapping[str, str]) -> None:
    """The base URL is the first line of standard output; what else a client needs goes to standard error."""
    typer.echo(url)
    for name, value in environment.items():
        typer.echo(f"{name}={value}", err=True)
    sys.stdout.flush()
