"""The conformance suite in pytest, by the same engine as ``govai run`` and with the same verdicts (docs/how-to/pytest.md).

``pytest --govai-url URL --govai-profile translation`` gives one item for each requirement. In an agency's own tests, ``govai_service`` is what is
tested, ``govai_report`` the report on it, and a test of ``govai_verdict`` runs once for each requirement.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.errors import GovaiError
from harness.pytest_plugin.items import MARKERS, Judged, Requirements, subjects
from harness.pytest_plugin.options import Settings, add_options
from harness.pytest_plugin.plan import Plan
from harness.pytest_plugin.runs import Run, Runs
from harness.report import Report

_RUNS = pytest.StashKey[Runs]()
_OF_URL = pytest.StashKey[tuple[Plan, Run]]()
_FOLDER = pytest.StashKey["tempfile.TemporaryDirectory[str]"]()
_SERVICES = pytest.StashKey[list[tuple[Any, str]]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the plugin; without a URL, and a test that asks for it, it does nothing."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Read the options, so that a wrong one is said before anything else is done."""
    for line in MARKERS:
        config.addinivalue_line("markers", line)
    config.stash[_SERVICES] = []
    runs = config.stash[_RUNS] = Runs(config)
    try:
        if Settings(config).text("url"):
            plan = runs.plan(None)
            config.stash[_OF_URL] = plan, runs.run(plan)
    except GovaiError as error:
        raise pytest.UsageError(f"govai: {error}") from None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add one item for each requirement that binds a provider, before ``-k`` and ``-m`` choose among them."""
    if _OF_URL not in config.stash:
        return
    plan, run = config.stash[_OF_URL]
    groups: dict[str, list[Any]] = {}
    for subject in subjects(plan):
        groups.setdefault("expected" if subject.is_expectation else subject.profile.key, []).append(subject)
    for name, group in groups.items():
        collector = Requirements.from_parent(session, name=name, nodeid=f"govai/{name}", subjects=group, run=run)
        collected = session.ihook.pytest_make_collect_report(collector=collector)
        session.ihook.pytest_collectreport(report=collected)
        items.extend(collected.result)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each requirement, where a test asks for ``govai_verdict``."""
    if "govai_verdict" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("govai")
    try:
        plan = metafunc.config.stash[_RUNS].plan(marker)
    except GovaiError:  # the test itself says what is wrong: other plugins take an exception here for their own
        metafunc.parametrize("govai_verdict", [pytest.param(None, id="wrong")], indirect=True)
        return
    asked = [
        pytest.param(
            each,
            id=each.name,
            marks=[getattr(pytest.mark, name) for name in (*([] if marker else ["govai"]), *each.markers(metafunc.config))],
        )
        for each in subjects(plan)
    ]
    metafunc.parametrize("govai_verdict", asked, indirect=True)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Generator[None, Any, Any]:
    """Note where a service comes from. In another worker of pytest-xdist it is another object, as it is where each test has it made anew."""
    value = yield
    if fixturedef.argname == "govai_service":
        node = request.node
        within = node.parent.nodeid if isinstance(node, pytest.Item) and node.parent else node.nodeid
        place = f"{fixturedef.baseid}::{fixturedef.func.__qualname__}[{getattr(request, 'param_index', 0)}] in {within}"
        request.config.stash[_SERVICES].append((value, place))
    return value


@pytest.fixture(scope="session")
def govai_service() -> Any:
    """The service under test. Override it with what is to be tested: a URL, an ASGI or WSGI application, a transport of httpx, a router of respx.

    By default it is what the options say: ``--govai-url``, ``--govai-participant``, ``url=`` in the marker.
    """
    return None


@pytest.fixture
def _govai_run(request: pytest.FixtureRequest, govai_service: Any) -> Run:
    runs = request.config.stash[_RUNS]
    place = next(place for service, place in request.config.stash[_SERVICES] if service is govai_service)
    try:
        return runs.run(runs.plan(_marker(request.node)), govai_service, place)
    except GovaiError as error:
        raise pytest.fail.Exception(f"govai: {error}", pytrace=False) from None


def _marker(item: pytest.Item) -> pytest.Mark | None:
    """The marker that says what a test asks for, which one of a requirement does not."""
    return next((each for each in item.iter_markers("govai") if each.args or each.kwargs), None)


@pytest.fixture
def govai_report(_govai_run: Run) -> Report:
    """The report on the service, against what ``@pytest.mark.govai`` names. It is made once, however many tests ask for it."""
    try:
        return _govai_run.report()
    except GovaiError as error:
        raise pytest.fail.Exception(f"govai: {error}", pytrace=False) from None


@pytest.fixture
def govai_verdict(request: pytest.FixtureRequest, _govai_run: Run, govai_report: Report) -> Iterator[Judged]:
    """One requirement and its verdict. A test that asks for it runs once for each requirement, and has to call ``govai_verdict.check()``."""
    judged = Judged(request.param, _govai_run, govai_report)
    request.param.note(request.node, judged.verdict)
    yield judged
    if not judged.is_checked:
        pytest.fail(f"{judged.requirement.id} was not judged: call govai_verdict.check() in the test.", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A requirement that is skipped is shown where its test is, not here."""
    report = yield
    if isinstance(report.longrepr, tuple) and Path(report.longrepr[0]).parent == Path(__file__).parent:
        path, line, _ = item.reportinfo()
        report.longrepr = os.fspath(path), 0 if line is None else line + 1, report.longrepr[2]
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where reports are left for the others, so that the service is tested once and not by each of them."""
    config = node.config
    if _FOLDER not in config.stash:
        config.stash[_FOLDER] = tempfile.TemporaryDirectory(prefix="govai-")
    node.workerinput["govai_folder"] = config.stash[_FOLDER].name


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over what a worker has to say."""
    runs = node.config.stash[_RUNS]
    told, complete = getattr(node, "workeroutput", {}).get("govai", ([], True))
    runs.told += told
    runs.complete = runs.complete and complete


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """A report that could not be written keeps the session from ending well."""
    runs = session.config.stash[_RUNS]
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["govai"] = (runs.told, runs.complete)
    elif not runs.complete and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.USAGE_ERROR


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """What came out of the runs, in a sentence or two each, and where the reports are."""
    told = config.stash[_RUNS].told
    if not told and _OF_URL in config.stash and config.stash[_OF_URL][0].targets and not config.getoption("collectonly"):
        told = ["no requirement was reached, so nothing was run and no report written"]
    if told:
        terminalreporter.write_sep("=", "govai")
        for line in told:
            terminalreporter.write_line(line)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take away what workers left for one another."""
    if _FOLDER in config.stash:
        config.stash[_FOLDER].cleanup()
