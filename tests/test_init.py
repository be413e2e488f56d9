"""``govai init``: what a service says of itself becomes ``govai.toml``, and the files for CI hold what their schemas ask and run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema import Draft7Validator
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.config import read_config
from harness.report import decode_report
from harness.serve.listening import running
from harness.serve.mock import reference_app
from tests.conftest import Govai

FOLDER = Path(sys.executable).parent
NAME = "Tłumacz: \"próba\" & 'test' $(x)"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def translator() -> Iterator[str]:
    with running(reference_app("translation", "lt")) as url:
        yield url


def participants() -> list[dict[str, Any]]:
    return list(tomllib.loads(Path("govai.toml").read_text(encoding="utf-8"))["participants"])


def answering(*routes: tuple[str, Callable[[], Response]]) -> Starlette:
    return Starlette(routes=[Route(path, lambda request, made=made: made()) for path, made in routes])


def document(path: str) -> Response:
    paths = {path: {"post": {"responses": {}}}}
    return JSONResponse({"openapi": "3.0.3", "info": {"title": "x", "version": "1"}, "paths": paths})


def page() -> Response:
    return Response("<html>", media_type="text/html")


def test_a_service_with_a_card_says_all_there_is_to_say(govai: Govai, translator: str) -> None:
    said = govai("init", "--url", translator, "--start", "python -m service")
    assert said.code == 0, said
    (own,) = participants()
    assert (own["name"], own["country"], own["profiles"]) == ("Pavyzdžio savivaldybės vertyklė", "lt", ["translation"])
    assert own["start"] == ["python", "-m", "service"]
    assert Path("govai.schema.json").exists()
    assert Path("govai.toml").read_text(encoding="utf-8").startswith("#:schema ./govai.schema.json\n")
    assert read_config(Path("govai.toml")).chosen("services")[0]["report"][0].endswith("pavyzdzio-savivaldybes-vertykle.html")


@pytest.mark.parametrize("name", ["x ${{ github.token }}", "x $[[ inputs.x ]]", "\x1b[2Jx", "x\n::error::y", "x ##[error]y", " ", 7])
def test_a_name_that_steers_is_not_taken_over(govai: Govai, name: object) -> None:
    card = JSONResponse({"name": name, "profiles": ["translation/1"]})
    with running(answering(("/service-card", lambda: card))) as url:
        said = govai("init", "--url", url)
    assert said.code == 0, said
    assert participants()[0]["name"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("app", "profiles"),
    [
        (answering(("/openapi.json", lambda: document("/api/v1/chat/completions"))), ["assistant"]),
        (answering(("/v1/models", lambda: JSONResponse({"object": "list", "data": []}))), ["assistant"]),
        (answering(("/languages", lambda: JSONResponse([])), ("/openapi.json", page)), ["translation"]),
    ],
    ids=["document", "what it answers", "a page in place of a document"],
)
def test_a_service_without_a_card_is_known_by_what_it_has(govai: Govai, app: Starlette, profiles: list[str]) -> None:
    with running(app) as url:
        assert govai("init", "--url", url).code == 0
    assert [each["profiles"] for each in participants()] == [profiles]
    assert participants()[0]["name"] == "127.0.0.1"


def test_a_service_that_asks_for_a_credential_gets_a_place_for_one_and_never_the_credential(
    govai: Govai,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TOKEN", "s3cret")
    with running(answering(("/v1/models", lambda: JSONResponse({}, 401)))) as url:
        assert govai("init", "--url", url, "--profile", "assistant", "--name", "A").code == 0
        assert govai("init", "--url", url, "--profile", "assistant", "--name", "B", "--auth", "bearer:env:TOKEN").code == 0
    assert [each["auth"] for each in participants()] == ["bearer:env:GOVAI_TOKEN", "bearer:env:TOKEN"]
    assert "s3cret" not in Path("govai.toml").read_text(encoding="utf-8")


def test_what_does_not_say_what_it_is_needs_a_profile(govai: Govai) -> None:
    with running(answering(("/", lambda: JSONResponse({})))) as url:
        said = govai("init", "--url", url)
    assert (said.code, "Say --profile NAME" in said.err, Path("govai.toml").exists()) == (2, True, False)


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("jenkins",), 2, "no files for jenkins"),
        (("github",), 2, "There is no govai.toml yet"),
        (("--url", "http://127.0.0.1:9"), 3, "cannot be reached"),
        (("--url", "http://127.0.0.1:9", "--start", "false"), 3, "ended with exit status 1"),
        (("--url", "nowhere"), 2, "is not a base URL"),
        (("--command", "python client.py"), 2, "Say whose client it is"),
        (("--command", "x", "--url", "http://127.0.0.1:9"), 2, "one of the two"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(
    govai: Govai,
    folder: Path,
    arguments: tuple[str, ...],
    code: int,
    told: str,
) -> None:
    said = govai("init", *arguments)
    assert (said.code, told in said.err) == (code, True), said
    assert list(folder.iterdir()) == []


def test_what_is_there_is_left_as_it_is(govai: Govai, translator: str) -> None:
    Path("tox.ini").write_text("[tox]\n", encoding="utf-8")
    assert govai("init", "tox", "--url", translator).code == 0
    assert Path("tox.ini").read_text(encoding="utf-8") == "[tox]\n"
    before = Path("govai.toml").read_bytes()
    said = govai("init", "--url", translator)
    assert (said.code, "already" in said.err, Path("govai.toml").read_bytes()) == (2, True, before)
    Path("govai.toml").write_text("# mine\n" + before.decode(), encoding="utf-8")
    assert govai("init", "--command", "python client.py", "--profile", "translation").code == 0
    assert Path("govai.toml").read_text(encoding="utf-8").startswith("# mine\n")
    assert [each["name"] for each in participants()][1:] == ["python"]


def valid(content: Any, schema: str) -> list[str]:
    return [error.message for error in Draft7Validator(get_builtin_schema(f"vendor.{schema}")).iter_errors(content)]


@pytest.fixture
def written(govai: Govai, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All files, for a service that asks for a token and has a name that has to be quoted, and for a client."""
    monkeypatch.setenv("TRANSLATION_TOKEN", "abc")
    client = f"{sys.executable} -m conformance.reference.client translation pl 2 --quiet"
    with running(reference_app("translation", "lt", token="abc")) as url:
        assert govai("init", "--url", url, "--name", NAME, "--auth", "bearer:env:TRANSLATION_TOKEN").code == 0
        assert (
            govai("init", "github", "gitlab", "tox", "pytest", "--command", client, "--profile", "translation", "--name", "Desk").code == 0
        )
        yield


