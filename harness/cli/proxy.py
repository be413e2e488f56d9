"""``govai proxy``: judge live traffic."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated

import typer

from harness import api
from harness.cli.options import (
    ADAPTER,
    ALLOW_INCOMPLETE,
    AS_OF,
    CA,
    DECIDING_CLASS,
    EVIDENCE,
    JUDGED_BY,
    PORT,
    PROFILE_PATH,
    REPORT_LANG,
    REPORTS,
    SIGN,
    above_zero,
    bounds,
    country_option,
    parse_day,
)
from harness.cli.presenting import Result, parse_targets, present, with_side
from harness.cli.signing import parse_signing
from harness.cli.stopping import stopped_by_signals
from harness.participant import Limits
from harness.report import Report


def proxy(
    upstream: Annotated[str, typer.Argument(metavar="UPSTREAM", help="Base URL of the provider.")],
    profile: JUDGED_BY,
    country: Annotated[str | None, country_option("Country of the provider, e.g. pl or lt.")] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="How reports call the provider.")] = None,
    client_country: Annotated[str | None, country_option("Country of the clients.")] = None,
    client_name: Annotated[str, typer.Option(metavar="NAME", help="How reports call the clients.")] = "clients",
    adapter: ADAPTER = None,
    ca: CA = None,
    conformance_class: DECIDING_CLASS = "government",
    as_of: AS_OF = None,
    port: PORT = 0,
    timeout: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            help="Most seconds until an answer begins, and between its parts.",
            callback=above_zero,
        ),
    ] = 60.0,
    until: Annotated[str | None, typer.Option(metavar="N|DURATION", help="End after so many requests, or so long, e.g. 20 or 5m.")] = None,
    report: REPORTS = None,
    sign: SIGN = None,
    evidence: EVIDENCE = None,
    allow_incomplete: ALLOW_INCOMPLETE = False,
    profile_path: PROFILE_PATH = None,
    lang: REPORT_LANG = "en",
) -> None:
    """Pass traffic through to a provider unchanged, and judge both sides: a report on the provider and one on its clients.

    Prints the base URL to connect to as the first line, and goes on until --until or Ctrl-C. What only a scenario can show is not tested.

    Exit codes: as for run, the worse of the two.
    """
    sides = [parse_targets([with_side(text, side) for text in report or []]) for side in ("provider", "consumer")]
    signing = parse_signing(sign, [target for own in sides for target in own], evidence)
    requests, seconds = bounds(until)

    async def until_stopped() -> tuple[Report, Report]:
        return await api.aproxy(
            upstream,
            profile,
            name=name,
            country=country,
            client_name=client_name,
            client_country=client_country,
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

    reports = asyncio.run(until_stopped())
    present([partial(Result, *each, signing, allow_incomplete) for each in zip(reports, sides, strict=True)], lang)
