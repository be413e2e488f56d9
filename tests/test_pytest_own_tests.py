"""The suite in an agency's own tests: its application is called without a socket, each requirement is a test, and the service is tested once."""

from __future__ import annotations

import re
import socket
import sys
from pathlib import Path

import pytest

from harness import catalogue
from harness.pytest_plugin.options import OPTIONS
from harness.report import read_report

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
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body")
    status, answer = answered(scope["method"], scope["path"], body, scope["state"]["greeting"])
    kind = "application/json" if status < 400 else "application/problem+json"
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind.encode())]})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})

def answered(method, path, body, greeting="Dear"):
    if path == "/names":
        return 200, {"names": ["Jonas"]}
    if path != "/greet":
        return 404, {"type": "about:blank", "title": "nothing here", "status": 404}
    try:
        name = json.loads(body)["name"]
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
    catalogue.load_with_core(["greeting", "translation"], [profiles])


@pytest.fixture
def agency(pytester: pytest.Pytester, profiles: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An agency's folder with its service; every warning there is an error, and no connection leaves it."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    pytester.makeini(f"[pytest]\nfilterwarnings = error\naddopts = --strict-markers\ngovai_profile_path = {profiles}\n")
    pytester.makepyfile(service=ASGI, wsgi=WSGI)
    return pytester


@pytest.fixture
def no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", connect)


def conformance_of(agency: pytest.Pytester, module: str = "service", options: str = "") -> None:
    agency.makepyfile(test_conformance=TESTS.format(module=module, options=f", {options}" if options else ""))


@pytest.mark.parametrize("module", ["service", "wsgi"])
def test_an_application_is_called_without_a_socket(agency: pytest.Pytester, module: str, no_connection: None) -> None:
    conformance_of(agency, module)
    result = agency.runpytest_inprocess("-v", "-rs", "-k", "GREE or own")
    result.stdout.fnmatch_lines(
        [
            "*::test_conformance[[]GREE-TXT-001[]] PASSED*",
            "*::test_conformance[[]GREE-TXT-003[]] PASSED*",
            "*::test_own PASSED*",
            "*= govai =*",
            f"{agency.path.name}: *",
            "SKIPPED [[]1[]] test_conformance.py:*: GREE-TXT-004: *",
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


MOCKED = """
import httpx, json, pytest, respx
from service import answered

def greeting(request):
    status, answer = answered("POST", "/greet", request.content)
    return httpx.Response(status, json=answer, headers={"content-type": "application/json" if status < 400 else "application/problem+json"})

@pytest.fixture(scope="session")
def govai_service():
    router = respx.Router(base_url="https://greeter.example.gov.lt/v1")
    router.get("/names").respond(json={"names": ["Jonas"]})
    router.post("/greet").mock(side_effect=greeting)
    router.get("/health").pass_through()
    return router

@pytest.mark.govai("greeting", url="https://greeter.example.gov.lt/v1", report={"json": "r.json"})
def test_conformance(govai_verdict):
    govai_verdict.check()
"""


def test_mocked_endpoints_are_judged_and_nothing_else_is_sent(agency: pytest.Pytester, no_connection: None) -> None:
    agency.makepyfile(test_mocked=MOCKED)
    result = agency.runpytest_inprocess("-v")
    report = read_report(agency.path / "r.json")
    verdicts = {each.requirement: (each.verdict, each.cause) for each in report.verdicts}
    assert report.ended is None
    assert report.notes == ["The service was called in the process of its tests: server, network and TLS were not tested."]
    assert report.translations[report.notes[0]].pl.startswith("Usługę wywołano")
    assert {verdicts[f"GREE-TXT-00{number}"][0] for number in (1, 2, 3, 5)} == {"passed"}
    assert verdicts["CORE-TLS-001"][0] == "not-applicable"
    assert verdicts["CORE-HLT-001"] == ("not-tested", "GET /health got no complete answer: no answer to GET /v1/health is mocked")
    assert report.translations[verdicts["CORE-HLT-001"][1] or ""].lt.endswith("atsakymas į GET /v1/health neimituojamas")
    assert {each.verdict for each in report.verdicts if each.requirement in ("CORE-ROB-001", "CORE-CRD-001")} == {"passed", "not-tested"}
    assert "harness-error" not in {each.verdict for each in report.verdicts}
    result.stdout.fnmatch_lines(["*::test_conformance[[]GREE-TXT-001[]] PASSED*"])


def test_a_transport_of_httpx_is_called(agency: pytest.Pytester, no_connection: None) -> None:
    agency.makepyfile(
        given="""
        import httpx, json
        from service import answered

        def handle(request):
            status, answer = answered(request.method, request.url.path, request.read())
            return httpx.Response(status, json=answer)

        class Synchronous(httpx.BaseTransport):
            handle_request = staticmethod(handle)

        app = httpx.MockTransport(handle)
        synchronous = Synchronous()
        """
    )
    conformance_of(agency, "given")
    agency.runpytest_inprocess("-k", "TXT-001").assert_outcomes(passed=1, deselected=70)
    agency.makepyfile(test_conformance=TESTS.format(module="given", options="").replace("import app", "import synchronous as app"))
    agency.runpytest_inprocess("-k", "TXT-001").assert_outcomes(passed=1, deselected=70)


def test_the_service_is_tested_once_whoever_asks(agency: pytest.Pytester) -> None:
    conformance_of(agency, options='report={"json": "r.json"}')
    agency.makepyfile(
        test_more="""
        import pytest
        from service import app

        @pytest.fixture
        def govai_service():
            return app

        @pytest.mark.govai("greeting", class_="base")
        def test_whole(govai_report):
            assert govai_report.of("GREE-TXT-001").verdict == "passed"

        @pytest.mark.anyio
        @pytest.mark.govai("greeting", class_="base")
        async def test_late(request):
            assert request.getfixturevalue("govai_report").participant.name

        @pytest.mark.anyio
        @pytest.mark.govai("greeting", class_="base", name="late")
        async def test_later(request):
            assert request.getfixturevalue("govai_report").participant.name == "late"

        @pytest.mark.govai("greeting", name="other", report={"json": "r.json"})
        def test_the_same_file(govai_report):
            pass
        """
    )
    alone = agency.runpytest_inprocess("test_conformance.py")
    once = (agency.path / "asked").read_text().splitlines()
    (agency.path / "asked").unlink()
    result = agency.runpytest_subprocess("-n2", "test_conformance.py")
    assert sorted((agency.path / "asked").read_text().splitlines()) == sorted(once)
    assert result.parseoutcomes() == alone.parseoutcomes()
    result.stdout.fnmatch_lines(["*= govai =*", f"{agency.path.name}: *", "json report: *r.json"])
    (agency.path / "asked").unlink()
    result = agency.runpytest_inprocess()
    assert result.parseoutcomes()["errors"] == 1
    result.stdout.fnmatch_lines(["govai: *r.json is the report of another run already. *"])
    assert len((agency.path / "asked").read_text().splitlines()) == 2 * len(once)  # one application, under two names


FAULTY = """
import service

async def app(scope, receive, send):
    async def sending(message):
        if message["type"] == "http.response.body" and b"Dear" in message["body"]:
            message = {**message, "body": b'{"text": "Dear you!"}'}
        await send(message)
    await service.app(scope, receive, sending)
"""


def test_a_failure_is_readable(agency: pytest.Pytester) -> None:
    agency.makepyfile(faulty=FAULTY)
    conformance_of(agency, "faulty")
    result = agency.runpytest_inprocess("-k", "TXT-001")
    result.assert_outcomes(failed=1, deselected=70)
    result.stdout.fnmatch_lines(
        [
            "*_ test_conformance[[]GREE-TXT-001[]] _*",
            "failed: A greeting names the person.",
            "  got: Dear you!",
            "curl *http://localhost:8000/greet",
            "basis: Good manners",
            "curl: the service was called without a socket. Start it at http://localhost:8000 *",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*pytest_plugin*")


@pytest.mark.parametrize("scope", ["module", "function"])
def test_one_fixture_may_give_each_module_its_own_service(agency: pytest.Pytester, scope: str) -> None:
    agency.makepyfile(faulty=FAULTY)
    agency.makeconftest(
        f"""
        import pytest

        @pytest.fixture(scope="{scope}")
        def govai_service(request):
            async def app(*call):
                await request.module.app(*call)

            return app
        """
    )
    test = 'import pytest\nfrom {} import app\n\n@pytest.mark.govai("greeting")\ndef test_it(govai_verdict):\n    govai_verdict.check()\n'
    agency.makepyfile(test_faulty=test.format("faulty"), test_right=test.format("service"))
    result = agency.runpytest_inprocess("-v", "-k", "TXT-001 or TXT-005")
    result.stdout.fnmatch_lines(["test_faulty.py::test_it[[]GREE-TXT-001[]] FAILED*", "test_right.py::test_it[[]GREE-TXT-001[]] PASSED*"])
    assert result.stdout.str().count(": not-conformant. ") == 2  # runs


EXPECTED = """
[[expected]]
requirement = "GREE-TXT-001"
reason = "names come in spring; ticket 12"
owner = "greeters"
until = {until}

[[expected]]
requirement = "GREE-TXT-005"
reason = "old"
owner = "greeters"
until = 2999-01-01
"""


@pytest.mark.parametrize(("until", "state"), [("2999-01-01", "PASSED"), ("2020-01-01", "FAILED")])
def test_a_known_failure_is_expected_and_a_list_that_does_not_hold_fails(agency: pytest.Pytester, until: str, state: str) -> None:
    agency.makepyfile(faulty=FAULTY)
    (agency.path / "known.toml").write_text(EXPECTED.format(until=until))
    conformance_of(agency, "faulty", 'expected_failures="known.toml"')
    result = agency.runpytest_inprocess("-v", "-rx", "-k", "TXT-001 or TXT-005")
    known = state == "PASSED"
    result.stdout.fnmatch_lines(
        [
            f"*::test_conformance[[]GREE-TXT-001[]] {'XFAIL' if known else 'FAILED'}*",
            "*::test_conformance[[]GREE-TXT-005[]] PASSED*",
            f"*::test_conformance[[]expected-GREE-TXT-001[]] {state}*",
            "*::test_conformance[[]expected-GREE-TXT-005[]] FAILED*",
            "GREE-TXT-005 is met now. Take the entry out of the list of expected failures (greeters: old).",
        ]
    )
    said = (
        "XFAIL *known until 2999-01-01: names come in spring; ticket 12 (greeters)" if known else "GREE-TXT-001 was expected to fail until*"
    )
    result.stdout.fnmatch_lines([said])


def test_a_participant_of_govai_toml_is_started_and_tested(agency: pytest.Pytester, profiles: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    (agency.path / "known.toml").write_text(EXPECTED.format(until="2999-01-01"))
    (agency.path / "govai.toml").write_text(
        f"""
        profile-path = ["{profiles}"]
        [[participants]]
        name = "Greeter of Vilnius"
        profiles = ["greeting"]
        url = "{url}"
        start = ["{sys.executable}", "-m", "uvicorn", "service:app", "--port", "{url.rpartition(":")[2]}", "--log-level", "warning"]
        country = "LT"
        expected-failures = "known.toml"
        reports = {{json = "r.json"}}
        """
    )
    result = agency.runpytest_inprocess("--govai-participant=Greeter of Vilnius", "--govai-country=pl", "-k", "TXT-001", "-v")
    result.stdout.fnmatch_lines(["govai/greeting/1::GREE-TXT-001 PASSED*", "govai/expected::GREE-TXT-001 FAILED*", "Greeter of Vilnius: *"])
    report = read_report(agency.path / "r.json")
    assert (report.participant.country, [each.state for each in report.expected]) == ("pl", ["stale", "stale"])
    wrong = agency.runpytest_inprocess("--govai-participant=Nobody")
    wrong.stderr.fnmatch_lines(["*has no service (a participant with url) called Nobody. There are: Greeter of Vilnius.*"])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('@pytest.mark.govai("greeting", contry="pl")', "govai: @pytest.mark.govai has no contry. Did you mean country?"),
        ('@pytest.mark.govai("nothing")', "govai: There is no profile nothing. *"),
        ("@pytest.mark.govai", 'govai: Say what to test against: @pytest.mark.govai("translation"). *'),
        ('@pytest.mark.govai("greeting", expected_failures="none.toml")', "govai: There is no */none.toml. *"),
        ('@pytest.mark.govai("greeting", max_rps=0)', "govai: --govai-max-rps 0: write it as a number greater than 0."),
    ],
)
def test_a_wrong_marker_is_one_sentence(agency: pytest.Pytester, text: str, sentence: str) -> None:
    agency.makepyfile(f"import pytest\n\n{text}\ndef test_conformance(govai_verdict):\n    govai_verdict.check()\n")
    result = agency.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([sentence])
    result.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.parametrize(
    ("service", "sentence"),
    [
        ("None", "govai: Nobody says what is to be tested: write a fixture govai_service that returns it, or give --govai-url."),
        ("7", "govai: A int cannot be tested: it answers nothing. *"),
        ("httpx.Client()", "govai: A Client cannot be tested: it answers nothing. *"),
        ("Client()", "govai: A Client cannot be tested: give the application itself, not a client of it. *"),
        ("broken", "govai: The application does not start: there is no model."),
        ("'localhost'", "govai: localhost is not a base URL. *"),
    ],
)
def test_what_cannot_be_tested_is_one_sentence(agency: pytest.Pytester, service: str, sentence: str) -> None:
    agency.makepyfile(
        f"""
        import httpx, pytest, service

        class Client:
            app = service.app

        async def broken(scope, receive, send):
            await receive()
            await send({{"type": "lifespan.startup.failed", "message": "there is no model"}})

        @pytest.fixture(scope="session")
        def govai_service():
            return {service}

        @pytest.mark.govai("greeting")
        def test_conformance(govai_verdict):
            govai_verdict.check()

        def test_own():
            pass
        """
    )
    result = agency.runpytest_inprocess("-k", "TXT-001 or own")
    result.assert_outcomes(passed=1, errors=1, deselected=69)
    result.stdout.fnmatch_lines([sentence])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*pytest_plugin*")


def test_a_test_that_judges_nothing_is_no_pass(agency: pytest.Pytester) -> None:
    conformance_of(agency)
    path = agency.path / "test_conformance.py"
    path.write_text(path.read_text().replace("govai_verdict.check()", "pass"))
    result = agency.runpytest_inprocess("-k", "TXT-001")
    result.assert_outcomes(passed=1, errors=1, deselected=70)
    result.stdout.fnmatch_lines(["GREE-TXT-001 was not judged: call govai_verdict.check() in the test."])


def test_the_example_of_the_page_runs_with_fastapi(agency: pytest.Pytester) -> None:
    agency.makepyfile(
        service="""
        from contextlib import asynccontextmanager
        from fastapi import FastAPI, Request
        from pydantic import BaseModel

        @asynccontextmanager
        async def lifespan(app):
            yield {"translate": str.upper}

        class Ask(BaseModel):
            q: str | list[str]
            source: str
            target: str

        app = FastAPI(lifespan=lifespan)

        @app.get("/languages")
        def languages():
            return [{"code": code, "name": code, "targets": ["pl", "lt"]} for code in ("pl", "lt")]

        @app.post("/translate")
        def translate(ask: Ask, request: Request):
            one = request.state.translate
            return {"translatedText": one(ask.q) if isinstance(ask.q, str) else [one(each) for each in ask.q]}
        """,
        test_conformance=example(),
    )
    result = agency.runpytest_inprocess("-v", "-k", "API-001 or INV-001")
    result.stdout.fnmatch_lines(
        ["*::test_conformance[[]CORE-API-001[]] PASSED*", "*[[]TRNS-API-001[]] PASSED*", "*[[]TRNS-INV-001[]] FAILED*"]
    )


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
