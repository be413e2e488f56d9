"""What a build's log holds: no commands of participants, colours and progress on terminals alone, and everything in its order."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from harness import formats
from harness.cli.output import Output
from harness.formats.inert import unheeded
from harness.formats.terminal import summary
from harness.pytest_plugin.items import Subject
from harness.report import Finding, ParticipantShown, encode_report
from tests.formats.samples import hundreds, report, verdict

GOVAI = Path(sys.executable).with_name("govai")
FORGED = "::error::forged ::add-mask::e ##[error]forged ##vso[task.complete]x ##teamcity[buildStop] \u2003::stop-commands::x"
COMMAND = re.compile(r"^\s*::[\w-]+( [^:]*)?::|##\w*\[", re.MULTILINE)
"""What actions/runner (ActionCommand.cs) and its kin read as a command."""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", "\\::error::x"),
        ("a\n  ::error::x\n", "a\n  \\::error::x\n"),
        ("a ##[error]x", "a ##\\[error]x"),
        ("##vso[task.complete]", "##\\vso[task.complete]"),
        ("http://[::1]:80/ a::b ## c [d]", "http://[::1]:80/ a::b ## c [d]"),
    ],
)
def test_a_command_is_broken_and_nothing_else(text: str, shown: str) -> None:
    assert unheeded(text) == shown


@pytest.mark.parametrize("width", [20, 33, 80, 500])
def test_the_summary_holds_no_command_wherever_its_lines_are_broken(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    findings = [Finding(FORGED, FORGED, None, FORGED, f"{'x' * 13}{FORGED}")]
    told = report(verdict("GREE-A-001", "failed", findings=findings, cause=FORGED), verdict("GREE-A-002", "not-tested", cause=FORGED))
    told = msgspec.structs.replace(told, participant=ParticipantShown(FORGED, None, None, "provider"), ended=FORGED, notes=[FORGED])
    summary(told, Output(highlight=False))
    shown = capsys.readouterr().out
    assert "forged" in shown
    assert COMMAND.findall(shown) == []


def test_nor_does_what_is_said_of_a_file_that_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(encode_report(report()).replace(b"govai-report/1", b"\\n::error::x ##[error]y"))
    done = subprocess.run([GOVAI, "convert", path, "--to", "csv"], capture_output=True, timeout=60, check=False)
    assert done.returncode == 2
    assert b"error" in done.stderr
    assert COMMAND.findall(done.stderr.decode()) == []


def test_nor_does_a_failed_item_of_pytest() -> None:
    failed = report(verdict("GREE-A-001", "failed", findings=[Finding(FORGED, FORGED, None, f"x\n{FORGED}")]))
    subject: Any = Subject(SimpleNamespace(allow_incomplete=False), None, SimpleNamespace(id="GREE-A-001"))  # type: ignore[arg-type]
    with pytest.raises(pytest.fail.Exception, match="forged") as failure:
        subject.check(SimpleNamespace(report=lambda: failed, advice=""))
    assert COMMAND.findall(str(failure.value)) == []


def judged(stdout: int | socket.socket, *reports: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """``govai judge`` of a recording, with these reports."""
    recording = Path(__file__).parent / "recordings" / "firefox.har"
    words = [GOVAI, "judge", recording, "--profile", "assistant", "--side", "provider"]
    words += [word for report in reports for word in ("--report", report)]
    surroundings = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "TERM", "CI")}
    return subprocess.run(words, stdout=stdout, stderr=subprocess.PIPE, timeout=120, check=False, env=surroundings | environment)


@pytest.mark.parametrize("kind", ["pipe", "file", "socket"])
def test_commands_stand_before_the_summary_whatever_the_log_is(kind: str, tmp_path: Path) -> None:
    """actions/runner reads a pipe, Node a socket, which /dev/stdout cannot be opened anew for."""
    if kind == "pipe":
        shown = judged(subprocess.PIPE, "github=/dev/stdout").stdout
    elif kind == "file":
        with (tmp_path / "log").open("wb") as log:
            log.write(b"before\n")
            log.flush()
            assert judged(log.fileno(), "github=/dev/stdout").stderr == b""
        before, _, shown = (tmp_path / "log").read_bytes().partition(b"\n")
        assert before == b"before"
    else:
        ours, theirs = socket.socketpair()
        with ours, theirs:
            assert judged(theirs, "github=/dev/stdout").stderr == b""
            theirs.close()
            shown = b"".join(iter(lambda: ours.recv(65_536), b""))
    lines = shown.decode().splitlines()
    commands = [number for number, line in enumerate(lines) if line.startswith("::")]
    assert commands == list(range(len(commands))) != []
    assert lines[len(commands)].startswith("○ Incomplete.")
    assert lines[-1] == "github report: /dev/stdout"


@pytest.mark.parametrize(("environment", "coloured"), [({"CI": "true"}, False), ({"FORCE_COLOR": "1"}, True)])
def test_a_log_has_no_colours_unless_they_are_asked_for(environment: dict[str, str], coloured: bool) -> None:
    assert bool(re.search(rb"\x1b\[[\d;]*3\dm", judged(subprocess.PIPE, **environment).stdout)) == coloured


def test_the_summary_of_a_step_may_be_replaced(tmp_path: Path) -> None:
    """GitHub's runner makes the file before a step and opens it anew after it, by its name, up to 1 MiB (FileCommandManager.cs)."""
    summary = tmp_path / "step_summary_1"
    summary.touch(mode=0o644)
    formats.write(hundreds(), "markdown", summary, "lt")
    assert summary.read_text(encoding="utf-8").startswith("## ✗ ")
    assert summary.stat().st_size < 1024 * 1024
    assert [each.name for each in tmp_path.iterdir()] == [summary.name]
