"""What ``govai init`` writes: a participant into ``govai.toml``, and the files that run it in an agency's CI, made of ``templates/``.

What is there is never overwritten: it is said what would be written. Everything returns what it did, for people, line by line.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import tomlkit
from jinja2 import Environment, PackageLoader, StrictUndefined

from harness import formats
from harness.config import NAME, current_schema, read_config
from harness.errors import UsageError
from harness.init.offered import Offered
from harness.matrix.addresses import in_plain_letters
from harness.version import VERSION

TARGETS = {
    "github": {".github/actions/govai/action.yml": "action.yml.j2", ".github/workflows/govai.yml": "workflow.yml.j2"},
    "gitlab": {".gitlab/govai.yml": "gitlab-component.yml.j2", ".gitlab-ci.yml": "gitlab-ci.yml.j2"},
    "tox": {"tox.ini": "tox.ini.j2"},
    "pytest": {"tests/test_conformance.py": "conformance_test.py.j2"},
}
"""For each, the files that are written and what they are made from."""
_SCHEMA = "govai.schema.json"
_HEAD = f"#:schema ./{_SCHEMA}\n# Who is tested, and against what. What the command line says counts before it.\n"


def service_table(asked: Offered, given: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The table of a service in ``govai.toml``: what was given, else what it says of itself; and what else a person should know.

    Raises:
        UsageError: nobody says what it is.
    """
    url, profiles, auth = given["url"], given["profiles"] or asked.profiles, given["auth"]
    if not profiles:
        why = "refuses the credential" if auth else "asks for a credential (--auth)"
        why = why if asked.asks_for_a_credential else "does not say what it is, and answers no operation of a profile"
        raise UsageError(f"{url} {why}. Say --profile NAME; govai profiles lists them.")
    told = [f"{url} offers {', '.join(asked.profiles)}, by {asked.seen[0]}."] if asked.seen else []
    if asked.asks_for_a_credential and not auth:
        auth = "bearer:env:GOVAI_TOKEN"
        told.append(f"It asks for a credential: set GOVAI_TOKEN, or change auth in {NAME}.")
    if not given["start"] and urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1"):
        told.append("It is on this machine: for CI to start it as well, put what starts it into start, e.g. --start 'uvicorn service:app'.")
    name = given["name"] or asked.name or urlsplit(url).hostname or url
    return {**given, "name": name, "country": given["country"] or asked.country, "profiles": profiles, "auth": auth}, told


def add_participant(config: Path, table: dict[str, Any], profile_path: list[str]) -> list[str]:
    """Add a participant, in a new file or behind those that are there. Raises :class:`UsageError` for one that is there already."""
    told = []
    if config.exists():
        read_config(config)
        document = tomlkit.parse(config.read_text(encoding="utf-8"))
        if any(each["name"] == table["name"] for each in document["participants"]):
            raise UsageError(f"{config} has a participant called {table['name']} already. Give another --name, or change it there.")
    else:
        document = tomlkit.parse(_HEAD)
        if profile_path:
            document["profile-path"] = profile_path
        told = _put(config.with_name(_SCHEMA), current_schema())
    added = tomlkit.table()
    added.update({key: value for key, value in table.items() if value})
    reports = tomlkit.inline_table()
    file = in_plain_letters(table["name"]).replace(".", "-") or "report"
    reports.update({format: f"govai-reports/{file}.{format}" for format in ("html", "json")})
    added["reports"] = reports
    document.setdefault("participants", tomlkit.aot()).append(added)
    formats.replace(config, tomlkit.dumps(document).encode())
    read_config(config)
    return [*told, f"{config}: {table['name']}"]


def write_files(target: str, config: Path) -> list[str]:
    """Write the files of one of :data:`TARGETS` for the participants of ``govai.toml``. Raises :class:`UsageError` where that is broken."""
    read = read_config(config)
    services, clients = read.all("services"), read.all("clients")
    sources = [each.get(key, "") for each in (*services, *clients) for key in ("auth", "sign")]
    values = {
        "version": VERSION,
        "participants": [
            {"command": command, "name": each["name"]} for command, own in (("run", services), ("consumer", clients)) for each in own
        ],
        "services": services,
        "clients": clients,
        "secrets": sorted({name for source in sources for name in re.findall(r"env:(\w+)", source)}),
    }
    made = {path: _environment().get_template(template).render(values).encode() for path, template in TARGETS[target].items()}
    return [line for path, content in made.items() for line in _put(Path(path), content)]


def _put(path: Path, content: bytes) -> list[str]:
    if not path.exists():
        formats.replace(path, content)
        return [f"{path}: written"]
    if path.read_bytes() == content:
        return [f"{path}: is as it would be written"]
    return [f"{path}: is there already and was left as it is. What would be written:", content.decode()]


@cache
def _environment() -> Environment:
    """Templates in which ``${{ }}`` and ``$[[ ]]`` mean what they mean to GitHub and GitLab."""
    made = Environment(
        loader=PackageLoader("harness.init"),
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
