"""``pytest --govai-url URL --govai-profile assistant``: one test item for each requirement, by the same engine, with the same verdicts.

The provider is run once, when the first item is reached; under pytest-xdist by the controller before the workers begin, which are handed the report.
Every option can stand in pytest's ini file as well (``govai_url = ...``), and the command line comes first.

| verdict | item |
| --- | --- |
| passed, passed-with-adapter | passed |
| failed, not-tested or needs-review, where the outcome hangs on it; harness-error | failed |
| failed where it does not, warning | expected failure, with the finding |
| not-applicable, and what is left of the others | skipped, with the cause |
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import signal
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import pytest

from harness import api, catalogue, formats
from harness.adapters import find_adapter
from harness.binding import bound_by_hand
from harness.errors import GovaiError, UsageError
from harness.explore import duration
from harness.formats.answer import answer
from harness.formats.inert import one_line
from harness.formats.junit import details
from harness.formats.wording import Words
from harness.participant import AUTH_HELP, Limits, check_url, parse_credential
from harness.profile import CLASSES, ConformanceClass, Profile, Requirement
from harness.report import Report, Verdict, decode_report, encode_report

_Value = TypeVar("_Value")
_Number = TypeVar("_Number", int, float)


class _Option(NamedTuple):
    """An option of the command line and of the ini file: ``--govai-max-rps`` and ``govai_max_rps``."""

    name: str
    metavar: str
    help: str
    repeatable: bool = False

    @property
    def dest(self) -> str:
        return f"govai_{self.name.replace('-', '_')}"


_OPTIONS = (
    _Option("url", "URL", "base URL of the provider under test; empty: none"),
    _Option("profile", "NAME[/MAJOR]", "profile to test against (repeatable; default: assistant)", repeatable=True),
    _Option("profile-path", "DIR", "folder with further profiles (repeatable)", repeatable=True),
    _Option("class", "CLASS", f"class whose requirements may fail the session: {', '.join(CLASSES)}"),
    _Option("name", "NAME", "how reports call the participant"),
    _Option("country", "CODE", "country of the participant, e.g. pl or lt"),
    _Option("adapter", "NAME", "declared adapter (repeatable)", repeatable=True),
    _Option("auth", "AUTH", f"credential: {AUTH_HELP}"),
    _Option("ca", "PEM", "certificate authorities to trust besides the system's"),
    _Option("as-of", "DATE", "judge legal duties as they bind on this day (YYYY-MM-DD)"),
    _Option("concurrency", "N", "requests under way at once (default: 8)"),
    _Option("max-rps", "R", "most requests a second"),
    _Option("budget", "N", "most requests in the run"),
    _Option("timeout", "SECONDS", "most seconds one exchange may take (default: 60)"),
    _Option("seed", "N", "what everything random follows from (default: 1)"),
    _Option("explore", "DURATION", "explore beyond the vectors for so long, e.g. 90s, 2m, 1h (needs schemathesis)"),
    _Option("set", "NAME=VALUE", "bind a profile variable by hand, e.g. model=pllum-12b (repeatable)", repeatable=True),
    _Option("report", "FORMAT=PATH", f"write a report: {', '.join(formats.FORMATS)} (repeatable)", repeatable=True),
)
_ALLOW_INCOMPLETE = "skip what could not be tested instead of failing"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the plugin; without a URL it does nothing."""
    group = parser.getgroup("govai", "conformance of a government AI service")
    for option in _OPTIONS:
        action = "append" if option.repeatable else "store"
        kind: Literal["linelist", "string"] = "linelist" if option.repeatable else "string"
        group.addoption(f"--govai-{option.name}", dest=option.dest, action=action, metavar=option.metavar, help=option.help)
        parser.addini(option.dest, option.help, kind)
    group.addoption("--govai-allow-incomplete", action="store_true", default=None, help=_ALLOW_INCOMPLETE)
    parser.addini("govai_allow_incomplete", _ALLOW_INCOMPLETE, "bool", False)


