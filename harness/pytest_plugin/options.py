"""What the plugin is told: on the command line, in a test's marker, in pytest's ini file, in ``govai.toml``; the first of them counts."""

from __future__ import annotations

import datetime
import difflib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import pytest

from harness import formats
from harness.config import NAME, read_config
from harness.errors import UsageError
from harness.participant import AUTH_HELP
from harness.profile import CLASSES, ConformanceClass

_Value = TypeVar("_Value")
_Number = TypeVar("_Number", int, float)


class Option(NamedTuple):
    """An option: ``--govai-max-rps`` on the command line, ``govai_max_rps`` in the ini file, ``max_rps`` in a marker.

    ``table`` is what ``govai run`` calls it, by which :mod:`harness.config` gives the values of ``govai.toml``.
    """

    name: str
    metavar: str
    help: str
    repeatable: bool = False
    table: str = ""

    @property
    def key(self) -> str:
        """Its name in Python."""
        return self.name.replace("-", "_")

    @property
    def dest(self) -> str:
        """Its name in the ini file."""
        return f"govai_{self.key}"


OPTIONS = (
    Option("url", "URL", "base URL of the provider under test; empty: none"),
    Option("participant", "NAME", f"service of {NAME} in the root directory; options count before what stands there"),
    Option("profile", "NAME[/MAJOR]", "profile to test against (repeatable; default: assistant)", repeatable=True),
    Option("profile-path", "DIR", "folder with further profiles (repeatable)", repeatable=True),
    Option("class", "CLASS", f"class whose requirements may fail the session: {', '.join(CLASSES)}", table="conformance_class"),
    Option("name", "NAME", "how reports call the participant"),
    Option("country", "CODE", "country of the participant, e.g. pl or lt"),
    Option("adapter", "NAME", "declared adapter (repeatable)", repeatable=True),
    Option("auth", "AUTH", f"credential: {AUTH_HELP}"),
    Option("ca", "PEM", "certificate authorities to trust besides the system's"),
    Option("as-of", "DATE", "judge legal duties as they bind on this day (YYYY-MM-DD)"),
    Option("concurrency", "N", "requests under way at once (default: 8)"),
    Option("max-rps", "R", "most requests a second"),
    Option("budget", "N", "most requests in the run"),
    Option("timeout", "SECONDS", "most seconds one exchange may take (default: 60)"),
    Option("seed", "N", "what everything random follows from (default: 1)"),
    Option("explore", "DURATION", "explore beyond the vectors for so long, e.g. 90s, 2m, 1h (needs schemathesis)"),
    Option(
        "set", "NAME=VALUE", "bind a profile variable by hand, e.g. model=pllum-12b (repeatable)", repeatable=True, table="set_variable"
    ),
    Option("report", "FORMAT=PATH", f"write a report: {', '.join(formats.FORMATS)} (repeatable)", repeatable=True),
    Option("expected-failures", "FILE", "failures that are known and dated: they do not fail the session"),
)
_ALLOW_INCOMPLETE = "skip what could not be tested instead of failing"
_KNOWN = {**{option.key: option for option in OPTIONS}, "allow_incomplete": Option("allow-incomplete", "", _ALLOW_INCOMPLETE)}
_IN_A_MARKER = {"class": "class_"}


def add_options(parser: pytest.Parser) -> None:
    """Give every option to the command line and to the ini file."""
    group = parser.getgroup("govai", "conformance of a government AI service")
    for option in OPTIONS:
        action = "append" if option.repeatable else "store"
        kind: Literal["linelist", "string"] = "linelist" if option.repeatable else "string"
        group.addoption(f"--govai-{option.name}", dest=option.dest, action=action, metavar=option.metavar, help=option.help)
        parser.addini(option.dest, option.help, kind)
    group.addoption("--govai-allow-incomplete", action="store_true", default=None, help=_ALLOW_INCOMPLETE)
    parser.addini("govai_allow_incomplete", _ALLOW_INCOMPLETE, "bool", False)


