"""``govai pair``: what a consumer really sent, sent to a provider."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from harness import api
from harness.cli.matrix import present_pair
from harness.cli.options import (
    ADAPTER,
    AUTH,
    BASE_URL,
    CA,
    HOLDING_CLASS,
    JSON,
    JUDGED_BY,
    PROFILE_PATH,
    REPORT_LANG,
    REPORTS,
    SIGN,
    TIMEOUT,
    country_option,
)
from harness.cli.presenting import parse_targets, with_side, write_reports
from harness.cli.signing import parse_signing
from harness.cli.stopping import stopped_by_signals
from harness.formats.inert import one_line, unheeded
from harness.pairing import Pairing
from harness.participant import Limits, parse_credential
from harness.report import EXIT_CODES


def pair(
    recording: Annotated[
        Path,
        typer.Argument(
            metavar="RECORDING", help="What the consumer sent: the folder of govai consumer --evidence or proxy, or a HAR file."
        ),
    ],
    provider: Annotated[str, typer.Option(metavar="URL", help="Base URL of the provider.")],
    profile: JUDGED_BY,
    base_url: BASE_URL = "",
    name: Annotated[str | None, typer.Option(metavar="NAME", help="How reports call the provider.")] = None,
    country: Annotated[str | None, country_option("Country of the provider, e.g. pl or lt.")] = None,
    consumer_name: Annotated[
        str | None, typer.Option(metavar="NAME", help="How reports call the consumer; default: its recording.")
    ] = None,
    consumer_country: Annotated[str | None, country_option("Country of the consumer.")] = None,
    adapter: ADAPTER = None,
    auth: AUTH = None,
    ca: CA = None,
    conformance_class: HOLDING_CLASS = "government",
    timeout: TIMEOUT = 60.0,
    report: REPORTS = None,
    sign: SIGN = None,
    json: JSON = False,
    profile_path: PROFILE_PATH = None,
    lang: REPORT_LANG = "en",
) -> None:
    """Send a provider what a consumer really sent, and say whether this consumer can use it, and why not.

    The credential is the provider's, idempotency keys are new, and no text of either side gets into the reports.

    Exit codes: 0 it can; 1 it cannot; 2 wrong usage; 3 the provider was not reached; 5 it is not known.
    """
    targets = {side: parse_targets([with_side(text, side) for text in report or []]) for side in ("consumer", "provider")}
    signing = parse_signing(sign, [target for own in targets.values() for target in own], recording)
    credential = parse_credential(auth) if auth else None

    async def until_stopped() -> Pairing:
        return await api.apair(
            recording,
            provider,
            profile,
            base_url=base_url,
            consumer_name=consumer_name,
            consumer_country=consumer_country,
            name=name,
            country=country,
            credential=credential,
            certificate_authority=ca,
            adapters=adapter or (),
            limits=Limits(timeout=timeout),
            decided_by=conformance_class,  # type: ignore[arg-type]
            profile_paths=profile_path or (),
            stop=stopped_by_signals(),
        )

    pairing = asyncio.run(until_stopped())
    for each in (pairing.consumer, pairing.provider):
        write_reports(each, targets[each.participant.side], lang, signing)
    if pairing.provider.outcome == "unreachable":
        typer.echo(unheeded(one_line(f"govai: {pairing.provider.ended}")), err=True)
        sys.exit(EXIT_CODES["unreachable"])
    present_pair(pairing.pair, (pairing.consumer, pairing.provider), lang, json=json)
