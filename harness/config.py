"""``govai.toml``: who is tested, against what, and what becomes of it, so that ``govai run`` alone does it (docs/reference/configuration.md).

A table of ``[[participants]]`` holds what the command line would be given; a flag on the command line counts before it. Paths start where the file
lies. Secrets never stand in it: ``auth`` names the environment variable or the file that holds one.
"""

from __future__ import annotations

import difflib
import json
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from harness.errors import UsageError
from harness.profile import ConformanceClass, Language
from harness.schemas import schema_of

SideOf = Literal["services", "clients"]
NAME = "govai.toml"
PUBLISHED_SCHEMA = Path(__file__).with_name("govai.schema.json")
"""Written anew with ``python -m harness.config > harness/govai.schema.json``."""


def _says(text: str, **others: Any) -> Any:
    return msgspec.Meta(description=text, **others)


_Words = Annotated[str, msgspec.Meta(pattern=r"\S")]
_Command = Annotated[list[str], msgspec.Meta(min_length=1)]
_Country = Annotated[str, msgspec.Meta(pattern="^[A-Za-z]{2}$")]
_Count = Annotated[int, msgspec.Meta(gt=0)]
_Number = Annotated[float, msgspec.Meta(gt=0)]


class LimitsTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab", omit_defaults=True):
    """How much is asked of a service, and how fast."""

    concurrency: Annotated[_Count | None, _says("Requests under way at once.")] = None
    max_rps: Annotated[_Number | None, _says("Most requests a second.")] = None
    budget: Annotated[_Count | None, _says("Most requests in a run.")] = None


class ParticipantTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab", omit_defaults=True, kw_only=True):
    """A service (``url``) or a client (``command``)."""

    name: Annotated[_Words, _says("How reports call it.")]
    profiles: Annotated[list[str], _says("Profiles it is held against, e.g. translation.", min_length=1)]
    country: Annotated[_Country | None, _says("ISO 3166-1 alpha-2 code, e.g. pl or lt.")] = None
    url: Annotated[str | None, _says("Base URL of the service.")] = None
    command: Annotated[_Command | None, _says("What starts the client; {url} and {token} are filled in.")] = None
    start: Annotated[_Command | None, _says("What starts the service before it is tested; it is stopped afterwards.")] = None
    auth: Annotated[str | None, _says("Where the credential is, e.g. bearer:env:TOKEN or api-key:X-Key:file:PATH; never itself.")] = None
    ca: Annotated[str | None, _says("PEM file of certificate authorities to trust besides the system's.")] = None
    adapters: Annotated[list[str], _says("Declared adapters.")] = []
    class_: Annotated[ConformanceClass | None, _says("Class that decides the exit code.")] = msgspec.field(default=None, name="class")
    timeout: Annotated[_Number | None, _says("Most seconds that one exchange, or a client's command, may take.")] = None
    seed: Annotated[int | None, _says("What everything random follows from.")] = None
    limits: LimitsTable = LimitsTable()
    variables: Annotated[dict[str, Any], _says("Values of profile variables that the service does not declare, e.g. model.")] = {}
    explore: Annotated[str | None, _says("Explore beyond the vectors for so long, e.g. 60s.")] = None
    callback_url: Annotated[str | None, _says("URL of this machine that the service can call back.")] = None
    served_from: Annotated[str | None, _says("Country whose reference service answers the client: pl or lt.")] = None
    evidence: Annotated[str | None, _says("Folder in which every exchange is recorded.")] = None
    reports: Annotated[dict[str, str], _says("Format and path of each report, e.g. html = 'report.html'.")] = {}
    sign: Annotated[str | None, _says("Key that signs JSON reports: env:VARIABLE or file:PATH.")] = None
    expected_failures: Annotated[str | None, _says("File of failures that are known and dated.")] = None
    allow_incomplete: Annotated[bool | None, _says("End with 0 where nothing failed but a MUST was not tested.")] = None

    @property
    def is_service(self) -> bool:
        """Whether it is tested as a provider."""
        return self.url is not None


_AS_THEY_ARE = ("name", "url", "command", "start", "timeout", "seed", "explore", "callback_url", "served_from")
_OF_SERVICES = ("start", "auth", "ca", "adapters", "seed", "limits", "variables", "explore", "callback_url")
_OF_CLIENTS = ("served_from",)


class ConfigTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab", omit_defaults=True, kw_only=True):
    """All of ``govai.toml``."""

    participants: Annotated[list[ParticipantTable], _says("Who is tested.", min_length=1)]
    lang: Annotated[Language, _says("Language of summaries and reports.")] = "en"
    profile_path: Annotated[list[str], _says("Folders with further profiles.")] = []


