"""Options that several commands have, each said and checked once."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from harness import formats
from harness.errors import UsageError
from harness.pace import parse_duration
from harness.participant import AUTH_HELP
from harness.profile import CLASSES, LANGUAGES


def one_of(*allowed: str) -> Callable[[typer.CallbackParam, str | None], str | None]:
    """A check that an option's value is one of those allowed. It raises :class:`UsageError`."""

    def check(param: typer.CallbackParam, value: str | None) -> str | None:
        if value is not None and value not in allowed:
            raise UsageError(f"{param.opts[0]} {value}: choose one of {', '.join(allowed)}.")
        return value

    return check


def above_zero(param: typer.CallbackParam, value: float | None) -> float | None:
    """A check that an option's number is greater than 0. It raises :class:`UsageError`."""
    if value is not None and value <= 0:
        raise UsageError(f"{param.opts[0]} must be greater than 0.")
    return value


def _small(value: str | None) -> str | None:
    return value.lower() if value else None


def country_option(help: str) -> Any:
    """An option for a country, given by its code."""
    return typer.Option(metavar="CODE", help=help, callback=_small)


def _class_option(help: str) -> Any:
    return typer.Option("--class", metavar="CLASS", help=help, callback=one_of(*CLASSES))


JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]
LANG = Annotated[str, typer.Option(metavar="LANG", help="Language: en, pl or lt.", callback=one_of(*LANGUAGES))]
REPORT_LANG = Annotated[
    str,
    typer.Option(
        metavar="LANG",
        help="Language of the summary and of reports: en, pl or lt.",
        callback=one_of(*LANGUAGES),
    ),
]
PROFILE_PATH = Annotated[
    list[Path] | None, typer.Option("--profile-path", metavar="DIR", help="Folder with further profiles (repeatable).")
]
JUDGED_BY = Annotated[list[str], typer.Option("--profile", metavar="NAME[/MAJOR]", help="Profile to judge by (repeatable).")]
DECIDING_CLASS = Annotated[str, _class_option("Class that decides the exit code: base, government, high-risk.")]
CLAIMED_CLASS = Annotated[str | None, _class_option("Class that decides the exit code: base, government, high-risk.")]
HOLDING_CLASS = Annotated[str, _class_option("Class whose requirements have to hold: base, government, high-risk.")]
AS_OF = Annotated[str | None, typer.Option(metavar="DATE", help="Judge legal duties as they bind on this day (YYYY-MM-DD).")]
ADAPTER = Annotated[list[str] | None, typer.Option("--adapter", metavar="NAME", help="Declared adapter (repeatable).")]
AUTH = Annotated[str | None, typer.Option(metavar="AUTH", help=f"Credential: {AUTH_HELP}.")]
CA = Annotated[Path | None, typer.Option(metavar="PEM", help="Certificate authorities to trust besides the system's.")]
EVIDENCE = Annotated[Path | None, typer.Option(metavar="DIR", help="Record every exchange in this folder, as it happens.")]
TIMEOUT = Annotated[
    float,
    typer.Option(
        metavar="SECONDS",
        help="Most seconds one exchange may take.",
        callback=above_zero,
    ),
]
PORT = Annotated[int, typer.Option(min=0, max=65535, metavar="N", help="Port on 127.0.0.1; 0 takes a free one.")]
ALLOW_INCOMPLETE = Annotated[bool, typer.Option("--allow-incomplete", help="End with 0 where nothing failed but a MUST was not tested.")]
SIGN = Annotated[
    str | None,
    typer.Option(
        metavar="KEY",
        help="Sign JSON reports with this key: env:VARIABLE or file:PATH (PEM or JWK, Ed25519 or ES256).",
    ),
]
BASE_URL = Annotated[
    str, typer.Option(metavar="URL", help="Base URL of the service in a HAR file; default: where the profile's operations were asked for.")
]
REPORT = Annotated[
    list[str] | None, typer.Option("--report", metavar="FORMAT=PATH", help=f"Write a report: {', '.join(formats.FORMATS)} (repeatable).")
]
REPORTS = Annotated[
    list[str] | None,
    typer.Option(
        "--report",
        metavar="FORMAT=PATH",
        help=f"Write reports: {', '.join(formats.FORMATS)} (repeatable); -provider and -consumer are added to the file's name where both are judged.",
    ),
]


def parse_day(text: str | None, option: str = "--as-of") -> datetime.date | None:
    """The day that an option names. Raises :class:`UsageError` where it is none."""
    try:
        return datetime.date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"{option} {text}: write a date as YYYY-MM-DD, e.g. 2027-12-02.") from None


def bounds(until: str | None) -> tuple[int | None, float | None]:
    """The requests or the seconds of ``--until``. Raises :class:`UsageError` where it is neither."""
    if until is None:
        return None, None
    return (int(until), None) if re.fullmatch(r"[1-9][0-9]{0,8}", until) else (None, parse_duration(until, "--until"))