class Settings:
    """The options of one test, or of the session. Raises :class:`UsageError` for a wrong one where it is read."""

    def __init__(self, config: pytest.Config, marker: pytest.Mark | None = None) -> None:
        self._config = config
        self._marked = _marked(marker) if marker else {}
        self.table: Mapping[str, Any] = {}
        """What ``govai run`` would be given for the participant of ``govai.toml``."""
        if participant := self.text("participant"):
            self.table = read_config(config.rootpath / NAME).chosen("services", participant)[0]

    @property
    def own_url(self) -> str | None:
        """The URL that the test's own marker gives."""
        return self._marked.get("url")

    def text(self, name: str, kind: Callable[[str], _Value] = str) -> _Value | None:  # type: ignore[assignment]
        """One value, None where it is not given. Raises :class:`UsageError` where ``kind`` cannot read it."""
        value, _ = self._given(name)
        try:
            return kind(str(value)) if value not in (None, "") else None
        except ValueError:
            raise UsageError(f"--govai-{_KNOWN[name].name} {value}: write it as {_example(name)}.") from None

    def texts(self, name: str) -> list[str]:
        """The values of an option that can be repeated."""
        return self._texts(name)[0]

    def pairs(self, name: str) -> list[tuple[str, str]]:
        """The values, each split at its first equals sign. Raises :class:`UsageError` where a side is missing."""
        split = [(text, text.partition("=")) for text in self.texts(name)]
        for text, (left, _, right) in split:
            if not left or not right:
                raise UsageError(f"--govai-{name} {text}: write it as {_example(name)}.")
        return [(left, right) for _, (left, _, right) in split]

    def path(self, name: str, text: str) -> Path:
        """A path among the values of an option: it starts where the file lies that it stands in."""
        return self._given(name)[1] / text

    @property
    def allow_incomplete(self) -> bool:
        """Whether what could not be tested is skipped."""
        return bool(self._given("allow_incomplete")[0])

    def _texts(self, name: str) -> tuple[list[str], Path]:
        value, folder = self._given(name)
        if isinstance(value, Mapping):
            value = [f"{key}={each if isinstance(each, str) else json.dumps(each)}" for key, each in value.items()]
        return [value] if isinstance(value, str) else [str(each) for each in value or ()], folder

    def _given(self, name: str) -> tuple[Any, Path]:
        """The value of whoever comes first, and the folder that its paths start from."""
        return next(((value, folder) for value, folder in self._all(_KNOWN[name]) if value is not None), (None, Path()))

    def _all(self, option: Option) -> Iterator[tuple[Any, Path]]:
        yield self._config.getoption(option.dest), Path()
        yield self._marked.get(option.key), self._config.rootpath
        yield self._config.getini(option.dest) or None, (self._config.inipath or self._config.rootpath).parent
        yield self.table.get(option.table or option.key), Path()


def _marked(marker: pytest.Mark) -> dict[str, Any]:
    """The options of ``@pytest.mark.govai("translation", country="pl")``: profiles first, the others by their names in Python."""
    names = {_IN_A_MARKER.get(key, key): key for key in _KNOWN if key != "profile"}
    for each in marker.kwargs:
        if each not in names:
            near = difflib.get_close_matches(each, names, 1)
            meant = f"Did you mean {near[0]}?" if near else f"It has: {', '.join(names)}."
            raise UsageError(f"@pytest.mark.govai has no {each}. {meant}")
    return {**{names[each]: value for each, value in marker.kwargs.items()}, **({"profile": list(marker.args)} if marker.args else {})}


def _example(name: str) -> str:
    kinds = {
        "as_of": "YYYY-MM-DD, e.g. 2027-12-02",
        "report": "FORMAT=PATH, e.g. html=report.html",
        "class": f"one of {', '.join(CLASSES)}",
        "seed": "a whole number",
    }
    return kinds.get(name, "a number greater than 0")


def a_class(text: str) -> ConformanceClass:
    """Reads the name of a class. Raises :class:`ValueError`."""
    if text not in CLASSES:
        raise ValueError(text)
    return text


def a_day(text: str) -> datetime.date:
    """Reads a day. Raises :class:`ValueError`."""
    return datetime.date.fromisoformat(text)


def above_zero(kind: Callable[[str], _Number]) -> Callable[[str], _Number]:
    """Reads a number that is greater than 0. Raises :class:`ValueError`."""

    def read(text: str) -> _Number:
        number = kind(text)
        if not 0 < number < float("inf"):
            raise ValueError(text)
        return number

    return read
