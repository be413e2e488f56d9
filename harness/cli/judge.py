"""``govai judge``: judge recorded traffic."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness import api, formats
from harness.cli.run import one_of, parse_day, parse_targets, present_all, with_side
from harness.cli.signing import SIGN, parse_signing
from harness.profile import CLASSES, LANGUAGES

SIDES = ("provider", "consumer", "both")


def judge(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="HAR file, or the folder that an earlier run recorded in with --evidence.")],
    profile: Annotated[list[str], typer.Option("--profile", metavar="NAME[/MAJOR]", help="Profile to judge by (repeatable).")],
    side: Annotated[
        str | None, typer.Option(metavar="SIDE", help="Who is judged: provider, consumer or both; default: all that the recording has.")
    ] = None,
    base_url: Annotated[
        str,
        typer.Option(metavar="URL", help="Base URL of the service in a HAR file; default: where the profile's operations were asked for."),
    ] = "",
    country: Annotated[str | None, typer.Option(metavar="CODE", help="Country of who is judged; of the provider where both are.")] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="How the report calls them.")] = None,
    client_country: Annotated[str | None, typer.Option(metavar="CODE", help="Country of the clients where both are judged.")] = None,
    client_name: Annotated[str | None, typer.Option(metavar="NAME", help="How reports call the clients where both are judged.")] = None,
    adapter: Annotated[list[str] | None, typer.Option("--adapter", metavar="NAME", help="Declared adapter (repeatable).")] = None,
    conformance_class: Annotated[
        str, typer.Option("--class", metavar="CLASS", help="Class that decides the exit code: base, government, high-risk.")
    ] = "government",
    as_of: Annotated[str | None, typer.Option(metavar="DATE", help="Judge legal duties as they bind on this day (YYYY-MM-DD).")] = None,
    report: Annotated[
        list[str] | None,
        typer.Option(
            "--report",
            metavar="FORMAT=PATH",
            help=f"Write reports: {', '.join(formats.FORMATS)} (repeatable); -provider and -consumer are added to the name where both are judged.",
        ),
    ] = None,
    sign: Annotated[str | None, typer.Option(metavar="KEY", help=SIGN)] = None,
    allow_incomplete: Annotated[
        bool, typer.Option("--allow-incomplete", help="End with 0 where nothing failed but a MUST was not tested.")
    ] = False,
    profile_path: Annotated[list[Path] | None, typer.Option(metavar="DIR", help="Folder with further profiles (repeatable).")] = None,
    lang: Annotated[str, typer.Option(metavar="LANG", help="Language of the summary and of reports: en, pl or lt.")] = "en",
) -> None:
    """Judge recorded traffic by the same rules, offline: a HAR file of a browser or a proxy, or the exchanges of an earlier run.

    What the recording does not tell is not judged, and what only a scenario can show is not tested.

    Exit codes: as for run, the worse of the two where both sides are judged.
    """
    one_of("--side", side, SIDES)
    one_of("--class", conformance_class, CLASSES)
    one_of("--lang", lang, LANGUAGES)
    texts = report or []
    signing = parse_signing(sign, parse_targets(texts), file)
    results = api.judge_file(
        file,
        profile,
        side=None if side == "both" else side,  # type: ignore[arg-type]
        base_url=base_url,
        name=name,
        country=country.lower() if country else None,
        client_name=client_name,
        client_country=client_country.lower() if client_country else None,
        adapters=adapter or (),
        decided_by=conformance_class,  # type: ignore[arg-type]
        as_of=parse_day(as_of),
        profile_paths=profile_path or (),
    )
    both = len(results) > 1
    targets = [parse_targets([with_side(text, each.participant.side) if both else text for text in texts]) for each in results]
    present_all(list(zip(results, targets, strict=True)), lang, signing, allow_incomplete=allow_incomplete)
