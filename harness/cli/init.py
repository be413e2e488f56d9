"""``govai init``: ``govai.toml``, and what runs it in an agency's CI."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli.options import AUTH, CA, PROFILE_PATH, country_option
from harness.config import NAME, read_config
from harness.errors import UsageError
from harness.init.offered import Offered, offered
from harness.init.writing import TARGETS, add_participant, service_table, write_files
from harness.participant import Credential, check_url, parse_credential
from harness.serve.processes import listens, started


def init(
    targets: Annotated[
        list[str] | None, typer.Argument(metavar="[github|gitlab|tox|pytest]...", help="Whose files to write besides govai.toml.")
    ] = None,
    url: Annotated[str | None, typer.Option(metavar="URL", help="Base URL of the service; it is asked what it offers.")] = None,
    command: Annotated[str | None, typer.Option(metavar="COMMAND", help="In place of --url: what starts a client.")] = None,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="How reports call it; default: what its service card says, or its host.")
    ] = None,
    country: Annotated[str | None, country_option("Its country, e.g. pl or lt; default: what its service card says.")] = None,
    profile: Annotated[
        list[str] | None,
        typer.Option("--profile", metavar="NAME", help="Profile it is held against (repeatable); default: what it offers."),
    ] = None,
    start: Annotated[str | None, typer.Option(metavar="COMMAND", help="What starts the service before it is asked and tested.")] = None,
    auth: AUTH = None,
    ca: CA = None,
    profile_path: PROFILE_PATH = None,
) -> None:
    """Write govai.toml by asking a service what it offers, and the files that run it in CI. Files that are there are left as they are.

    Exit codes: 0 written, or left as they are; 2 wrong usage; 3 the service cannot be reached.
    """
    for each in targets or []:
        if each not in TARGETS:
            raise UsageError(f"There are no files for {each}. Choose among {', '.join(TARGETS)}.")
    if url and command:
        raise UsageError("Give --url for a service or --command for a client, one of the two.")
    config = Path(NAME)
    own: dict[str, Any] = {"name": name, "country": country, "profiles": profile}
    if url:
        url, begin = check_url(url), shlex.split(start or "")
        asked = asyncio.run(_asked(url, begin, parse_credential(auth) if auth else None, ca, profile_path or ()))
        own, told = service_table(asked, {**own, "url": url, "start": begin, "auth": auth, "ca": str(ca) if ca else None})
        _say(told)
    elif command:
        own["command"] = shlex.split(command)
        own["name"] = name or Path(own["command"][0]).name
        if not profile:
            raise UsageError("Say whose client it is: --profile NAME. govai profiles lists them.")
    elif not config.exists():
        raise UsageError(f"There is no {NAME} yet. Give --url URL, the base URL of a service that runs, or --command COMMAND for a client.")
    if url or command:
        _say(add_participant(config, own, [str(each) for each in profile_path or []]))
    for each in targets or []:
        _say(write_files(each, config))
    read_config(config)


def _say(lines: Sequence[str]) -> None:
    for line in lines:
        typer.echo(line)


async def _asked(url: str, start: list[str], credential: Credential | None, ca: Path | None, paths: Sequence[Path]) -> Offered:
    """What the service says of itself: the one that runs, else the one that is started to be asked."""
    async with started([] if await listens(url) else start, url, asyncio.Event()):
        return await offered(url, credential=credential, certificate_authority=ca, profile_paths=paths)