def pytest_configure(config: pytest.Config) -> None:
    """Read the options, so that a wrong one is said before anything else is done."""
    config.addinivalue_line("markers", "govai: a requirement of a govai profile")
    settings = _Settings(config)
    if settings.text("url"):
        try:
            config.stash[_RUN] = _Run(config, settings)
        except GovaiError as error:
            raise pytest.UsageError(f"govai: {error}") from None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add one item for each requirement that binds a provider, before ``-k`` and ``-m`` choose among them."""
    run = config.stash.get(_RUN, None)
    for profile in run.profiles if run else ():
        collector = Requirements.from_parent(session, name=profile.key, nodeid=f"govai/{profile.key}", profile=profile)
        collected = session.ihook.pytest_make_collect_report(collector=collector)
        session.ihook.pytest_collectreport(report=collected)
        items.extend(collected.result)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give a worker of pytest-xdist the report, so that the service is tested once and not by each of them."""
    run = node.config.stash.get(_RUN, None)
    if run is not None:
        node.workerinput["govai_report"] = encode_report(run.report()).decode()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the reports that were asked for. One that cannot be written keeps the session from ending well."""
    run = session.config.stash.get(_RUN, None)
    if run is not None and not hasattr(session.config, "workerinput") and not run.write() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.USAGE_ERROR


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What came out of the run, in a sentence or two, and where the reports are."""
    run = config.stash.get(_RUN, None)
    if run is not None and run.said():
        terminalreporter.write_sep("=", "govai")
        for line in run.said():
            terminalreporter.write_line(line)


