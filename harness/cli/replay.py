"""``govai replay``: is it still there?"""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import Annotated

import typer

from harness.cli.options import AUTH, CA, PROFILE_PATH, TIMEOUT
from harness.formats.inert import one_line, unheeded
from harness.participant import Limits, parse_credential
from harness.plan import Repeat
from harness.replay import areplay
from harness.report import EXIT_CODES, Report


def replay(
    finding: Annotated[
        str, typer.Argument(metavar="FINDING", help="REPORT.json, REPORT.json#REQUIREMENT or REPORT.json#EXCHANGE; the first means all.")
    ],
    url: Annotated[str | None, typer.Option(metavar="URL", help="Another base URL than the report's.")] = None,
    auth: AUTH = None,
    ca: CA = None,
    timeout: TIMEOUT = 60.0,
    profile_path: PROFILE_PATH = None,
) -> None:
    """Repeat what found a violation: the vector, the scenario or the exact request of a report, with its seed and its variables.

    Exit codes: 0 gone; 1 still there; 2 wrong usage; 3 unreachable or broke off; 5 it could not be said.
    """
    credential = parse_credential(auth) if auth else None

    async def until_stopped() -> tuple[list[Repeat], Report]:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
        return await areplay(
            finding,
            url=url,
            credential=credential,
            certificate_authority=ca,
            limits=Limits(timeout=timeout),
            profile_paths=profile_path or (),
            stop=stop,
        )

    repeats, report = asyncio.run(until_stopped())
    for each in repeats:
        said = {True: "still there", False: "gone", None: f"could not be said: {report.ended or each.cause}"}[each.there]
        typer.echo(unheeded(one_line(f"{each.requirement} ({each.name}): {said}")))
    if any(each.there for each in repeats):
        sys.exit(EXIT_CODES["not-conformant"])
    if report.outcome == "unreachable":
        sys.exit(EXIT_CODES["unreachable"])
    sys.exit(EXIT_CODES["incomplete"] if any(each.there is None for each in repeats) else EXIT_CODES["conformant"])
