"""``govai mock``: start a reference service."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.participant import parse_credential
from harness.serve.listening import serve
from harness.serve.mock import reference_app


def mock(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Profile whose reference service to start, e.g. assistant.")],
    country: Annotated[str, typer.Option(metavar="CODE", help="Which country's reference: pl or lt.")] = "pl",
    port: Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
    mutant: Annotated[str | None, typer.Option(metavar="ID", help="Give it this fault (see govai mutants).")] = None,
    auth: Annotated[str | None, typer.Option(metavar="AUTH", help="Bearer token to ask callers for: bearer:env:VARIABLE.")] = None,
) -> None:
    """Start a reference service on this machine, print its base URL, and serve until interrupted."""
    token = parse_credential(auth).secret if auth else None
    app = reference_app(name, country.lower(), mutant=mutant, token=token)
    serve(app, port, lambda url: typer.echo(url))