class _Settings:
    """The options as the command line has them, else as the ini file has them. Relative paths in that file start where it lies."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def text(self, name: str, kind: Callable[[str], _Value] = str) -> _Value | None:  # type: ignore[assignment]
        """One value, None where it is not given. Raises :class:`UsageError` where ``kind`` cannot read it."""
        given = self._config.getoption(f"govai_{name}")
        value = self._config.getini(f"govai_{name}") if given is None else given
        try:
            return kind(value) if value else None
        except ValueError:
            raise UsageError(f"--govai-{name.replace('_', '-')} {value}: write it as {_example(name)}.") from None

    def texts(self, name: str) -> list[str]:
        """The values of an option that can be repeated."""
        return list(self._config.getoption(f"govai_{name}") or self._config.getini(f"govai_{name}"))

    def pairs(self, name: str) -> list[tuple[str, str]]:
        """The values, each split at its first equals sign. Raises :class:`UsageError` where a side is missing."""
        split = [(text, text.partition("=")) for text in self.texts(name)]
        for text, (left, _, right) in split:
            if not left or not right:
                raise UsageError(f"--govai-{name} {text}: write it as {_example(name)}.")
        return [(left, right) for _, (left, _, right) in split]

    def path(self, name: str, text: str) -> Path:
        """A path among the values of an option."""
        file = None if self._config.getoption(f"govai_{name}") else self._config.inipath
        return file.parent / text if file else Path(text)

    @property
    def allow_incomplete(self) -> bool:
        """Whether what could not be tested is skipped."""
        return bool(self._config.getoption("govai_allow_incomplete") or self._config.getini("govai_allow_incomplete"))


def _example(name: str) -> str:
    kinds = {
        "as_of": "YYYY-MM-DD, e.g. 2027-12-02",
        "report": "FORMAT=PATH, e.g. html=report.html",
        "class": f"one of {', '.join(CLASSES)}",
        "seed": "a whole number",
    }
    return kinds.get(name, "a number greater than 0")


def _class(text: str) -> ConformanceClass:
    if text not in CLASSES:
        raise ValueError(text)
    return text


def _above_zero(kind: Callable[[str], _Number]) -> Callable[[str], _Number]:
    def read(text: str) -> _Number:
        number = kind(text)
        if not 0 < number < float("inf"):
            raise ValueError(text)
        return number

    return read


class _Run:
    """The one run that decides all items. Raises :class:`GovaiError` where an option is wrong, before anything is sent."""

    def __init__(self, config: pytest.Config, settings: _Settings) -> None:
        self._config = config
        paths = [settings.path("profile_path", text) for text in settings.texts("profile_path")]
        names = settings.texts("profile") or ["assistant"]
        self.profiles: list[Profile] = catalogue.load_with_core(names, paths)
        self.allow_incomplete = settings.allow_incomplete
        self._targets = [(format, settings.path("report", path)) for format, path in settings.pairs("report")]
        for format, path in self._targets:
            formats.check_target(format, path)
        for adapter in settings.texts("adapter"):
            find_adapter(adapter)
        explore = settings.text("explore")
        if explore:
            duration(explore)
        ca, auth, country = settings.text("ca"), settings.text("auth"), settings.text("country")
        self._arguments: dict[str, Any] = {
            "url": check_url(settings.text("url") or ""),
            "profiles": names,
            "profile_paths": paths,
            "name": settings.text("name"),
            "country": country.lower() if country else None,
            "adapters": settings.texts("adapter"),
            "credential": parse_credential(auth) if auth else None,
            "certificate_authority": settings.path("ca", ca) if ca else None,
            "limits": Limits(
                timeout=settings.text("timeout", _above_zero(float)) or Limits.timeout,
                concurrency=settings.text("concurrency", _above_zero(int)) or Limits.concurrency,
                budget=settings.text("budget", _above_zero(int)),
                max_rps=settings.text("max_rps", _above_zero(float)),
            ),
            "seed": 1 if (seed := settings.text("seed", int)) is None else seed,
            "decided_by": settings.text("class", _class),
            "as_of": settings.text("as_of", datetime.date.fromisoformat),
            "variables": bound_by_hand(settings.texts("set"), "--govai-set"),
            "explore": explore,
        }
        self._report: Report | None = None
        self._interrupted = False
        self._lines: list[str] = []

    def report(self) -> Report:
        """The report, made on first use. Ends the session where there is no service to make it from, or a person stopped it."""
        if self._report is None:
            handed = getattr(self._config, "workerinput", {}).get("govai_report")
            try:
                self._report = decode_report(handed.encode()) if handed else self._made()
            except GovaiError as error:
                pytest.exit(f"govai: {error}", returncode=pytest.ExitCode.USAGE_ERROR)
            if self._interrupted or self._report.outcome == "unreachable":
                pytest.exit(f"govai: {self._report.ended}", returncode=pytest.ExitCode.INTERRUPTED)
        return self._report

    def _made(self) -> Report:
        """Run the provider. The warnings and the event loop of the session are left as they are."""
        with warnings.catch_warnings(), asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            warnings.simplefilter("ignore")
            return runner.run(self._run())

    async def _run(self) -> Report:
        """The run; the first Ctrl-C ends it with the verdicts reached so far, a second one ends the session at once."""
        loop, stop = asyncio.get_running_loop(), asyncio.Event()

        def interrupted() -> None:
            self._interrupted = True
            stop.set()
            loop.remove_signal_handler(signal.SIGINT)

        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, and threads that get no signals
            loop.add_signal_handler(signal.SIGINT, interrupted)
        return await api.arun(**self._arguments, stop=stop)

    def write(self) -> bool:
        """Write the reports, if the run was made. Returns whether none failed."""
        report, complete = self._report, True
        if report is None:
            return True
        for format, path in self._targets:
            try:
                formats.write(report, format, path)
                self._lines.append(f"{format} report: {path}")
            except GovaiError as error:
                self._lines.append(str(error))
                complete = False
        return complete

    def said(self) -> list[str]:
        """Lines for the end of the session; none where no run was made and none expected."""
        if self._report is None:
            expected = self._targets and not self._config.getoption("collectonly")
            return ["no requirement was reached, so nothing was run and no report written"] if expected else []
        sentences = " ".join(answer(self._report, Words("en")))
        return [one_line(f"{self._report.participant.name}: {self._report.outcome}. {sentences}"), *self._lines]


_RUN = pytest.StashKey[_Run]()


class Requirements(pytest.Collector):
    """The requirements of one profile."""

    def __init__(self, *, profile: Profile, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._profile = profile

    def collect(self) -> Iterator[pytest.Item]:
        """One item a requirement, in the order of the profile."""
        for requirement in self._profile.requirements:
            if requirement.side == "provider":
                yield RequirementItem.from_parent(self, name=requirement.id, requirement=requirement)


class RequirementItem(pytest.Item):
    """One requirement as a test."""

    def __init__(self, *, requirement: Requirement, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.add_marker("govai")
        self.user_properties += [("level", requirement.level), ("class", requirement.class_)]

    def runtest(self) -> None:
        """Take the requirement's verdict for the test's outcome."""
        run = self.config.stash[_RUN]
        report = run.report()
        verdict = report.of(self.name)
        self.user_properties.append(("verdict", verdict.verdict))
        if verdict.verdict in ("passed", "passed-with-adapter"):
            return
        undecided = verdict.verdict in ("not-tested", "needs-review")
        if verdict.verdict == "harness-error" or (report.decides(verdict) and (verdict.verdict == "failed" or undecided)):
            if not (undecided and run.allow_incomplete):
                raise _NotMet(details(verdict, report))
        elif verdict.verdict in ("failed", "warning"):
            pytest.xfail(_reason(verdict))
            return  # reached under --runxfail
        pytest.skip(f"{self.name}: {_reason(verdict)}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Findings instead of a traceback: the traceback would be the harness's, not the participant's."""
        return str(excinfo.value) if isinstance(excinfo.value, _NotMet) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[str, None, str]:
        """Where the item comes from, for pytest's listings."""
        return self.nodeid.partition("::")[0], None, self.name


class _NotMet(Exception):
    """The requirement is not met, or it cannot be said. The text is for the reader of the log."""


def _reason(verdict: Verdict) -> str:
    return one_line(f"{verdict.verdict}: {verdict.findings[0].message if verdict.findings else verdict.cause or verdict.statement.en}")
