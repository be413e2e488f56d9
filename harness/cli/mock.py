"""``govai mock``: start a reference service."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.options import PORT, country_option
from harness.participant import parse_credential
from harness.serve.listening import serve
from harness.serve.mock import reference_app


def mock(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Profile whose reference service to start, e.g. assistant.")],
    country: Annotated[str, country_option("Which country's reference: pl or lt.")] = "pl",
    port: PORT = 0,
    mutant: Annotated[str | None, typer.Option(metavar="ID", help="Give it this fault (see govai mutants).")] = None,
    auth: Annotated[str | None, typer.Option(metavar="AUTH", help="Bearer token to ask callers for: bearer:env:VARIABLE.")] = None,
) -> None:
    """Start a reference service on this machine, print its base URL, and serve until interrupted."""
    token = parse_credential(auth).secret if auth else None
    app = reference_app(name, country, mutant=mutant, token=token)
    serve(app, port, lambda url: typer.echo(url))
