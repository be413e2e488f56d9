"""The command line as a person meets it: the answer, one clear sentence for whatever is wrong, the right exit code, and nothing lost."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

import harness.cli
import harness.serve.mock
from harness.report import decode_report
from harness.serve.listening import running
from tests.conftest import Govai, Said, greeter


@pytest.fixture
def url() -> Iterator[str]:
    """A greeter on a free port."""
    with running(greeter()) as address:
        yield address


@pytest.fixture
def test_run(govai: Govai, url: str, profiles: Path) -> Callable[..., Said]:
    """``govai run`` against the greeter."""
    return lambda *arguments: govai("run", url, "--profile", "greeting", "--profile-path", profiles, *arguments)


def one_sentence(said: Said) -> str:
    """The last line on standard error, which has to begin with the command's name."""
    line = said.err.strip().splitlines()[-1]
    assert line.startswith("govai: ")
    return line


def test_a_run_leads_with_the_answer_and_writes_every_report(test_run: Callable[..., Said], tmp_path: Path) -> None:
    formats = {"json": "r.json", "junit": "r.xml", "html": "deep/er/r.html", "markdown": "r.md"}
    said = test_run("--class", "base", *(word for name, file in formats.items() for word in ("--report", f"{name}={tmp_path / file}")))
    assert all((tmp_path / file).stat().st_size for file in formats.values())
    report = decode_report((tmp_path / "r.json").read_bytes())
    assert said.code == report.exit_code
    assert report.decided_by == "base"
    assert said.out.splitlines()[0].startswith(("✓", "✗", "○"))


@pytest.mark.parametrize("language", ["pl", "lt"])
def test_the_summary_speaks_three_languages(test_run: Callable[..., Said], language: str) -> None:
    assert {"pl": "klas", "lt": "klas"}[language] in test_run("--lang", language).out


def test_what_the_budget_left_out_makes_the_run_incomplete(test_run: Callable[..., Said]) -> None:
    said = test_run("--budget", 3, "--class", "base")
    assert said.code == 5
    assert "budget" in said.out
    assert test_run("--budget", 3, "--class", "base", "--allow-incomplete").code == 0


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["--profile", "gretting"], "Known profiles: "),
        (["--profile", "greeting/7"], "Known profiles: "),
        (["--adapter", "soap"], "Known adapters: "),
        (["--auth", "bearer:env:GOVAI_NO_SUCH_VARIABLE"], "GOVAI_NO_SUCH_VARIABLE is not set"),
        (["--auth", "bearer:s3cret"], "env:VARIABLE"),
        (["--auth", "mtls:no.pem:no.key"], "no.pem"),
        (["--ca", "no.pem"], "no.pem"),
        (["--report", "html"], "FORMAT=PATH"),
        (["--report", "pdf=r.pdf"], "Formats: "),
        (["--report", f"json={__file__}/r.json"], "cannot be written"),
        (["--report", "json=/"], "is a folder"),
        (["--class", "gold"], "base, government, high-risk"),
        (["--lang", "de"], "en, pl, lt"),
        (["--as-of", "tomorrow"], "YYYY-MM-DD"),
        (["--set", "name"], "NAME=VALUE"),
        (["--timeout", "0"], "greater than 0"),
        (["--max-rps", "-1"], "greater than 0"),
        (["--profile-path", "/no/such/folder"], "is not a folder"),
    ],
)
def test_wrong_usage_is_said_before_anything_is_sent(test_run: Callable[..., Said], arguments: list[str], hint: str) -> None:
    said = test_run(*arguments)
    assert said.code == 2
    assert hint in one_sentence(said)
    assert "s3cret" not in said.err


@pytest.mark.parametrize(
    "arguments", [["run"], ["run", "http://127.0.0.1:1", "--no-such-flag"], ["walk"], ["run", "x", "--budget", "many"]]
)
def test_unknown_commands_and_flags(govai: Govai, arguments: list[str]) -> None:
    assert govai(*arguments).code == 2


