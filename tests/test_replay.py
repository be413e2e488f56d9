"""From a finding back to the fault: repeated with ``govai replay``, made a vector with ``govai profile promote``, caught by the next plain run."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse

import harness
import harness.cli
from harness.formats import write
from harness.participant import Limits
from harness.serve.listening import running
from tests.conftest import Greet, dear, greeter
from tests.test_explore import faulty


@pytest.fixture
def govai(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[Any, str]]:
    """Runs the command line in this process; gives the exit code and what it said."""

    def run(*arguments: object) -> tuple[Any, str]:
        monkeypatch.setattr(sys, "argv", ["govai", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            harness.cli.main()
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return end.value.code or 0, out + err

    return run


def test_explored_replayed_promoted_and_caught(profiles: Path, tmp_path: Path, govai: Callable[..., tuple[Any, str]]) -> None:
    mine = tmp_path / "profiles"
    shutil.copytree(profiles, mine)
    path = tmp_path / "report.json"
    options = ("--profile-path", mine)
    with running(faulty()) as url:
        report = harness.run(url, ["greeting"], profile_paths=[mine], explore="120s", seed=2, limits=Limits(budget=700))
        write(report, "json", path)
        exchange = report.of("CORE-ERR-002").findings[0].exchange
        assert govai("replay", f"{path}#CORE-ERR-002", *options)[0] == 1
        code, said = govai("replay", f"{path}#{exchange}", *options)
        assert (code, said) == (1, f"CORE-ERR-002 ({exchange}): still there\n")
    with running(greeter()) as url:
        code, said = govai("replay", f"{path}#{exchange}", "--url", url, *options)
        assert (code, said) == (0, f"CORE-ERR-002 ({exchange}): gone\n")
    code, said = govai("replay", f"{path}#{exchange}", *options)
    assert code == 3
    assert "cannot be reached" in said

    promoted = ("profile", "promote", f"{path}#{exchange}", "greeting", "--id", "greet-list", "--purpose", "a list that nobody asked for")
    assert govai(*promoted, *options)[0] == 0
    code, said = govai(*promoted, *options)
    assert code == 2
    assert "choose another with --id" in said
    assert govai("profile", "compile", "greeting", *options)[0] == 0
    mended = {each["id"]: each for each in map(json.loads, (mine / "greeting/1/vectors.jsonl").read_text().splitlines()[1:])}
    assert "greet-list" in mended
    code, said = govai("replay", f"{path}#{exchange}", "--profile-path", mine)
    assert code == 3, "an exact request needs no vectors"


def test_the_promoted_vector_is_caught_by_the_plain_run(profiles: Path, tmp_path: Path, govai: Callable[..., tuple[Any, str]]) -> None:
    mine = tmp_path / "profiles"
    shutil.copytree(profiles, mine)
    corpus = mine / "greeting" / "1" / "corpus"
    with running(faulty()) as url:
        report = harness.run(url, ["greeting"], profile_paths=[mine], explore="120s", seed=2, limits=Limits(budget=700))
        write(report, "json", tmp_path / "r.json")
        exchange = report.of("CORE-ERR-002").findings[0].exchange
        at = f"{tmp_path / 'r.json'}#{exchange}"
        govai("profile", "promote", at, "greeting", "--id", "greet-list", "--purpose", "a list", "--profile-path", mine)
        assert "id: greet-list" in (corpus / "found.yaml").read_text()
        other = tmp_path / "other"
        shutil.copytree(mine, other)
        assert govai("profile", "compile", "greeting", "--profile-path", other)[0] == 0
        plain = harness.run(url, ["greeting"], profile_paths=[other])
    assert [each.exchange for each in plain.of("CORE-ERR-002").findings] == ["greet-list"]


def wrong(name: str) -> JSONResponse:
    return JSONResponse({"text": "Dear you!"})


def counting() -> Greet:
    counts = iter(range(10_000))
    return lambda name: JSONResponse({"text": f"Dear {name} {next(counts)}!"})


@pytest.fixture
def served() -> Iterator[Callable[[Greet], str]]:
    """Serves greeters on free ports."""
    import contextlib

    with contextlib.ExitStack() as stack:
        yield lambda greet: stack.enter_context(running(greeter(greet)))


@pytest.mark.parametrize(("greet", "requirement"), [(wrong, "GREE-TXT-001"), (counting(), "GREE-TXT-002")])
def test_a_vector_and_a_scenario_are_played_again(
    profiles: Path, tmp_path: Path, govai: Callable[..., tuple[Any, str]], served: Any, greet: Greet, requirement: str
) -> None:
    path, bad, good = tmp_path / "report.json", served(greet), served(dear)
    write(harness.run(bad, ["greeting"], profile_paths=[profiles]), "json", path)
    code, said = govai("replay", f"{path}#{requirement}", "--profile-path", profiles)
    assert (code, said.count("still there")) == (1, said.count("\n"))
    code, said = govai("replay", f"{path}#{requirement}", "--url", good, "--profile-path", profiles)
    assert (code, said.count("gone")) == (0, said.count("\n"))
    code, said = govai("profile", "promote", f"{path}#{requirement}", "greeting", "--id", "x", "--purpose", "y", "--profile-path", profiles)
    assert code == 2
    assert "vector" in said


def test_another_edition_of_the_profile_is_refused(
    profiles: Path, tmp_path: Path, govai: Callable[..., tuple[Any, str]], served: Any
) -> None:
    path, url = tmp_path / "report.json", served(wrong)
    write(harness.run(url, ["greeting"], profile_paths=[profiles]), "json", path)
    content = json.loads(path.read_text())
    content["profiles"][-1]["digest"] = "sha256:0"
    path.write_text(json.dumps(content))
    code, said = govai("replay", f"{path}#GREE-TXT-001", "--profile-path", profiles)
    assert code == 2
    assert "another edition of the profile greeting/1" in said


@pytest.mark.parametrize(
    ("content", "finding", "said"),
    [
        (None, "missing.json", "cannot be read"),
        ("{", "report.json", "not a govai report"),
        ("[]", "report.json#X", "not a govai report"),
    ],
)
def test_what_is_no_finding_is_said_in_a_sentence(
    tmp_path: Path, govai: Callable[..., tuple[Any, str]], content: str | None, finding: str, said: str
) -> None:
    if content is not None:
        (tmp_path / "report.json").write_text(content)
    for command in (("replay",), ("profile", "promote")):
        rest = ("assistant", "--id", "x", "--purpose", "y") if len(command) == 2 else ()
        code, told = govai(*command, tmp_path / finding, *rest)
        assert code == 2
        assert said in told


def test_a_finding_that_is_not_there_names_those_that_are(
    profiles: Path, tmp_path: Path, govai: Callable[..., tuple[Any, str]], served: Any
) -> None:
    path = tmp_path / "report.json"
    write(harness.run(served(wrong), ["greeting"], profile_paths=[profiles]), "json", path)
    code, said = govai("replay", f"{path}#GREE-TXT-009", "--profile-path", profiles)
    assert code == 2
    assert "no finding GREE-TXT-009" in said
    assert "GREE-TXT-001" in said
