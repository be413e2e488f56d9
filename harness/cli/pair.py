"""``govai pair``: what a consumer really sent, sent to a provider."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from harness import api, formats
from harness.cli.matrix import present_pair
from harness.cli.run import one_of, parse_targets, stopped_by_signals, with_side, write_reports
from harness.cli.signing import SIGN, parse_signing
from harness.crossing import Crossing
from harness.errors import UsageError
from harness.participant import AUTH_HELP, Limits, parse_credential
from harness.profile import CLASSES, LANGUAGES
from harness.report import EXIT_CODES


def pair(
    recording: Annotated[
        Path,
        typer.Argument(
            metavar="RECORDING", help="What the consumer sent: the folder of govai consumer --evidence or proxy, or a HAR file."
        ),
    ],
    provider: Annotated[str, typer.Option(metavar="URL", help="Base URL of the provider.")],
    profile: Annotated[list[str], typer.Option("--profile", metavar="NAME[/MAJOR]", help="Profile to judge by (repeatable).")],
    base_url: Annotated[
        str,
        typer.Option(metavar="URL", help="Base URL of the service in a HAR file; default: where the profile's operations were asked for."),
    ] = "",
    name: Annotated[str | None, typer.Option(metavar="NAME", help="How reports call the provider.")] = None,
    country: Annotated[str | None, typer.Option(metavar="CODE", help="Country of the provider, e.g. pl or lt.")] = None,
    consumer_name: Annotated[
        str | None, typer.Option(metavar="NAME", help="How reports call the consumer; default: its recording.")
    ] = None,
    consumer_country: Annotated[str | None, typer.Option(metavar="CODE", help="Country of the consumer.")] = None,
    adapter: Annotated[list[str] | None, typer.Option("--adapter", metavar="NAME", help="Declared adapter (repeatable).")] = None,
    auth: Annotated[str | None, typer.Option(metavar="AUTH", help=f"Credential for the provider: {AUTH_HELP}.")] = None,
    ca: Annotated[Path | None, typer.Option(metavar="PEM", help="Certificate authorities to trust besides the system's.")] = None,
    conformance_class: Annotated[
        str, typer.Option("--class", metavar="CLASS", help="Class whose requirements have to hold: base, government, high-risk.")
    ] = "government",
    timeout: Annotated[float, typer.Option(metavar="SECONDS", help="Most seconds one exchange may take.")] = 60.0,
    report: Annotated[
        list[str] | None,
        typer.Option(
            "--report",
            metavar="FORMAT=PATH",
            help=f"Write reports: {', '.join(formats.FORMATS)} (repeatable); -provider and -consumer are added to the file's name.",
        ),
    ] = None,
    sign: Annotated[str | None, typer.Option(metavar="KEY", help=SIGN)] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    profile_path: Annotated[list[Path] | None, typer.Option(metavar="DIR", help="Folder with further profiles (repeatable).")] = None,
    lang: Annotated[str, typer.Option(metavar="LANG", help="Language: en, pl or lt.")] = "en",
) -> None:
    """Send a provider what a consumer really sent, and say whether this consumer can use it, and why not.

    The credential is the provider's, idempotency keys are new, and no text of either side gets into the reports.

    Exit codes: 0 it can; 1 it cannot; 2 wrong usage; 3 the provider was not reached; 5 it is not known.
    """
    one_of("--class", conformance_class, CLASSES)
    one_of("--lang", lang, LANGUAGES)
    if timeout <= 0:
        raise UsageError("--timeout must be greater than 0.")
    targets = {side: parse_targets([with_side(text, side) for text in report or []]) for side in ("consumer", "provider")}
    signing = parse_signing(sign, [target for own in targets.values() for target in own], recording)
    credential = parse_credential(auth) if auth else None

    async def until_stopped() -> Crossing:
        return await api.apair(
            recording,
            provider,
            profile,
            base_url=base_url,
            consumer_name=consumer_name,
            consumer_country=consumer_country.lower() if consumer_country else None,
            name=name,
            country=country.lower() if country else None,
            credential=credential,
            certificate_authority=ca,
            adapters=adapter or (),
            limits=Limits(timeout=timeout),
            decided_by=conformance_class,  # type: ignore[arg-type]
            profile_paths=profile_path or (),
            stop=stopped_by_signals(),
        )

    crossing = asyncio.run(until_stopped())
    for each in (crossing.consumer, crossing.provider):
        write_reports(each, targets[each.participant.side], lang, signing)
    if crossing.provider.outcome == "unreachable":
        typer.echo(f"govai: {crossing.provider.ended}", err=True)
        sys.exit(EXIT_CODES["unreachable"])
    present_pair(crossing.pair, lang, json=json)