@pytest.mark.parametrize("address", ["example.org", "ftp://a", "http://a:99999", "http://user:s3cret@a", "http://a?token=s3cret"])
def test_what_is_no_base_url(govai: Govai, address: str) -> None:
    said = govai("run", address, "--profile", "core")
    assert said.code == 2
    assert one_sentence(said)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ends_unreachable(govai: Govai, address: str, profiles: Path, report: Path) -> str:
    said = govai("run", address, "--profile", "greeting", "--profile-path", profiles, "--report", f"json={report}")
    written = decode_report(report.read_bytes())
    assert (said.code, written.outcome) == (3, "unreachable")
    assert all(verdict.verdict in ("not-tested", "not-applicable") for verdict in written.verdicts)
    assert written.ended is not None
    assert written.ended in " ".join(said.out.split())
    return written.ended


def test_nobody_listens_there(govai: Govai, profiles: Path, tmp_path: Path) -> None:
    ended = ends_unreachable(govai, f"http://127.0.0.1:{free_port()}", profiles, tmp_path / "r.json")
    assert "cannot be reached: Connection refused" in ended


def test_no_such_host(govai: Govai, profiles: Path, tmp_path: Path) -> None:
    assert "cannot be reached" in ends_unreachable(govai, "http://no-such-host.invalid", profiles, tmp_path / "r.json")


