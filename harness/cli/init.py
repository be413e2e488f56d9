"""``govai init``: ``govai.toml``, and what runs it in an agency's CI."""

from __future__ import annotations

import asyncio
import re
import shlex
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import tomlkit
import typer
from jinja2 import Environment, PackageLoader, StrictUndefined

from harness import formats
from harness.cli.options import AUTH, CA, PROFILE_PATH, country_option
from harness.config import NAME, current_schema, read_config
from harness.errors import UsageError
from harness.offered import Offered, offered
from harness.participant import Credential, check_url, parse_credential
from harness.serve.processes import listens, started
from harness.version import VERSION

TARGETS = {
    "github": {".github/actions/govai/action.yml": "action.yml", ".github/workflows/govai.yml": "workflow.yml"},
    "gitlab": {".gitlab/govai.yml": "gitlab-component.yml", ".gitlab-ci.yml": "gitlab-ci.yml"},
    "tox": {"tox.ini": "tox.ini"},
    "pytest": {"tests/test_conformance.py": "conformance_test.py.j2"},
}
"""For each, the files that are written and what they are made from."""
_SCHEMA = "govai.schema.json"
_HEAD = f"#:schema ./{_SCHEMA}\n# Who is tested, and against what. What the command line says counts before it.\n"


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
    config = Path(NAME)
    if url or command:
        if url and command:
            raise UsageError("Give --url for a service or --command for a client, one of the two.")
        table: dict[str, Any] = {"name": name, "country": country, "profiles": profile}
        if url:
            url = check_url(url)
            begin = shlex.split(start or "")
            asked = asyncio.run(_asked(url, begin, parse_credential(auth) if auth else None, ca, profile_path or ()))
            table |= _service(url, asked, name, country, profile, begin, auth, ca)
        else:
            table["command"] = shlex.split(command or "")
            table["name"] = name or Path(table["command"][0]).name
            if not profile:
                raise UsageError("Say whose client it is: --profile NAME. govai profiles lists them.")
        _add(config, table, [str(each) for each in profile_path or []])
    elif not config.exists():
        raise UsageError(f"There is no {NAME} yet. Give --url URL, the base URL of a service that runs, or --command COMMAND for a client.")
    read_config(config)
    for each in targets or []:
        _write(each, config)


async def _asked(url: str, start: list[str], credential: Credential | None, ca: Path | None, paths: Sequence[Path]) -> Offered:
    """What the service says of itself: the one that runs, else the one that is started to be asked."""
    async with started([] if await listens(url) else start, url, asyncio.Event()):
        return await offered(url, credential=credential, certificate_authority=ca, profile_paths=paths)


def _service(
    url: str,
    asked: Offered,
    name: str | None,
    country: str | None,
    profiles: list[str] | None,
    start: list[str],
    auth: str | None,
    ca: Path | None,
) -> dict[str, Any]:
    """The table of a service. Raises :class:`UsageError` where nobody says what it is."""
    if not (profiles or asked.profiles):
        why = "refuses the credential" if auth else "asks for a credential (--auth)"
        why = why if asked.asks_for_a_credential else "does not say what it is, and answers no operation of a profile"
        raise UsageError(f"{url} {why}. Say --profile NAME; govai profiles lists them.")
    if asked.seen:
        typer.echo(f"{url} offers {', '.join(asked.profiles)}, by {asked.seen[0]}.")
    if asked.asks_for_a_credential and not auth:
        auth = "bearer:env:GOVAI_TOKEN"
        typer.echo(f"It asks for a credential: set GOVAI_TOKEN, or change auth in {NAME}.")
    if not start and urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1"):
        typer.echo("It is on this machine: for CI to start it as well, put what starts it into start, e.g. --start 'uvicorn service:app'.")
    return {
        "name": name or asked.name or urlsplit(url).hostname or url,
        "country": country or asked.country,
        "url": url,
        "start": start,
        "profiles": profiles or asked.profiles,
        "auth": auth,
        "ca": str(ca) if ca else None,
    }


def _add(config: Path, table: dict[str, Any], profile_path: list[str]) -> None:
    """Add a participant, in a new file or behind those that are there. Raises :class:`UsageError` for one that is there already."""
    if config.exists():
        read_config(config)
        document = tomlkit.parse(config.read_text(encoding="utf-8"))
        if any(each["name"] == table["name"] for each in document["participants"]):
            raise UsageError(f"{config} has a participant called {table['name']} already. Give another --name, or change it there.")
    else:
        document = tomlkit.parse(_HEAD)
        if profile_path:
            document["profile-path"] = profile_path
        _put(config.with_name(_SCHEMA), current_schema())
    added = tomlkit.table()
    added.update({key: value for key, value in table.items() if value})
    reports = tomlkit.inline_table()
    reports.update({format: f"govai-reports/{_plain(table['name'])}.{format}" for format in ("html", "json")})
    added["reports"] = reports
    document.setdefault("participants", tomlkit.aot()).append(added)
    formats.replace(config, tomlkit.dumps(document).encode())
    typer.echo(f"{config}: {table['name']}")


def _write(target: str, config: Path) -> None:
    """Write the files of a target, but for those that are there: of these it is said what belongs into them."""
    tables = [("run", each) for each in read_config(config).all("services")] + [
        ("consumer", each) for each in read_config(config).all("clients")
    ]
    sources = [each.get(key, "") for _, each in tables for key in ("auth", "sign")]
    values = {
        "version": VERSION,
        "participants": [{"command": command, "name": each["name"]} for command, each in tables],
        "services": [each for command, each in tables if command == "run"],
        "clients": [each for command, each in tables if command == "consumer"],
        "secrets": sorted({name for source in sources for name in re.findall(r"env:(\w+)", source)}),
    }
    for path, template in TARGETS[target].items():
        content = _environment().get_template(template).render(values).encode()
        _put(Path(path), content)


def _put(path: Path, content: bytes) -> None:
    if not path.exists():
        formats.replace(path, content)
        typer.echo(f"{path}: written")
    elif path.read_bytes() == content:
        typer.echo(f"{path}: is as it would be written")
    else:
        typer.echo(f"{path}: is there already and was left as it is. What would be written:")
        typer.echo(content.decode())


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.lower().replace("ł", "l"))
    return "-".join(re.findall("[a-z0-9]+", letters.encode("ascii", "ignore").decode())) or "report"


@cache
def _environment() -> Environment:
    """Templates in which ``${{ }}`` and ``$[[ ]]`` mean what they mean to GitHub and GitLab."""
    made = Environment(
        loader=PackageLoader("harness.cli"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 (YAML and INI; names are written as JSON)
        keep_trailing_newline=True,
        trim_blocks=True,
        variable_start_string="<<",
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
    )
    made.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    return made
