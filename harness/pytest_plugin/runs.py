"""The run behind a session's items: made once for a service and what is asked of it, and by one of pytest-xdist's workers for all."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import signal
import sqlite3
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import api, catalogue, formats
from harness.adapters import find_adapter
from harness.binding import bound_by_hand
from harness.errors import GovaiError, Unreachable, UsageError
from harness.expected import Entry, applied, read_expected
from harness.explore import duration
from harness.formats.answer import answer
from harness.formats.inert import one_line
from harness.formats.wording import Words
from harness.in_process import ADDRESS, reached
from harness.participant import Limits, check_url, parse_credential
from harness.profile import Profile
from harness.pytest_plugin.options import Settings, a_class, a_day, above_zero
from harness.report import Report, decode_report, encode_report
from harness.serve.processes import started

_LONGEST = 24 * 3600.0
"""Seconds that a worker waits for the run of another."""


class Plan:
    """All that the options ask for. Raises :class:`GovaiError` where one is wrong, before anything is sent."""

    def __init__(self, settings: Settings) -> None:
        paths = [settings.path("profile_path", text) for text in settings.texts("profile_path")]
        names = settings.texts("profile") or (["assistant"] if settings.text("url") else [])
        if not names:
            raise UsageError('Say what to test against: @pytest.mark.govai("translation"). govai profiles lists what there is.')
        self.profiles: list[Profile] = catalogue.load_with_core(names, paths)
        self.allow_incomplete = settings.allow_incomplete
        self.url = check_url(url) if (url := settings.text("url")) else None
        self.own_url = check_url(url) if (url := settings.own_url) else None
        self.start: list[str] = settings.table.get("start", [])
        self.language: str = settings.table.get("lang", "en")
        self.targets = [(format, settings.path("report", path)) for format, path in settings.pairs("report")]
        for format, path in self.targets:
            formats.check_target(format, path)
        for adapter in settings.texts("adapter"):
            find_adapter(adapter)
        explore = settings.text("explore")
        if explore:
            duration(explore)
        known = {each.id for profile in self.profiles for each in profile.requirements if each.side == "provider"}
        file = settings.text("expected_failures")
        self.expected: list[Entry] = read_expected(settings.path("expected_failures", file), known) if file else []
        ca, auth, country = settings.text("ca"), settings.text("auth"), settings.text("country")
        self.arguments: dict[str, Any] = {
            "profiles": names,
            "profile_paths": paths,
            "name": settings.text("name"),
            "country": country.lower() if country else None,
            "adapters": settings.texts("adapter"),
            "credential": parse_credential(auth) if auth else None,
            "certificate_authority": settings.path("ca", ca) if ca else None,
            "limits": Limits(
                timeout=settings.text("timeout", above_zero(float)) or Limits.timeout,
                concurrency=settings.text("concurrency", above_zero(int)) or Limits.concurrency,
                budget=settings.text("budget", above_zero(int)),
                max_rps=settings.text("max_rps", above_zero(float)),
            ),
            "seed": 1 if (seed := settings.text("seed", int)) is None else seed,
            "decided_by": settings.text("class", a_class),
            "as_of": settings.text("as_of", a_day),
            "variables": bound_by_hand(settings.texts("set"), "--govai-set"),
            "explore": explore,
            **{name: settings.table.get(name) for name in ("evidence", "callback_url")},
        }


class Runs:
    """The runs of a session."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._plans: dict[str, Plan] = {}
        self._runs: dict[str, Run] = {}
        self.told: list[str] = []
        """What is said at the end of the session; of workers by themselves, at the end of theirs."""
        self.complete = True
        """Whether every report that was asked for could be written."""

    def plan(self, marker: pytest.Mark | None) -> Plan:
        """What is asked for where a test has this marker. Raises :class:`GovaiError` where that is wrong."""
        key = repr(marker)
        if key not in self._plans:
            self._plans[key] = Plan(Settings(self._config, marker))
        return self._plans[key]

    def run(self, plan: Plan, service: Any = None, place: str = "") -> Run:
        """The run for a service: an object in this process, or a URL. ``place`` tells services apart where several processes make them.

        Raises:
            UsageError: nobody says what is to be tested.
        """
        if service is None or isinstance(service, str):
            url = check_url(service) if service else plan.url
            if url is None:
                raise UsageError("Nobody says what is to be tested: write a fixture govai_service that returns it, or give --govai-url.")
            service, place = None, url
        else:
            url = plan.own_url or ADDRESS
        asked = (place, plan.arguments, plan.targets, plan.expected)
        key = hashlib.sha256(repr(asked).encode()).hexdigest()
        if key not in self._runs:
            self._runs[key] = Run(self, plan, url, service, self._shared(key))
        return self._runs[key]

    def _shared(self, key: str) -> Path | None:
        """Where the workers of pytest-xdist leave this run's report to one another; None in a session without them."""
        worker = getattr(self._config, "workerinput", None)
        if worker is None:
            return None
        folder = Path(worker["govai_folder"])
        folder.mkdir(parents=True, exist_ok=True)  # on another machine it is not there yet
        return folder / key

    @property
    def default_name(self) -> str:
        """How a service is called that has no name and no address."""
        return self._config.rootpath.name