def test_tls_to_a_server_without(govai: Govai, url: str, profiles: Path, tmp_path: Path) -> None:
    assert "TLS" in ends_unreachable(govai, url.replace("http:", "https:"), profiles, tmp_path / "r.json")


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda request: HTMLResponse("<h1>Welcome</h1>"), "with a web page"),
        (lambda request: RedirectResponse("https://elsewhere.example/"), "redirects to https://elsewhere.example/"),
    ],
)
def test_something_else_answers(govai: Govai, profiles: Path, tmp_path: Path, answer: Callable[[Request], Any], hint: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await answer(Request(scope))(scope, receive, send)

    with running(app) as address:
        assert hint in ends_unreachable(govai, address, profiles, tmp_path / "r.json")


def test_a_profile_with_broken_yaml(govai: Govai, url: str, profiles: Path) -> None:
    document = profiles / "greeting" / "1" / "openapi.yaml"
    whole = document.read_text(encoding="utf-8")
    broken = profiles.parent / "broken"
    for file, text in (("openapi.yaml", whole + "\n  - [\n"), ("requirements.yaml", "- id: [")):
        folder = broken / file.partition(".")[0] / "greeting" / "1"
        folder.mkdir(parents=True)
        for name in ("openapi.yaml", "requirements.yaml"):
            (folder / name).write_text(text if name == file else (document.with_name(name)).read_text(encoding="utf-8"), encoding="utf-8")
        said = govai("run", url, "--profile", "greeting", "--profile-path", folder.parents[1])
        assert said.code == 2
        assert f"{file}: is not YAML at line" in one_sentence(said)


def test_a_full_disk_costs_one_report_and_not_the_others(test_run: Callable[..., Said], tmp_path: Path) -> None:
    said = test_run("--report", "json=/dev/full", "--report", f"markdown={tmp_path / 'r.md'}")
    assert said.code == 4
    assert "No space left on device" in said.err
    assert (tmp_path / "r.md").stat().st_size


SLOW = """
import asyncio, sys
from starlette.responses import JSONResponse
from harness.serve.listening import serve
from tests.conftest import Govai, Said, greeter

async def app(scope, receive, send):
    await asyncio.sleep(0.15 if scope["path"] != "/names" else 0)
    await greeter()(scope, receive, send)

serve(app, 0, lambda url: print(url, flush=True))
"""


@contextlib.contextmanager
def process(*words: str) -> Iterator[subprocess.Popen[str]]:
    """A program in a process group of its own, which ends with the block."""
    started = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        yield started
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(started.pid, signal.SIGKILL)
        started.communicate()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_writes_what_it_measured(profiles: Path, tmp_path: Path, sent: signal.Signals) -> None:
    with process(sys.executable, "-c", SLOW) as service:
        assert service.stdout is not None
        address = service.stdout.readline().strip()
        words = ["run", address, "--profile", "greeting", "--profile-path", str(profiles), "--concurrency", "1"]
        code = "import harness.cli; harness.cli.main()"
        with process(sys.executable, "-c", code, *words, "--report", f"json={tmp_path / 'r.json'}") as run:
            assert run.stderr is not None
            assert "steps done" in run.stderr.readline()
            run.send_signal(sent)
            out, err = run.communicate(timeout=20)
    report = decode_report((tmp_path / "r.json").read_bytes())
    assert run.returncode in (1, 5), err
    assert report.ended == "The run was interrupted."
    assert any(verdict.verdict == "passed" for verdict in report.verdicts)
    assert any(verdict.cause == "The run was interrupted." for verdict in report.verdicts)
    assert "Traceback" not in out + err


def test_a_reader_that_goes_away_is_no_error_and_no_verdict(url: str, profiles: Path, tmp_path: Path) -> None:
    code = "import harness.cli; harness.cli.main()"
    tested = ["run", url, "--profile", "greeting", "--profile-path", str(profiles), "--report", f"json={tmp_path / 'r.json'}"]
    for words, expected in ((["requirements"], 0), ([*tested, "--class", "base", "--budget", "3"], 5)):
        with process(sys.executable, "-c", code, *words) as command:
            assert command.stdout is not None
            command.stdout.close()
            command.stdout = None
            assert command.stderr is not None
            told = command.stderr.read()
            assert command.wait(timeout=20) == expected
            assert "Traceback" not in told
    assert decode_report((tmp_path / "r.json").read_bytes()).exit_code == 5


def test_lists_are_json_on_request(govai: Govai) -> None:
    profiles = json.loads(govai("profiles", "--json").out)
    assert {"core/1", "assistant/1"} <= {each["profile"] for each in profiles}
    requirements = json.loads(govai("requirements", "--json").out)
    assert {"id", "profile", "level", "class", "side", "checks", "undecidable"} <= requirements[0].keys()
    for each in requirements:
        assert bool(each["checks"]) != bool(each["undecidable"]), each["id"]
    mutants = json.loads(govai("mutants", "--json").out)
    assert {"id", "profile", "side", "requirement", "description"} <= mutants[0].keys()
    proven = {each["requirement"] for each in mutants}
    assert {each["id"] for each in requirements if each["checks"]} - proven == {"CORE-TLS-001"}


@pytest.mark.parametrize("language", ["en", "pl", "lt"])
def test_a_requirement_is_explained(govai: Govai, language: str) -> None:
    said = govai("explain", "core-err-001", "--lang", language)
    assert said.code == 0
    assert "RFC 9457" in said.out
    assert "every-problem-says-400" in said.out


def test_a_requirement_that_is_not_there(govai: Govai) -> None:
    said = govai("explain", "CORE-XXX-999")
    assert said.code == 2
    assert "govai requirements" in one_sentence(said)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["mock", "asistant"], "Known profiles: "),
        (["mock", "assistant", "--country", "xx"], "xx"),
        (["mock", "assistant", "--mutant", "no-such"], "govai mutants"),
        (["mock", "assistant", "--auth", "bearer:env:GOVAI_NO_SUCH_VARIABLE"], "is not set"),
    ],
)
def test_a_mock_that_cannot_be(govai: Govai, arguments: list[str], hint: str) -> None:
    said = govai(*arguments)
    assert said.code == 2
    assert hint in one_sentence(said)


def test_a_mock_on_a_taken_port(govai: Govai) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = govai("mock", "assistant", "--port", taken.getsockname()[1])
    assert said.code == 2
    assert "another with --port" in one_sentence(said)


def configured(folder: Path, *tables: str) -> Path:
    """A ``govai.toml`` whose participants start ``greeter.py``, a service of somebody's own."""
    path = folder / "govai.toml"
    path.write_text("\n".join(tables), encoding="utf-8")
    return path


def service(name: str, port: int, *lines: str) -> str:
    start = [str(Path(sys.executable).with_name("govai")), "mock", "translation", "--port", str(port)]
    return "\n".join(
        [
            "[[participants]]",
            f'name = "{name}"',
            f'url = "http://127.0.0.1:{port}"',
            f"start = {json.dumps(start)}",
            'profiles = ["core"]',
            *lines,
        ]
    )


