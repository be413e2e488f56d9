"""``govai judge``: judge recorded traffic."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from harness import api
from harness.cli.options import (
    ADAPTER,
    ALLOW_INCOMPLETE,
    AS_OF,
    BASE_URL,
    DECIDING_CLASS,
    JUDGED_BY,
    PROFILE_PATH,
    REPORT_LANG,
    REPORTS,
    SIGN,
    country_option,
    one_of,
    parse_day,
)
from harness.cli.presenting import Result, parse_targets, present, with_side
from harness.cli.signing import parse_signing

SIDES = ("provider", "consumer", "both")


def judge(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="HAR file, or the folder that an earlier run recorded in with --evidence.")],
    profile: JUDGED_BY,
    side: Annotated[
        str | None,
        typer.Option(
            metavar="SIDE", help="Who is judged: provider, consumer or both; default: all that the recording has.", callback=one_of(*SIDES)
        ),
    ] = None,
    base_url: BASE_URL = "",
    country: Annotated[str | None, country_option("Country of who is judged; of the provider where both are.")] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="How the report calls them.")] = None,
    client_country: Annotated[str | None, country_option("Country of the clients where both are judged.")] = None,
    client_name: Annotated[str | None, typer.Option(metavar="NAME", help="How reports call the clients where both are judged.")] = None,
    adapter: ADAPTER = None,
    conformance_class: DECIDING_CLASS = "government",
    as_of: AS_OF = None,
    report: REPORTS = None,
    sign: SIGN = None,
    allow_incomplete: ALLOW_INCOMPLETE = False,
    profile_path: PROFILE_PATH = None,
    lang: REPORT_LANG = "en",
) -> None:
    """Judge recorded traffic by the same rules, offline: a HAR file of a browser or a proxy, or the exchanges of an earlier run.

    What the recording does not tell is not judged, and what only a scenario can show is not tested.

    Exit codes: as for run, the worse of the two where both sides are judged.
    """
    texts = report or []
    signing = parse_signing(sign, parse_targets(texts), file)
    results = api.judge_file(
        file,
        profile,
        side=None if side == "both" else side,  # type: ignore[arg-type]
        base_url=base_url,
        name=name,
        country=country,
        client_name=client_name,
        client_country=client_country,
        adapters=adapter or (),
        decided_by=conformance_class,  # type: ignore[arg-type]
        as_of=parse_day(as_of),
        profile_paths=profile_path or (),
    )
    both = len(results) > 1
    targets = [parse_targets([with_side(text, each.participant.side) if both else text for text in texts]) for each in results]
    present([partial(Result, *each, signing, allow_incomplete) for each in zip(results, targets, strict=True)], lang)
