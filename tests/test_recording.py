"""Exchanges on disk: whole, without secrets, and enough to go on from."""

from __future__ import annotations

import json
import resource
from pathlib import Path
from typing import Any

import pytest

import harness
from harness.client import asgi_transport
from harness.errors import UsageError
from harness.exchange import Exchange, Headers, Request, Response
from harness.participant import Credential, Limits, Participant
from harness.recording import FILE, Recording
from harness.serve.mock import reference_app

PARTICIPANT = Participant("http://127.0.0.1:1", "x")


class Service:
    """The Lithuanian reference, which counts what it is asked and goes away after so many requests."""

    def __init__(self, until: int = 1_000_000) -> None:
        self.app, self.asked, self.until = reference_app("assistant", "lt", token="s3cret-token"), 0, until

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        if self.asked > self.until:
            raise ConnectionRefusedError
        await self.app(scope, receive, send)


def run(service: Service, **options: Any) -> harness.Report:
    credential = Credential("bearer", "s3cret-token", "$TOKEN")
    return harness.run("http://127.0.0.1", ["assistant"], country="lt", credential=credential, transport=asgi_transport(service), **options)


def lines(folder: Path) -> list[Any]:
    return [json.loads(line) for line in (folder / FILE).read_bytes().splitlines()]


def verdicts(report: harness.Report) -> dict[str, str]:
    return {each.requirement: each.verdict for each in report.verdicts}


def test_every_exchange_stands_in_the_recording_and_no_secret(tmp_path: Path) -> None:
    report = run(Service(), evidence=tmp_path / "new" / "folder")
    first, *exchanges, last = lines(tmp_path / "new" / "folder")
    assert (first["format"], first["seed"]) == ("govai-exchanges/1", 1)
    assert len(exchanges) == report.requests == last["exchanges"]
    assert last["ended"] is None
    assert len({each["id"] for each in exchanges}) == report.requests
    assert "s3cret-token" not in (tmp_path / "new" / "folder" / FILE).read_text("utf-8")


def test_an_interrupted_run_goes_on_where_it_was_cut_off(tmp_path: Path) -> None:
    one_by_one = Limits(concurrency=1)  # so that it takes the same requests each time
    whole = run(Service(), limits=one_by_one)
    service = Service(until=200)
    cut = run(service, evidence=tmp_path, limits=one_by_one)
    assert cut.outcome == "unreachable"
    recorded = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(recorded[: recorded.rindex(b"\n", 0, -1) - 5])  # as by a crash in the middle of a line

    service.asked, service.until = 0, 1_000_000
    report = run(service, resume=tmp_path, limits=one_by_one)
    assert verdicts(report) == verdicts(whole)
    assert report.requests == whole.requests
    assert 150 < whole.requests - service.asked <= 200
    assert any("are those of the earlier run" in note for note in report.notes)

    service.asked = 0
    run(service, resume=tmp_path, limits=one_by_one)
    assert service.asked == 0


def test_a_folder_with_a_run_is_not_written_over(tmp_path: Path) -> None:
    run(Service(until=20), evidence=tmp_path)
    with pytest.raises(UsageError, match=r"holds an earlier run: name another folder"):
        run(Service(), evidence=tmp_path)


def test_a_run_goes_on_only_with_one_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no run to go on with"):
        run(Service(), resume=tmp_path)
    (tmp_path / FILE).write_text("not JSON\n")
    with pytest.raises(UsageError, match="is not a recording of govai"):
        run(Service(), resume=tmp_path)
    (tmp_path / FILE).unlink()
    run(Service(until=20), evidence=tmp_path)
    with pytest.raises(UsageError, match="of another run: its seed differs"):
        run(Service(), resume=tmp_path, seed=2)
    with pytest.raises(UsageError, match="leave out --evidence"):
        run(Service(), resume=tmp_path, evidence=tmp_path / "other")


def test_a_recording_that_cannot_be_made_is_known_before_anything_is_sent(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    service = Service()
    with pytest.raises(UsageError, match="cannot be used"):
        run(service, evidence=tmp_path / "file")
    assert service.asked == 0


def test_a_full_disk_costs_the_recording_and_not_the_run(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        report = run(Service(), evidence=tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert report.outcome == "conformant"
    assert any("nothing could be recorded" in note for note in report.notes)

    report = run(Service(), resume=tmp_path)
    assert report.outcome == "conformant"
    assert lines(tmp_path)[-1]["exchanges"] == report.requests


def test_bodies_come_back_byte_for_byte(tmp_path: Path) -> None:
    bodies = (b"", "Žemaitė".encode(), b"\xff\xfe\x00", b'{"a": "\\ud800"}', "\x00\x1f \u2028".encode())
    with Recording(tmp_path, PARTICIPANT, [], 1) as recording:
        for number, body in enumerate(bodies):
            response = Response(200, Headers([("A", "1"), ("a", "ž")]), body)
            recording.keep(Exchange(f"e.{number}", Request("POST", "http://127.0.0.1:1/x", body=body), response))
        recording.end(None)
    with Recording(tmp_path, PARTICIPANT, [], 1, resume=True) as recording:
        for number, body in enumerate(bodies):
            found = recording.find(f"e.{number}", Request("POST", "/x", body=body))
            assert found is not None
            assert (found.request.body, found.answer.body) == (body, body)
            assert found.answer.headers.items == (("A", "1"), ("a", "ž"))
        assert recording.find("e.0", Request("POST", "/x")) is None


def test_an_answer_that_held_a_credential_is_asked_for_again(tmp_path: Path) -> None:
    request = Request("GET", "http://127.0.0.1:1/")
    with Recording(tmp_path, PARTICIPANT, [], 1, secrets={"s3cret"}) as recording:
        recording.keep(Exchange("told", request, Response(400, body=b"not s3cret")))
        recording.keep(Exchange("kept", request.with_header("Authorization", "Bearer s3cret"), Response(200, body=b"{}")))
    with Recording(tmp_path, PARTICIPANT, [], 1, resume=True) as recording:
        assert recording.find("told", Request("GET", "/")) is None
        assert recording.find("kept", Request("GET", "/")) is not None


def test_one_that_got_no_answer_is_sent_again(tmp_path: Path) -> None:
    run(Service(until=30), evidence=tmp_path, limits=Limits(concurrency=1))
    assert any("fault" in each for each in lines(tmp_path)[1:-1])
    second = Service()
    report = run(second, resume=tmp_path)
    assert second.asked == report.requests - 30