def test_a_service_of_the_file_is_started_tested_and_stopped(govai: Govai, tmp_path: Path) -> None:
    port = free_port()
    path = configured(tmp_path, 'lang = "pl"', service("Tłumacz", port, 'reports = {json = "out/report.json"}'))
    said = govai("run", "--config", path)
    assert (said.code, "Zgodny" in said.out) == (0, True), said
    assert decode_report((tmp_path / "out" / "report.json").read_bytes()).participant.name == "Tłumacz"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_an_option_counts_before_the_file(govai: Govai, tmp_path: Path) -> None:
    path = configured(tmp_path, 'lang = "pl"', service("Tłumacz", free_port(), 'reports = {json = "no/report.json"}'))
    said = govai("run", "--config", path, "--lang", "en", "--budget", "5", "--report", f"csv={tmp_path / 'r.csv'}")
    assert (said.code, "Incomplete" in said.out) == (5, True), said
    assert (tmp_path / "r.csv").exists()
    assert not (tmp_path / "no").exists()


def test_where_something_listens_already_nothing_else_is_tested_in_its_place(govai: Govai, tmp_path: Path, url: str) -> None:
    path = configured(tmp_path, service("Tłumacz", int(url.rpartition(":")[2])))
    said = govai("run", "--config", path)
    assert (said.code, "listens at" in said.err) == (2, True), said


@pytest.mark.parametrize(
    ("start", "code", "told"), [(["false"], 3, "ended with exit status 1"), (["no-such-program"], 2, "cannot be started")]
)
def test_a_service_that_does_not_start_is_said(govai: Govai, tmp_path: Path, start: list[str], code: int, told: str) -> None:
    table = f'[[participants]]\nname = "x"\nurl = "http://127.0.0.1:{free_port()}"\nprofiles = ["core"]\nstart = {json.dumps(start)}'
    said = govai("run", "--config", configured(tmp_path, table))
    assert (said.code, told in said.err) == (code, True), said


def test_a_participant_that_cannot_be_reached_keeps_no_other_from_being_tested(govai: Govai, tmp_path: Path) -> None:
    gone = f'[[participants]]\nname = "gone"\nurl = "http://127.0.0.1:{free_port()}"\nprofiles = ["core"]\nstart = ["false"]'
    said = govai("run", "--config", configured(tmp_path, gone, service("Tłumacz", free_port())))
    assert (said.code, "ended with exit status 1" in said.err, "Conformant" in said.out) == (3, True, True), said


def test_one_file_for_several_participants_is_refused(govai: Govai, tmp_path: Path) -> None:
    path = configured(tmp_path, service("A", 1), service("B", 2))
    said = govai("run", "--config", path, "--report", "csv=r.csv")
    assert (said.code, "--report is for one participant" in said.err) == (2, True), said


def test_expected_failures_decide_the_exit_code_and_are_written_by_a_command(govai: Govai, tmp_path: Path) -> None:
    with running(harness.serve.mock.reference_app("translation", "pl", mutant="errors-leave-the-trace")) as url:
        made, known = tmp_path / "report.json", tmp_path / "known.toml"
        arguments = ("run", url, "--profile", "translation", "--report", f"json={made}")
        assert govai(*arguments).code == 1
        assert govai("expected", made, "--file", known).code == 2
        assert govai("expected", made, "--file", known, "--update").code == 2
        given = ("--reason", "the gateway", "--owner", "we")
        assert govai("expected", made, "--file", known, "--update", *given, "--until", "soon").code == 2
        assert govai("expected", made, "--file", known, "--update", *given, "--until", "2099-01-01").code == 0
        assert govai("expected", made, "--file", known).code == 0
        said = govai(*arguments, "--expected-failures", known)
        assert (said.code, "Known and expected until 1 January 2099 (we): the gateway" in said.out) == (0, True), said
        assert decode_report(made.read_bytes()).outcome == "not-conformant"
    with running(harness.serve.mock.reference_app("translation", "pl")) as url:
        said = govai("run", url, "--profile", "translation", "--expected-failures", known)
        assert (said.code, "no longer failing" in said.out) == (1, True), said
