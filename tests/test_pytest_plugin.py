"""The pytest plugin: one item for each requirement, with the verdicts of ``govai run``, in the company of an agency's own tests and plugins."""

from __future__ import annotations

import json
import os
import signal
import socket
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

import harness
from harness import catalogue
from harness.serve.listening import running
from tests.conftest import dear, greeter

OWN_TESTS = """
def test_of_the_agency():
    pass
"""


def you(name: str) -> Response:
    """Names nobody, and does not even exclaim."""
    return JSONResponse({"text": "Dear you."})


@pytest.fixture(scope="module", autouse=True)
def _imported(profiles: Path) -> None:
    """The checks, for what is imported within an inner session is forgotten with it, and would be imported again."""
    catalogue.load_with_core(["greeting"], [profiles])


@pytest.fixture(scope="module")
def right() -> Iterator[str]:
    with running(greeter(dear)) as url:
        yield url


@pytest.fixture(scope="module")
def wrong() -> Iterator[str]:
    with running(greeter(you)) as url:
        yield url


@pytest.fixture
def agency(pytester: pytest.Pytester, profiles: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An agency's folder with a test of its own; every warning there is an error."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makepyfile(OWN_TESTS)
    pytester.makeini(
        f"[pytest]\nfilterwarnings = error\naddopts = --strict-markers\ngovai_profile = greeting\ngovai_profile_path = {profiles}\n"
    )
    return pytester


def outcomes(agency: pytest.Pytester, *arguments: str) -> tuple[dict[str, str], pytest.RunResult]:
    """The outcome of each requirement of greeting, by JUnit XML, and the result."""
    result = agency.runpytest_inprocess("--junitxml=r.xml", *arguments)
    found = {}
    for case in ET.parse(agency.path / "r.xml").getroot().iter("testcase"):
        if case.get("classname") == "govai.greeting.1":
            child = next((each for each in case if each.tag != "properties"), None)
            found[str(case.get("name"))] = "passed" if child is None else str(child.get("type") or child.tag)
    return found, result


def test_without_a_url_nothing_is_added(agency: pytest.Pytester) -> None:
    agency.runpytest_inprocess().assert_outcomes(passed=1)
    agency.runpytest_inprocess("--govai-url", "").assert_outcomes(passed=1)


def test_each_requirement_is_an_item_with_the_verdict_of_a_run(agency: pytest.Pytester, right: str, profiles: Path) -> None:
    found, result = outcomes(agency, "--govai-url", right, "--govai-class=base", "--govai-allow-incomplete")
    report = harness.run(right, ["greeting"], profile_paths=[profiles])
    passed = {each.requirement for each in report.verdicts if each.profile == "greeting/1" and each.verdict == "passed"}
    assert {id for id, outcome in found.items() if outcome == "passed"} == passed
    assert found["GREE-TXT-004"] == "pytest.skip"
    result.stdout.fnmatch_lines([f"collected {_all_but(0)} items", "*= govai =*", "127.0.0.1:*. Reaches no class yet. *"])


def test_a_failure_says_what_was_expected_what_came_and_on_what_basis(agency: pytest.Pytester, wrong: str) -> None:
    found, result = outcomes(agency, "--govai-url", wrong, "-k", "TXT-001 or agency")
    assert found == {"GREE-TXT-001": "failure"}
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        ["failed: A greeting names the person.", "the name is missing", "*expected: *", "*got: Dear you.", "curl *", "basis: Good manners"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")


def test_what_is_violated_and_does_not_decide_is_an_expected_failure(agency: pytest.Pytester, wrong: str) -> None:
    found, result = outcomes(agency, "--govai-url", wrong, "-k", "TXT-003", "-ra")
    assert (found, result.ret) == ({"GREE-TXT-003": "pytest.xfail"}, pytest.ExitCode.OK)
    result.stdout.fnmatch_lines(["XFAIL govai/greeting/1::GREE-TXT-003 - *warning: no exclamation mark*"])
    agency.runpytest_inprocess("--govai-url", wrong, "-k", "TXT-003", "--runxfail").assert_outcomes(passed=1, deselected=_all_but(1))


def _all_but(number: int) -> int:
    """All items without so many: those of core and greeting, and the agency's own test."""
    (core,) = catalogue.load_with_core([])
    return sum(each.side == "provider" for each in core.requirements) + 5 + 1 - number


@pytest.mark.parametrize(("arguments", "outcome"), [((), "failure"), (("--govai-allow-incomplete",), "pytest.skip")])
def test_not_tested_is_never_passed(agency: pytest.Pytester, right: str, arguments: tuple[str, ...], outcome: str) -> None:
    found, _ = outcomes(agency, "--govai-url", right, "--govai-budget=6", "--govai-concurrency=1", "-k", "TXT-005", *arguments)
    assert found == {"GREE-TXT-005": outcome}


def test_items_can_be_listed_chosen_and_repeated_without_a_run(agency: pytest.Pytester, right: str, wrong: str) -> None:
    closed = "http://127.0.0.1:9"
    result = agency.runpytest_inprocess("--govai-url", closed, "--collect-only", "-q")
    result.stdout.fnmatch_lines(["govai/core/1::CORE-*", "govai/greeting/1::GREE-TXT-001"])
    result = agency.runpytest_inprocess("--govai-url", closed, "-m", "not govai", "--govai-report=json=r.json")
    result.assert_outcomes(passed=1, deselected=_all_but(1))
    result.stdout.fnmatch_lines(["no requirement was reached, *"])
    agency.runpytest_inprocess("--govai-url", wrong, "-m", "govai", "-k", "TXT-001").assert_outcomes(failed=1, deselected=_all_but(1))
    agency.runpytest_inprocess("--govai-url", right, "--lf").assert_outcomes(passed=1, deselected=_all_but(1))


def test_options_can_stand_in_the_ini_file(agency: pytest.Pytester, wrong: str, profiles: Path) -> None:
    (agency.path / "own").symlink_to(profiles)
    agency.makeini(
        f"""
        [pytest]
        filterwarnings = error
        govai_url = {wrong}
        govai_profile = greeting/1
        govai_profile_path = own
        govai_class = base
        govai_name = Greeter of Vilnius
        govai_country = LT
        govai_as_of = 2030-01-01
        govai_seed = 0
        govai_timeout = 5.5
        govai_concurrency = 2
        govai_max_rps = 1000
        govai_set = name=Ona
        govai_allow_incomplete = true
        govai_report =
            json=reports/r.json
            markdown=reports/r.md
        """
    )
    place = agency.mkdir("elsewhere")
    (place / "test_own.py").write_text(OWN_TESTS)
    result = agency.runpytest_inprocess("--rootdir", str(agency.path), "-c", str(agency.path / "tox.ini"), "elsewhere", "-q")
    result.stdout.fnmatch_lines(["Greeter of Vilnius: not-conformant. *", "json report: *reports/r.json"])
    report: dict[str, Any] = json.loads((agency.path / "reports" / "r.json").read_text())
    assert {name: report[name] for name in ("decided_by", "as_of", "seed", "binding")} == {
        "decided_by": "base",
        "as_of": "2030-01-01",
        "seed": 0,
        "binding": {"name": "Ona"},
    }
    assert report["participant"]["country"] == "lt"
    assert (agency.path / "reports" / "r.md").exists()


def test_the_command_line_comes_first(agency: pytest.Pytester, wrong: str, right: str, profiles: Path) -> None:
    agency.makeini(f"[pytest]\ngovai_url = {wrong}\ngovai_profile = nothing\ngovai_profile_path = {profiles}\n")
    result = agency.runpytest_inprocess("--govai-url", right, "--govai-profile=greeting", "-k", "TXT-001")
    result.assert_outcomes(passed=1, deselected=_all_but(1))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--govai-profile=nothing"], "*There is no profile nothing.*"),
        (["--govai-class=silver"], "*--govai-class silver: write it as one of base, government, high-risk.*"),
        (["--govai-as-of=tomorrow"], "*--govai-as-of tomorrow: write it as YYYY-MM-DD*"),
        (["--govai-max-rps=0"], "*--govai-max-rps 0: write it as a number greater than 0.*"),
        (["--govai-concurrency=many"], "*--govai-concurrency many: write it as a number*"),
        (["--govai-seed=dice"], "*--govai-seed dice: write it as a whole number.*"),
        (["--govai-set=name"], "*--govai-set name: write it as NAME=VALUE*"),
        (["--govai-report=json"], "*--govai-report json: write it as FORMAT=PATH*"),
        (["--govai-report=docx=r.docx"], "*There is no report format docx.*"),
        (["--govai-report=json=/"], "*cannot be written to /: it is a folder*"),
        (["--govai-auth=bearer:env:GOVAI_NO_SUCH_VARIABLE"], "*GOVAI_NO_SUCH_VARIABLE is not set*"),
        (["--govai-adapter=nothing"], "*nothing*"),
        (["--govai-profile-path=/nowhere"], "*/nowhere: is not a folder.*"),
        (["--govai-url=ftp://h"], "*is not a base URL*"),
    ],
)
def test_wrong_usage_is_one_sentence(agency: pytest.Pytester, right: str, arguments: list[str], sentence: str) -> None:
    result = agency.runpytest_inprocess("--govai-url", right, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([sentence])
    assert "Traceback" not in result.stderr.str() + result.stdout.str()


def test_a_dead_endpoint_is_one_sentence(agency: pytest.Pytester) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    result = agency.runpytest_inprocess("--govai-url", url, "--govai-report=json=r.json")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["json report: r.json", f"*govai: {url} cannot be reached: *"])
    assert json.loads((agency.path / "r.json").read_text())["outcome"] == "unreachable"
    assert "Traceback" not in result.stdout.str()