@pytest.mark.usefixtures("written")
def test_the_files_are_what_github_and_gitlab_read() -> None:
    action = yaml.safe_load(Path(".github/actions/govai/action.yml").read_text(encoding="utf-8"))
    workflow = yaml.safe_load(Path(".github/workflows/govai.yml").read_text(encoding="utf-8"))
    assert valid(action, "github-actions") == []
    assert valid({"on" if key is True else key: value for key, value in workflow.items()}, "github-workflows") == []
    matrix = workflow["jobs"]["conformance"]["strategy"]["matrix"]["include"]
    assert [(each["command"], each["participant"]) for each in matrix] == [
        ("run", NAME),
        ("consumer", "Desk"),
    ]
    pipeline = yaml.safe_load(Path(".gitlab-ci.yml").read_text(encoding="utf-8"))
    assert valid(pipeline, "gitlab-ci") == []
    spec, component = component_of()
    assert set(pipeline["include"][0]["inputs"]) <= set(spec["spec"]["inputs"])
    assert valid(component, "gitlab-ci") == []


def component_of(**inputs: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The component's header, and its body as GitLab fills it in."""
    spec, body = Path(".gitlab/govai.yml").read_text(encoding="utf-8").split("\n---\n")
    header = yaml.safe_load(spec)
    values = {name: about.get("default", "x") for name, about in header["spec"]["inputs"].items()} | inputs
    return header, yaml.safe_load(re.sub(r"\$\[\[ inputs\.(\w+) \]\]", lambda match: json.dumps(values[match[1]])[1:-1], body))


def environment(**own: str) -> dict[str, str]:
    return {**os.environ, "PATH": f"{FOLDER}:{os.environ['PATH']}", **own}


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(("command", "name"), [("run", NAME), ("consumer", "Desk")])
def test_the_commands_of_the_action_run(command: str, name: str, folder: Path) -> None:
    steps = yaml.safe_load(Path(".github/actions/govai/action.yml").read_text(encoding="utf-8"))["runs"]["steps"]
    summary = folder / "summary.md"
    summary.touch()
    inputs = {"COMMAND": command, "PARTICIPANT": name, "REPORTS": "govai-reports", "GITHUB_STEP_SUMMARY": str(summary)}
    ended = subprocess.run(["bash", "-eo", "pipefail", "-c", steps[-1]["run"]], env=environment(**inputs), capture_output=True, check=False)
    assert ended.returncode in (0, 5), ended.stderr
    assert decode_report(Path("govai-reports/report.json").read_bytes()).participant.name == name
    assert "##" in summary.read_text(encoding="utf-8")


@pytest.mark.usefixtures("written")
def test_the_commands_of_the_component_run() -> None:
    (job,) = component_of(participant=NAME)[1].values()
    script = "\n".join(job["script"][1:])  # the first line installs govai
    ended = subprocess.run(["sh", "-ec", script], env=environment(**job["variables"]), capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert decode_report(Path("govai-reports/report.json").read_bytes()).participant.name == NAME
    assert Path(job["artifacts"]["reports"]["codequality"]).exists()


@pytest.mark.usefixtures("written")
def test_tox_reads_its_file() -> None:
    ended = subprocess.run([sys.executable, "-m", "tox", "config", "-e", "govai", "-k", "commands"], capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert b"govai run" in ended.stdout


@pytest.mark.usefixtures("written")
def test_pytest_runs_its_file() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "CORE-ERR", "--rootdir", ".", "tests"]
    ended = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout
    assert re.search(r"[1-9][0-9]* passed", ended.stdout)
