"""``govai compare``: does a provider's own document promise what a profile asks?"""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import msgspec
import typer

from harness import api
from harness.cli.options import AUTH, CA, JSON, LANG, PROFILE_PATH
from harness.cli.output import Output
from harness.comparison import EXIT_CODES
from harness.formats.comparison import summary
from harness.participant import parse_credential


def compare(
    document: Annotated[str, typer.Argument(metavar="PROVIDER_OPENAPI", help="The provider's OpenAPI document: a file or a URL.")],
    profile: Annotated[list[str], typer.Option("--profile", metavar="NAME[/MAJOR]", help="Profile to compare with (repeatable).")],
    json: JSON = False,
    auth: AUTH = None,
    ca: CA = None,
    profile_path: PROFILE_PATH = None,
    lang: LANG = "en",
) -> None:
    """Hold a provider's own OpenAPI document against a profile, without sending anything to the service.

    Each incompatibility comes with a witness: a request that the profile allows and the document refuses, or an answer that the document promises
    and the profile does not allow.

    Exit codes: 0 compatible; 1 incompatible; 2 wrong usage, or no OpenAPI 3 document; 3 the URL cannot be read; 5 undecided, also where the document
    is not valid OpenAPI.
    """
    comparison = asyncio.run(
        api.acompare(
            document,
            profile,
            credential=parse_credential(auth) if auth else None,
            certificate_authority=ca,
            profile_paths=profile_path or (),
        )
    )
    if json:
        typer.echo(msgspec.json.format(msgspec.json.encode({**msgspec.to_builtins(comparison), "outcome": comparison.outcome})).decode())
    else:
        summary(comparison, Output(highlight=False, emoji=False), lang)
    sys.exit(EXIT_CODES[comparison.outcome])