def test_what_was_measured_before_ctrl_c_is_kept(agency: pytest.Pytester) -> None:
    def greet(name: str) -> Response:
        if name == "N3":
            os.kill(os.getpid(), signal.SIGINT)
        return dear(name)

    with running(greeter(greet)) as url:
        result = agency.runpytest_inprocess("--govai-url", url, "--govai-report=json=r.json", "--govai-concurrency=1")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["json report: r.json", "*govai: The run was interrupted.*"])
    verdicts = {each["requirement"]: each["verdict"] for each in json.loads((agency.path / "r.json").read_text())["verdicts"]}
    assert {verdicts["GREE-TXT-001"], verdicts["GREE-TXT-005"]} == {"passed", "not-tested"}


def test_a_report_that_cannot_be_written_at_the_end_is_not_passed_over(agency: pytest.Pytester, right: str) -> None:
    agency.makeconftest("import pathlib\n\ndef pytest_collection_finish(session):\n    pathlib.Path('r.json').mkdir()\n")
    result = agency.runpytest_inprocess("--govai-url", right, "--govai-report=json=r.json", "-k", "TXT-001")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["*1 passed*"])
    result.stdout.fnmatch_lines(["The json report cannot be written to r.json*"])


def test_a_worker_of_xdist_is_handed_the_report(agency: pytest.Pytester) -> None:
    asked: list[str] = []
    app = greeter(dear)

    async def counting(scope: Any, receive: Any, send: Any) -> None:
        asked.append(Request(scope).url.path)
        await app(scope, receive, send)

    with running(counting) as url:
        alone = agency.runpytest_inprocess("--govai-url", url)
        once = len(asked)
        result = agency.runpytest_subprocess("--govai-url", url, "-n1", "--govai-report=json=r.json")
    assert len(asked) == 2 * once
    assert result.parseoutcomes() == alone.parseoutcomes()
    result.stdout.fnmatch_lines(["*= govai =*", "127.0.0.1:*", "json report: r.json"])


def test_the_session_s_event_loop_is_left_alone(agency: pytest.Pytester, right: str) -> None:
    agency.makeconftest(
        """
        import asyncio

        def pytest_sessionstart(session):
            session.own = asyncio.new_event_loop()
            asyncio.set_event_loop(session.own)

        def pytest_sessionfinish(session):
            assert asyncio.get_event_loop() is session.own
            session.own.close()
        """
    )
    result = agency.runpytest_subprocess("--govai-url", right, "-k", "TXT-001")
    result.assert_outcomes(passed=1, deselected=_all_but(1))
