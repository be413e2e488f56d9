"""The suite in an agency's own tests: its application is called without a socket, each requirement is a test, and the service is tested once."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from harness import catalogue
from harness.pytest_plugin.options import OPTIONS

PAGE = (Path(__file__).parent.parent / "docs" / "how-to" / "pytest.md").read_text(encoding="utf-8")

ASGI = """
import json, pathlib

started = []

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        scope["state"]["greeting"] = "Dear"
        started.append("up")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        started.append("down")
        await send({"type": "lifespan.shutdown.complete"})
        return
    with pathlib.Path("asked").open("a") as file:
        file.write(scope["path"] + "\\n")
    body = b""
    while (message := await receive()).get("more_body"):
        body += message["body"]
    status, answer = answered(scope["method"], scope["path"], body, scope["state"]["greeting"])
    kind = "application/json" if status < 400 else "application/problem+json"
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind.encode())]})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

def answered(method, path, body, greeting="Dear"):
    if path == "/names":
        return 200, {"names": ["Jonas"]}
    try:
        name = json.loads(body)["name"] if path == "/greet" else None
    except (ValueError, TypeError, KeyError):
        name = None
    if not name or not isinstance(name, str):
        return 400, {"type": "about:blank", "title": "invalid", "status": 400, "detail": "no name"}
    return 200, {"text": greeting + " " + name + "!"}
"""

WSGI = """
import json
from service import answered

def app(environ, start_response):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    status, answer = answered(environ["REQUEST_METHOD"], environ["PATH_INFO"], body)
    kind = "application/json" if status < 400 else "application/problem+json"
    start_response(f"{status} Said", [("Content-Type", kind)])
    return [json.dumps(answer).encode()]
"""

TESTS = """
import pytest
from {module} import app

@pytest.fixture(scope="session")
def govai_service():
    return app

@pytest.mark.govai("greeting", class_="base", allow_incomplete=True{options})
def test_conformance(govai_verdict):
    govai_verdict.check()

def test_own():
    pass
"""


@pytest.fixture(scope="module", autouse=True)
def _imported(profiles: Path) -> None:
    """The checks, for what is imported within an inner session is forgotten with it, and would be imported again."""
    catalogue.load_with_core(["greeting"], [profiles])


@pytest.fixture
def agency(pytester: pytest.Pytester, profiles: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An agency's folder with its service; every warning there is an error, and no connection leaves it."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makeini(f"[pytest]\nfilterwarnings = error\naddopts = --strict-markers\ngovai_profile_path = {profiles}\n")
    pytester.makepyfile(service=ASGI, wsgi=WSGI)
    return pytester


def conformance_of(agency: pytest.Pytester, module: str = "service", options: str = "") -> None:
    agency.makepyfile(test_conformance=TESTS.format(module=module, options=f", {options}" if options else ""))


@pytest.mark.parametrize("module", ["service", "wsgi"])
def test_an_application_is_called_without_a_socket(agency: pytest.Pytester, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", connect)
    conformance_of(agency, module)
    result = agency.runpytest_inprocess("-v", "-k", "GREE or own")
    result.stdout.fnmatch_lines(
        [
            "*::test_conformance[[]GREE-TXT-001[]] PASSED*",
            "*::test_conformance[[]GREE-TXT-003[]] PASSED*",
            "*::test_own PASSED*",
            "*= govai =*",
            f"{agency.path.name}: *",
        ]
    )
    assert result.ret == pytest.ExitCode.OK


def test_an_application_is_started_and_shut_down_once(agency: pytest.Pytester) -> None:
    conformance_of(agency)
    agency.makeconftest("import service\n\ndef pytest_sessionfinish():\n    print('life:', *service.started)\n")
    agency.runpytest_inprocess("-s", "-k", "GREE").stdout.fnmatch_lines(["*life: up down"])


def test_markers_and_names_choose(agency: pytest.Pytester) -> None:
    conformance_of(agency)
    listed = agency.runpytest_inprocess("--collect-only", "-q").stdout.str()
    asked = re.findall(r"\[([A-Z]+-[A-Z]+-\d+)\]", listed)
    chosen = {
        ("-m", "govai and must and greeting"): ["GREE-TXT-001", "GREE-TXT-002", "GREE-TXT-004", "GREE-TXT-005"],
        ("-k", "CORE-ERR"): [each for each in asked if "CORE-ERR" in each],
        ("-m", "not govai"): [],
    }
    for arguments, expected in chosen.items():
        found = re.findall(r"\[([A-Z]+-[A-Z]+-\d+)\]", agency.runpytest_inprocess("--collect-only", "-q", *arguments).stdout.str())
        assert found == expected
    agency.runpytest_inprocess("-m", "not govai").assert_outcomes(passed=1, deselected=len(asked))
    assert not (agency.path / "asked").exists()


def test_every_option_and_the_six_lines_are_in_the_page() -> None:
    assert [option.name for option in OPTIONS if f"`--govai-{option.name} {option.metavar}`" not in PAGE] == []
    assert "`--govai-allow-incomplete`" in PAGE
    lines = [line for line in example().splitlines() if line and not re.match("import|from|#", line)]
    assert len(lines) == 6


def example() -> str:
    """The first block of the page."""
    block = re.search(r"\n\n((?:    .*\n|\n)+)", PAGE)
    assert block is not None
    return re.sub("^    ", "", block[1], flags=re.MULTILINE)
