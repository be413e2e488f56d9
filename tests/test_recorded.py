"""The evidence of earlier runs, judged again offline: rules come to the verdicts that they came to in the run."""

from __future__ import annotations

import asyncio
import sys
import textwrap
from pathlib import Path
from typing import Any

import httpx
import pytest

import harness
from harness import catalogue
from harness.checks import registry
from harness.client import asgi_transport
from harness.errors import UsageError
from harness.recorded import read_exchanges
from harness.recording import FILE
from harness.report import Report
from harness.serve.listening import running
from harness.serve.mock import reference_app
from harness.untold import Untold

Seen = dict[str, tuple[Any, ...]]


def seen(report: Report) -> Seen:
    """What the checks came to, scenarios apart."""
    return {
        each.requirement: (
            each.verdict,
            each.cause,
            each.exercised,
            each.violations,
            [(one.message, one.exchange) for one in each.findings],
        )
        for each in report.verdicts
        if all(check.kind != "scenario" for check in registry.of(each.requirement))
    }


@pytest.mark.parametrize("mutant", [None, "errors-leave-the-trace", "a-member-became-a-list"])
def test_a_run(mutant: str | None, tmp_path: Path) -> None:
    transport = asgi_transport(reference_app("assistant", "lt", mutant=mutant))
    run = harness.run("http://127.0.0.1", ["assistant"], country="lt", transport=transport, evidence=tmp_path)
    (again,) = harness.judge_file(tmp_path, ["assistant"])
    assert seen(again) == seen(run)
    assert again.requests == run.requests
    assert again.ended is None
    assert again.notes == [f"{run.requests} recorded exchanges were judged: {tmp_path.name}, service at http://127.0.0.1."]
    with pytest.raises(UsageError, match=r"The consumer in .* is govai itself"):
        harness.judge_file(tmp_path, ["assistant"], side="consumer")


CLIENT = """
    import json, os, sys, urllib.request
    known = {"id", "object", "created", "model", "choices", "usage", "assurance", "system_fingerprint", "service_tier"}
    for question in ("one?", "two?"):
        headers = {"Content-Type": "application/json", "Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}
        body = {"model": "asystent-wyszukujacy-2", "messages": [{"role": "user", "content": question}]}
        request = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", json.dumps(body).encode(), headers)
        if json.load(urllib.request.urlopen(request)).keys() - known:
            sys.exit("unknown member")
"""


@pytest.mark.parametrize(
    ("command", "situations"),
    [
        ([sys.executable, "-m", "conformance.reference.client", "assistant", "pl", "3"], ["later-members", "lost-answer", "redirect"]),
        ([sys.executable, "-c", textwrap.dedent(CLIENT)], ["later-members"]),
    ],
    ids=["reference", "strict"],
)
def test_a_client_that_situations_were_played_to(command: list[str], situations: list[str], tmp_path: Path) -> None:
    run = harness.consume(command, ["assistant"], situations=situations, evidence=tmp_path)
    (again,) = harness.judge_file(tmp_path / FILE, ["assistant"], name="again", country="pl")
    assert seen(again) == seen(run)
    assert run.of("CORE-TOL-001").verdict == ("failed" if len(situations) == 1 else "passed")
    assert (again.participant.side, again.participant.name, again.participant.country) == ("consumer", "again", "pl")
    assert again.exit_code == run.exit_code
    with pytest.raises(UsageError, match=r"The provider in .* is govai itself"):
        harness.judge_file(tmp_path, ["assistant"], side="provider")


def test_traffic_that_passed_through(tmp_path: Path) -> None:
    async def pass_through() -> tuple[Report, Report]:
        told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        stop = asyncio.Event()
        with running(_below(reference_app("assistant", "pl"))) as url:
            watched = harness.aproxy(f"{url}/below", ["assistant"], evidence=tmp_path, ready=told.set_result, stop=stop)
            task = asyncio.create_task(watched)
            async with httpx.AsyncClient(base_url=await told, trust_env=False) as client:
                question = {"model": "asystent-wyszukujacy-2", "messages": [{"role": "user", "content": "112?"}]}
                for more in ({}, {"stream": True}, {"model": 5}):
                    await client.post("/v1/chat/completions", json=question | more)
            stop.set()
            return await task

    passed = asyncio.run(pass_through())
    again = harness.judge_file(tmp_path, ["assistant"])
    assert [seen(each) for each in again] == [seen(each) for each in passed]
    assert [each.participant.side for each in again] == ["provider", "consumer"]
    assert again[1].of("CORE-REQ-002").verdict == "failed"


def _below(app: Any) -> Any:
    async def serve(scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"].removeprefix("/below")
        await app({**scope, "path": path, "raw_path": path.encode()}, receive, send)

    return serve


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evidence")
    transport = asgi_transport(reference_app("assistant", "lt", token="s3cret-token"))
    credential = harness.Credential("bearer", "s3cret-token", "$TOKEN")
    harness.run("http://127.0.0.1", ["core"], credential=credential, transport=transport, evidence=folder)
    return folder


def test_exchanges_are_read_as_they_were(evidence: Path) -> None:
    profiles = catalogue.load_with_core([])
    exchanges = list(read_exchanges(evidence, profiles))
    assert {each.sender for each in exchanges} == {"harness"}
    assert any(each.vector is not None for each in exchanges)
    assert all(each.vector is None for each in read_exchanges(evidence)), "no profile, no vectors"


def test_an_answer_that_a_credential_was_taken_out_of_is_not_judged_letter_by_letter(evidence: Path, tmp_path: Path) -> None:
    first, second, *_ = (evidence / FILE).read_text(encoding="utf-8").splitlines()
    (tmp_path / FILE).write_text(f'{first}\n{second[:-1]},"hidden":true}}\n', encoding="utf-8")
    (exchange,) = read_exchanges(tmp_path)
    with pytest.raises(Untold):
        _ = exchange.answer.json


def test_another_version_of_the_profile_has_other_vectors(evidence: Path, tmp_path: Path) -> None:
    content = (evidence / FILE).read_text(encoding="utf-8").replace("sha256:", "sha256:0", 1)
    (tmp_path / FILE).write_text(content, encoding="utf-8")
    assert all(each.vector is None for each in read_exchanges(tmp_path, catalogue.load_with_core([])))


def test_a_recording_that_is_cut_off_is_judged_as_far_as_it_goes(evidence: Path, tmp_path: Path) -> None:
    content = (evidence / FILE).read_bytes()
    lines = content.splitlines(keepends=True)
    for cut in (b"".join(lines[:-1]), b"".join(lines[:41]) + lines[41][:30], b"".join(lines[:41]) + b"\xff\n" + lines[42]):
        (tmp_path / FILE).write_bytes(cut)
        (report,) = harness.judge_file(tmp_path, ["core"])
        assert report.ended == f"The recording is cut off after exchange {report.requests}."
    assert report.requests == 40
    (tmp_path / FILE).write_bytes(lines[0])
    with pytest.raises(UsageError, match="No request to an operation of core/1 is recorded"):
        harness.judge_file(tmp_path, ["core"])