class Run:
    """One run, made when its report is first asked for."""

    def __init__(self, runs: Runs, plan: Plan, url: str, service: Any, shared: Path | None) -> None:
        self._runs, self._plan, self._url, self._service, self._shared = runs, plan, url, service, shared
        self._report: Report | None = None
        self._failed: GovaiError | None = None
        self._interrupted = False

    @property
    def advice(self) -> str:
        """What to do with a curl line that leads nowhere, where the service was called in this process."""
        if self._service is None:
            return ""
        return f"curl: the service was called without a socket. Start it at {self._url} before you repeat a line (uvicorn, flask run, ...)."

    def report(self) -> Report:
        """The report, with what is said of expected failures.

        Raises:
            GovaiError: there is no service to make it from. It is not tried again.
        """
        if self._failed is not None:
            raise self._failed
        if self._report is None:
            try:
                made = self._made_once(self._shared) if self._shared else self._made()
                if made.outcome == "unreachable":
                    raise Unreachable(str(made.ended))
            except GovaiError as error:
                self._failed = error
                raise
            self._report = made
        return self._report

    def _made_once(self, shared: Path) -> Report:
        """The report that one worker makes, and leaves for the others."""
        file = shared.with_suffix(".json")
        with _alone(shared.with_suffix(".lock")):
            if not file.exists():
                formats.replace(file, encode_report(self._made()))
        return decode_report(file.read_bytes())

    def _made(self) -> Report:
        """Run the provider. The warnings and the event loop of the session are left as they are."""
        with warnings.catch_warnings(), asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            warnings.simplefilter("ignore")
            report = applied(runner.run(self._run()), self._plan.expected)
        self._write(report)
        if self._interrupted:
            pytest.exit(f"govai: {report.ended}", returncode=pytest.ExitCode.INTERRUPTED)
        return report

    async def _run(self) -> Report:
        """The run; the first Ctrl-C ends it with the verdicts reached so far, a second one ends the session at once."""
        loop, stop = asyncio.get_running_loop(), asyncio.Event()

        def interrupted() -> None:
            self._interrupted = True
            stop.set()
            loop.remove_signal_handler(signal.SIGINT)

        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, and threads that get no signals
            loop.add_signal_handler(signal.SIGINT, interrupted)
        if self._service is None:
            async with started(self._plan.start, self._url, stop):
                return await api.arun(self._url, **self._plan.arguments, stop=stop)
        async with reached(self._service) as transport:
            named = {**self._plan.arguments, "name": self._plan.arguments["name"] or self._runs.default_name}
            return await api.arun(self._url, **named, transport=transport, in_process=True, stop=stop)

    def _write(self, report: Report) -> None:
        """Write the reports, and note what is to be said at the end of the session."""
        sentences = " ".join(answer(report, Words("en")))
        self._runs.told.append(one_line(f"{report.participant.name}: {report.outcome}. {sentences}"))
        for format, path in self._plan.targets:
            try:
                formats.write(report, format, path, self._plan.language)
                self._runs.told.append(f"{format} report: {path}")
            except GovaiError as error:
                self._runs.told.append(str(error))
                self._runs.complete = False


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time. SQLite locks files on every operating system, and a process that ends leaves no lock behind."""
    with contextlib.closing(sqlite3.connect(path, timeout=_LONGEST, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield
