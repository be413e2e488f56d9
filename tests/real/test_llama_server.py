"""The llama.cpp server (llama-cpp-python) with random weights: a real server by somebody else, and what was found out about it by hand.

``tox -e real`` installs it and runs this. What each finding is, and why it is right, stands in docs/real-world.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import harness
from harness.report import Report
from tests.real.serving import free_ports, serving

MODEL = "tiny-random"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(importlib.util.find_spec("llama_cpp") is None, reason="llama-cpp-python is not installed: tox -e real does that"),
]

DEFECTS = {
    "CORE-API-001": "null for temperature, which the standard allows, is answered with 500",
    "CORE-ERR-002": "invalid input is answered with 500",
    "CHAT-API-004": "max_completion_tokens is ignored",
    "CHAT-STR-005": "the usage chunk that was asked for does not come",
}
"""MUSTs of class base that this server does not meet."""

MISSING = {
    "CORE-CNT-002", "CORE-ERR-001", "CORE-ERR-003", "CORE-ERR-005", "CORE-TRC-001", "CORE-HLT-001", "CORE-CRD-001", "CORE-CCH-001",
    "CHAT-API-009", "CHAT-AID-001",
}  # fmt: skip
"""MUSTs of class government that it does not meet: it is no government's server."""

DIFFERS = {"CORE-ROB-001", "CHAT-API-011"}
"""What depends on what the random weights write, on the version, and on what else the machine is doing: named in docs/real-world.md."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a model with random weights."""
    from tests.real.tiny_model import write

    path = tmp_path_factory.mktemp("llama") / "tiny.gguf"
    write(str(path))
    return path


@pytest.fixture(scope="module")
def report(model: Path) -> Iterator[Report]:
    """The report on one run against the server. Requests come one by one, because by default it breaks an answer off when another comes."""
    with served(model) as url:
        yield harness.run(url, ["assistant"], decided_by="base", as_of=datetime.date(2026, 11, 24), limits=harness.Limits(concurrency=1))


def served(model: Path) -> contextlib.AbstractContextManager[str]:
    """The server on a free port of this machine."""
    [port] = free_ports(1)
    options = ["--model", str(model), "--model_alias", MODEL, "--host", "127.0.0.1", "--port", str(port), "--n_ctx", "1024"]
    return serving([sys.executable, "-m", "llama_cpp.server", *options, "--verbose", "false"], port, ["/v1/models"])


def test_the_run_came_to_its_end(report: Report) -> None:
    assert report.ended is None
    assert report.binding == {"model": MODEL}
    assert report.class_reached is None
    assert [note for note in report.notes if note.startswith("harness error")] == []


@pytest.mark.parametrize("requirement", DEFECTS)
def test_what_it_does_wrong_is_found(report: Report, requirement: str) -> None:
    assert report.of(requirement).verdict == "failed"


def test_it_is_accused_of_nothing_else(report: Report) -> None:
    failed = {each.requirement for each in report.verdicts if each.verdict == "failed"}
    assert failed - DIFFERS <= DEFECTS.keys() | MISSING


def test_random_weights_speak_no_language_and_are_not_judged_as_if_they_did(report: Report) -> None:
    for requirement in ("CHAT-LNG-001", "CHAT-SRC-002", "CHAT-INJ-001", "CHAT-INJ-002", "CHAT-PII-001", "CHAT-PII-002"):
        assert report.of(requirement).verdict == "not-tested", requirement


QUESTION = {"model": MODEL, "messages": [{"role": "user", "content": "Dzień dobry"}], "max_tokens": 12, "temperature": 0, "seed": 1}


async def answers(url: str) -> list[tuple[int, str | None, str]]:
    """What a client gets at this address, but for what is new each time."""
    got = []
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
        for body in (QUESTION, {**QUESTION, "stream": True}, {**QUESTION, "n": "two"}):
            answer = await client.post("/v1/chat/completions", content=json.dumps(body), headers={"Content-Type": "application/json"})
            text = re.sub(r'"id": ?"[^"]*"|"created": ?\d+', "", answer.text)
            got.append((answer.status_code, answer.headers.get("content-type"), text))
    return got


def test_through_the_proxy_comes_what_comes_without_it_and_both_sides_are_judged(model: Path) -> None:
    async def both(url: str) -> tuple[list[object], list[object], tuple[Report, Report]]:
        told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        stop = asyncio.Event()
        watching = asyncio.create_task(harness.aproxy(url, ["assistant"], decided_by="base", ready=told.set_result, stop=stop))
        through = await answers(await told)
        stop.set()
        return list(await answers(url)), list(through), await watching

    with served(model) as url:
        direct, through, (of_server, of_client) = asyncio.run(both(url))
    assert through == direct
    assert {each.requirement for each in of_server.verdicts if each.verdict == "failed"} <= DEFECTS.keys() | MISSING
    assert of_server.of("CORE-ERR-002").verdict == "failed", "500 for a number of answers that is no number"
    assert {each.requirement for each in of_client.verdicts if each.verdict == "failed"} == {"CORE-REQ-002", "CORE-TRC-003"}
