"""``govai proxy``: judge live traffic."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from harness import api, formats
from harness.cli.consumer import bounds
from harness.cli.run import one_of, parse_day, parse_targets, present_all, stopped_by_signals, with_side
from harness.cli.signing import SIGN, parse_signing
from harness.errors import UsageError
from harness.participant import Limits
from harness.profile import CLASSES, LANGUAGES
from harness.report import Report


def proxy(
    upstream: Annotated[str, typer.Argument(metavar="UPSTREAM", help="Base URL of the provider.")],
    profile: Annotated[list[str], typer.Option("--profile", metavar="NAME[/MAJOR]", help="Profile to judge by (repeatable).")],
    country: Annotated[str | None, typer.Option(metavar="CODE", help="Country of the provider, e.g. pl or lt.")] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="How reports call the provider.")] = None,
    client_country: Annotated[str | None, typer.Option(metavar="CODE", help="Country of the clients.")] = None,
    client_name: Annotated[str, typer.Option(metavar="NAME", help="How reports call the clients.")] = "clients",
    adapter: Annotated[list[str] | None, typer.Option("--adapter", metavar="NAME", help="Declared adapter (repeatable).")] = None,
    ca: Annotated[Path | None, typer.Option(metavar="PEM", help="Certificate authorities to trust besides the system's.")] = None,
    conformance_class: Annotated[
        str, typer.Option("--class", metavar="CLASS", help="Class that decides the exit code: base, government, high-risk.")
    ] = "government",
    as_of: Annotated[str | None, typer.Option(metavar="DATE", help="Judge legal duties as they bind on this day (YYYY-MM-DD).")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="Most seconds until an answer begins, and between its parts.")] = 60.0,
    until: Annotated[str | None, typer.Option(metavar="N|DURATION", help="End after so many requests, or so long, e.g. 20 or 5m.")] = None,
    report: Annotated[
        list[str] | None,
        typer.Option(
            "--report",
            metavar="FORMAT=PATH",
            help=f"Write reports: {', '.join(formats.FORMATS)} (repeatable); -provider and -consumer are added to the file's name.",
        ),
    ] = None,
    sign: Annotated[str | None, typer.Option(metavar="KEY", help=SIGN)] = None,
    evidence: Annotated[Path | None, typer.Option(metavar="DIR", help="Record every exchange in this folder, as it happens.")] = None,
    allow_incomplete: Annotated[
        bool, typer.Option("--allow-incomplete", help="End with 0 where nothing failed but a MUST was not tested.")
    ] = False,
    profile_path: Annotated[list[Path] | None, typer.Option(metavar="DIR", help="Folder with further profiles (repeatable).")] = None,
    lang: Annotated[str, typer.Option(metavar="LANG", help="Language of the summary and of reports: en, pl or lt.")] = "en",
) -> None:
    """Pass traffic through to a provider unchanged, and judge both sides: a report on the provider and one on its clients.

    Prints the base URL to connect to as the first line, and goes on until --until or Ctrl-C. What only a scenario can show is not tested.

    Exit codes: as for run, the worse of the two.
    """
    one_of("--class", conformance_class, CLASSES)
    one_of("--lang", lang, LANGUAGES)
    if timeout <= 0:
        raise UsageError("--timeout must be greater than 0.")
    sides = [parse_targets([with_side(text, side) for text in report or []]) for side in ("provider", "consumer")]
    signing = parse_signing(sign, [target for own in sides for target in own], evidence)
    requests, seconds = bounds(until)

    async def until_stopped() -> tuple[Report, Report]:
        return await api.aproxy(
            upstream,
            profile,
            name=name,
            country=country.lower() if country else None,
            client_name=client_name,
            client_country=client_country.lower() if client_country else None,
            certificate_authority=ca,
            adapters=adapter or (),
            decided_by=conformance_class,  # type: ignore[arg-type]
            as_of=parse_day(as_of),
            port=port,
            seconds=seconds,
            until=requests,
            limits=Limits(timeout=timeout),
            evidence=evidence,
            profile_paths=profile_path or (),
            ready=typer.echo,
            stop=stopped_by_signals(),
        )

    present_all(list(zip(asyncio.run(until_stopped()), sides, strict=True)), lang, signing, allow_incomplete=allow_incomplete)
