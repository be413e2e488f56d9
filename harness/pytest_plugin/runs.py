"""The runs behind a session's items: a service is tested once, however many tests ask, and by one of pytest-xdist's workers for all."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import signal
import sqlite3
import warnings
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from harness import api, formats
from harness.errors import GovaiError, Unreachable, UsageError
from harness.expected import applied
from harness.formats.answer import answer
from harness.formats.inert import one_line
from harness.formats.wording import Words
from harness.in_process import ADDRESS, reached
from harness.participant import check_url
from harness.pytest_plugin.options import Settings
from harness.pytest_plugin.plan import Plan
from harness.report import Report, decode_report, encode_report
from harness.serve.processes import started

_LONGEST = 24 * 3600.0
"""Seconds that a worker waits for another that tests the service."""


class Runs:
    """What is asked for, tested and said in a session."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._plans: dict[str, Plan] = {}
        self._tested: dict[str, Tested] = {}
        self._runs: dict[str, Run] = {}
        self._reports: dict[Path, str] = {}
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
            UsageError: nobody says what is to be tested, or two runs are to have one file for a report.
        """
        url = check_url(service) if isinstance(service, str) else plan.url if service is None else plan.own_url or ADDRESS
        if url is None:
            raise UsageError("Nobody says what is to be tested: write a fixture govai_service that returns it, or give --govai-url.")
        arguments = {"url": url, **plan.arguments}
        if service is None or isinstance(service, str):
            start, service, place = plan.start if service is None else [], None, url
        else:
            start, arguments["name"] = [], plan.arguments["name"] or self._config.rootpath.name
        tested = _digest(place, arguments)
        key = _digest(tested, plan.expected, plan.targets)
        if key not in self._runs:
            for _, path in plan.targets:
                if self._reports.setdefault(path, key) != key:
                    raise UsageError(f"{path} is the report of another run already. Give each its own, with report= in the marker.")
            self._tested.setdefault(tested, Tested(arguments, service, start, self._shared(tested)))
            self._runs[key] = Run(self, plan, self._tested[tested], self._shared(key))
        return self._runs[key]

    def _shared(self, key: str) -> Path | None:
        """What workers of pytest-xdist leave one another begins with this path; None in a session without them."""
        worker = getattr(self._config, "workerinput", None)
        if worker is None:
            return None
        folder = Path(worker["govai_folder"])
        folder.mkdir(parents=True, exist_ok=True)  # on another machine it is not there yet
        return folder / key


class Tested:
    """A service and what it is tested for. The run is made when its report is first asked for."""

    def __init__(self, arguments: dict[str, Any], service: Any, start: list[str], shared: Path | None) -> None:
        self._arguments, self._service, self._start, self._shared = arguments, service, start, shared
        self._report: Report | None = None
        self._failed: GovaiError | None = None
        self.is_interrupted = False

    @property
    def advice(self) -> str:
        """What to do with a curl line that leads nowhere, where the service was called in this process."""
        if self._service is None:
            return ""
        start = f"Start it at {self._arguments['url']} before you repeat a line (uvicorn, flask run, ...)."
        return f"curl: the service was called without a socket. {start}"

    def report(self) -> Report:
        """The report. Raises :class:`GovaiError` where none can be made; that is not tried again."""
        if self._failed is not None:
            raise self._failed
        if self._report is None:
            try:
                self._report = self._made_once(self._shared) if self._shared else self._made()
            except GovaiError as error:
                self._failed = error
                raise
        return self._report

    def _made_once(self, shared: Path) -> Report:
        """The report that one worker makes, and leaves for the others."""
        file = shared.with_suffix(".json")
        with _alone(shared.with_suffix(".lock")):
            if not file.exists():
                formats.replace(file, encode_report(self._made()))
        return decode_report(file.read_bytes())

    def _made(self) -> Report:
        """Test the service. The warnings and the event loop of the session are left as they are."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _in_a_loop_of_its_own(self._run)

    async def _run(self) -> Report:
        """The run; the first Ctrl-C ends it with the verdicts reached so far, a second one ends the session at once."""
        loop, stop = asyncio.get_running_loop(), asyncio.Event()

        def interrupted() -> None:
            self.is_interrupted = True
            stop.set()
            loop.remove_signal_handler(signal.SIGINT)

        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, and threads that get no signals
            loop.add_signal_handler(signal.SIGINT, interrupted)
        if self._service is None:
            async with started(self._start, self._arguments["url"], stop):
                return await api.arun(**self._arguments, stop=stop)
        async with reached(self._service) as transport:
            return await api.arun(**self._arguments, transport=transport, in_process=True, stop=stop)


class Run:
    """What one plan makes of a tested service: the report with what is said of expected failures, written where the plan says."""

    def __init__(self, runs: Runs, plan: Plan, tested: Tested, shared: Path | None) -> None:
        self._runs, self._plan, self._tested, self._shared = runs, plan, tested, shared
        self._report: Report | None = None
        self.advice = tested.advice

    def report(self) -> Report:
        """The report. Raises :class:`GovaiError` where there is no service to make it from."""
        if self._report is None:
            self._report = applied(self._tested.report(), self._plan.expected)
            if self._is_first():
                self._write(self._report)
            if self._tested.is_interrupted:
                pytest.exit(f"govai: {self._report.ended}", returncode=pytest.ExitCode.INTERRUPTED)
        if self._report.outcome == "unreachable":
            raise Unreachable(str(self._report.ended))
        return self._report

    def _is_first(self) -> bool:
        """Whether no other worker has written this report."""
        if self._shared is not None:
            try:
                self._shared.with_suffix(".written").touch(exist_ok=False)
            except FileExistsError:
                return False
        return True

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


def _digest(*asked: Any) -> str:
    """The same in every process for the same things."""
    return hashlib.sha256(repr(asked).encode()).hexdigest()


def _in_a_loop_of_its_own(run: Callable[[], Coroutine[Any, Any, Report]]) -> Report:
    """What a coroutine returns; where a loop runs in this thread, since an asynchronous test asks, it is made in another."""

    def made() -> Report:
        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            return runner.run(run())

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return made()
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(made).result()


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time. SQLite locks files on every operating system, and a process that ends leaves no lock behind."""
    with contextlib.closing(sqlite3.connect(path, timeout=_LONGEST, isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        yield
