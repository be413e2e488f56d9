"""``govai verify``: who vouches for a report, and was it changed?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from harness import trust
from harness.cli.options import JSON, LANG
from harness.cli.output import Output, reader_may_leave
from harness.formats.trust import reason_said, show
from harness.formats.wording import Words
from harness.pace import parse_duration
from harness.recorded import recorded_in


def verify(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="JSON report; its signature stands beside it, REPORT.jws.")],
    keys: Annotated[
        list[Path] | None,
        typer.Option(
            "--keys", "--key", metavar="PATH", help="Public keys you trust: PEM, certificate, JWK (set), or a folder of them (repeatable)."
        ),
    ] = None,
    evidence: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Recording to check as well: the folder of --evidence, or a HAR file.")
    ] = None,
    max_age: Annotated[str | None, typer.Option(metavar="DURATION", help="Oldest signature to accept, e.g. 12h or 30d.")] = None,
    json: JSON = False,
    lang: LANG = "en",
) -> None:
    """Say what of a report is signed, by whom and when, and what was changed since.

    Exit codes: 0 signed with a key you gave, and unchanged; 1 changed or wrongly signed; 2 wrong usage; 5 not proven: unsigned, unknown key, expired.
    """
    result = trust.trust_of(
        report,
        trust.known_keys(keys or []),
        evidence=recorded_in(evidence) if evidence else None,
        max_age=parse_duration(max_age, "--max-age") if max_age else None,
    )
    with reader_may_leave():
        if json:
            told = {**msgspec.to_builtins(result), "message": reason_said(result, Words(lang)) or None}
            typer.echo(msgspec.json.format(msgspec.json.encode(told)).decode())
        else:
            show(result, report.name, Output(highlight=False), lang)
    sys.exit(result.exit_code)
