"""What the engine's tests share: a profile as small as one can be, and a service for it whose behaviour a test may change."""

from __future__ import annotations

import itertools
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import harness.cli
from harness.vectors import freeze, read_corpus

pytest_plugins = ["pytester"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--both-countries", action="store_true", help="put every mutant before the references of both countries")


Greet = Callable[[str], Response]


def dear(name: str) -> Response:
    """A right answer."""
    return JSONResponse({"text": f"Dear {name}!"})


def greeter(greet: Greet = dear) -> Starlette:
    """A service of the greeting profile that answers valid requests with ``greet(name)``."""

    async def answer(request: Request) -> Response:
        try:
            content: Any = await request.json()
        except ValueError:
            content = None
        name = content.get("name") if isinstance(content, dict) else None
        if not name or not isinstance(name, str):
            problem = {"type": "about:blank", "title": "invalid", "status": 400, "detail": "no name"}
            return JSONResponse(problem, 400, media_type="application/problem+json")
        return greet(name)

    async def names(request: Request) -> Response:
        return JSONResponse({"names": ["Jonas"]})

    return Starlette(routes=[Route("/names", names), Route("/greet", answer, methods=["POST"])])


@pytest.fixture(scope="session")
def profiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for ``--profile-path`` with the greeting profile, its vectors frozen."""
    folder = tmp_path_factory.mktemp("profiles") / "profiles"
    shutil.copytree(Path(__file__).parent / "profiles", folder)
    greeting = folder / "greeting" / "1"
    freeze(read_corpus(greeting / "corpus", greeting / "corpus" / "texts"), greeting / "vectors.jsonl", "greeting/1")
    return folder


@pytest.fixture
def counter() -> Callable[[], int]:
    """Counts its calls from 0."""
    return itertools.count().__next__


@dataclass
class Said:
    """What a command ended with and said."""

    code: int
    out: str
    err: str


Govai = Callable[..., Said]


@pytest.fixture
def govai(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Govai:
    """Runs the command line in this process."""

    def run(*arguments: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["govai", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            harness.cli.main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        code = end.value.code
        return Said(code if isinstance(code, int) else 0 if code is None else 1, out, err)

    return run