def read_config(path: Path) -> Config:
    """What a ``govai.toml`` says, checked as far as it can be before anything is sent.

    Raises:
        UsageError: it cannot be read, is no TOML, has an unknown key, two participants of one name, or a secret in it.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"There is no {path}. Write one with govai init, or give a URL: govai run URL --profile NAME.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is no TOML: {error}.") from None
    try:
        table = msgspec.convert(content, ConfigTable)
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: {_wrong(error, content)}") from None
    names = [each.name for each in table.participants]
    for name in sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"{path}: two participants are called {name}. Reports tell them by name: give each its own.")
    for each in table.participants:
        _check(each, f"{path}: participant {each.name}")
    return Config(path, table)


class Config:
    """A ``govai.toml``."""

    def __init__(self, path: Path, table: ConfigTable) -> None:
        self._path, self._folder, self._table = path, path.parent, table

    def all(self, side: SideOf) -> list[dict[str, Any]]:
        """The parameters of ``govai run`` for each service, or of ``govai consumer`` for each client."""
        return [self._parameters(each) for each in self._table.participants if each.is_service == (side == "services")]

    def chosen(self, side: SideOf, name: str | None = None) -> list[dict[str, Any]]:
        """Those of one side, or the one of this name. Raises :class:`UsageError` where there is none."""
        there = self.all(side)
        chosen = [each for each in there if name in (None, each["name"])]
        if not chosen:
            kind = {"services": "service (a participant with url)", "clients": "client (a participant with command)"}[side]
            names = f" called {name}. There are: {', '.join(each['name'] for each in there) or 'none'}" if name else ""
            raise UsageError(f"{self._path} has no {kind}{names}.")
        return chosen

    def _parameters(self, table: ParticipantTable) -> dict[str, Any]:
        """What the command line would be given, by the names of its parameters."""
        given = {
            **{name: getattr(table, name) for name in _AS_THEY_ARE},
            **msgspec.structs.asdict(table.limits),
            "country": table.country and table.country.lower(),
            "profile": table.profiles,
            "adapter": table.adapters,
            "conformance_class": table.class_,
            "allow_incomplete": table.allow_incomplete,
            "auth": table.auth and self._auth(table.auth),
            "sign": table.sign and self._auth(table.sign),
            "set_variable": [f"{name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in table.variables.items()],
            "report": [f"{format}={self._folder / path}" for format, path in table.reports.items()],
            **{name: self._folder / path for name in ("ca", "evidence", "expected_failures") if (path := getattr(table, name))},
            "profile_path": [self._folder / path for path in self._table.profile_path],
            "lang": self._table.lang,
        }
        return {name: value for name, value in given.items() if value not in (None, [])}

    def _auth(self, text: str) -> str:
        """The place of a credential, its files found from where this file lies."""
        if text.startswith("mtls:"):
            return "mtls:" + ":".join(str(self._folder / path) for path in text.split(":")[1:])
        return re.sub(r"(?<![^:])file:([^:]+)", lambda match: f"file:{self._folder / match[1]}", text)


def _wrong(error: msgspec.ValidationError, content: Mapping[str, Any]) -> str:
    """What is wrong, with whom, and what was meant. Values are not repeated: one may be a secret."""
    text, _, place = str(error).partition(" - at ")
    number = re.search(r"participants\[(\d+)\]", place)
    who = f"participant {_label(content, int(number[1]))}: " if number else ""
    unknown = re.fullmatch("Object contains unknown field `(.*)`", text)
    if unknown is None:
        return f"{who}{text} at {place.strip('`').rpartition('.')[2]}." if place else f"{who}{text}."
    kind = LimitsTable if place.endswith(".limits`") else ParticipantTable if number else ConfigTable
    return f"{who}there is no key {unknown[1]}. {_meant(unknown[1], [field.encode_name for field in msgspec.structs.fields(kind)])}"


def _label(content: Mapping[str, Any], number: int) -> str:
    entry = content["participants"][number]
    return str(entry.get("name", number + 1)) if isinstance(entry, dict) else str(number + 1)


def _meant(key: str, known: list[str]) -> str:
    if re.search("token|secret|password|key|credential", key.lower()):
        return "A secret does not belong here: say where it is, e.g. auth = 'bearer:env:TOKEN'."
    near = difflib.get_close_matches(key.lower().replace("_", "-"), known, 1)
    return f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}."


def _check(table: ParticipantTable, who: str) -> None:
    """Refuse what cannot be, with the participant's name in the sentence."""
    if (table.url is None) == (table.command is None):
        raise UsageError(f"{who}: give url for a service or command for a client, one of the two.")
    foreign = _OF_CLIENTS if table.is_service else _OF_SERVICES
    for name in foreign:
        if getattr(table, name) not in (None, {}, [], LimitsTable()):
            raise UsageError(f"{who}: {name.replace('_', '-')} is for {'clients' if table.is_service else 'services'}.")


def config_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of ``govai.toml``, for editors."""
    schema = schema_of(ConfigTable, "govai.toml")
    schema["$defs"]["ParticipantTable"]["oneOf"] = [{"required": ["url"]}, {"required": ["command"]}]
    return schema


def current_schema() -> bytes:
    """What :data:`PUBLISHED_SCHEMA` has to hold."""
    return json.dumps(config_schema(), indent=2).encode() + b"\n"


if __name__ == "__main__":
    sys.stdout.buffer.write(current_schema())
