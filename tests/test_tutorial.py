"""The tutorial, word by word in an empty folder: its files are written, its changes applied, its commands run, and what it shows is what comes.

The environment of the tests stands in for the one that the page installs, and a free port for 8000.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml

from harness.report import decode_report

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "tutorial.md"
EXAMPLE = ROOT / "examples" / "anonymisation"
PORT = "8000"
_BLOCK = re.compile(r"^```(?:\{code-block\} )?(\w+)\n(?::caption: (\S+)\n\n)?(.*?)^```$", re.DOTALL | re.MULTILINE)
_REQUIREMENT = re.compile(r"\b[A-Z]{4}-[A-Z]{3}-\d{3}\b")
_INSTALLED = ("python3 -m venv ", ". .venv/", "pip install ")


class Block(NamedTuple):
    """A block of the page: its language, the file that it is, its lines, and the requirements that its section names before it."""

    kind: str
    file: str
    content: str
    named: set[str]


def blocks(text: str) -> Iterator[Block]:
    for found in _BLOCK.finditer(text):
        kind, file, content = found.groups()
        before = text[text.rfind("\n## ", 0, found.start()) : found.start()]
        yield Block(kind, file, content, set(_REQUIREMENT.findall(before)))


def commands(content: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block, and what the page says that it prints."""
    for part in re.split(r"^\$ ", content, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def squeezed(text: str) -> str:
    return " ".join(text.split())


def is_shown(shown: str, printed: str) -> bool:
    """Whether the page shows what was printed; ``...`` stands for lines that it leaves out. White space may differ."""
    parts = [re.escape(squeezed(part)) for part in re.split(r"^\.\.\.$", shown, flags=re.MULTILINE)]
    return re.fullmatch(".*".join(parts), squeezed(printed)) is not None


def run(command: str, folder: Path, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    own = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "COLUMNS": "80",
        "GIT_CONFIG_GLOBAL": os.devnull,
        **{f"GIT_{who}_{what}": "office@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }
    env = {**os.environ, **own, **environment}
    return subprocess.run(["bash", "-c", command], cwd=folder, env=env, input=given, capture_output=True, text=True, check=False)


def passed(folder: Path) -> set[str]:
    """The requirements that the last run passed."""
    report = decode_report((folder / "govai-reports" / "anonymiser.json").read_bytes())
    return {each.requirement for each in report.verdicts if each.verdict == "passed"}


def follow(text: str, folder: Path) -> None:
    """Do in a folder what a page says, and see what it shows: a change mends what its section names."""
    status, mended = 0, set[str]()
    for kind, file, content, named in blocks(text):
        if file:
            (folder / file).write_text(content, encoding="utf-8")
        elif kind == "diff":
            mended = named
            assert mended, content
            assert not mended & passed(folder)
            assert run("git apply -", folder, given=content).returncode == 0, content
        for command, shown in commands(content) if kind == "console" else ():
            if command.startswith(_INSTALLED):
                continue
            ended = run(f"(exit {status}); {command}", folder)
            status = ended.returncode
            assert is_shown(shown, ended.stdout), f"$ {command}\n{ended.stdout}\n{ended.stderr}"
            assert status == 0 or command == "govai run", ended.stderr
            assert command != "govai run" or mended <= passed(folder)


def test_word_by_word(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    follow(PAGE.read_text(encoding="utf-8").replace(PORT, port), tmp_path)
    for example in (each for each in EXAMPLE.iterdir() if each.is_file()):
        assert (tmp_path / example.name).read_text(encoding="utf-8").replace(port, PORT) == example.read_text(encoding="utf-8")
    steps = yaml.safe_load((tmp_path / ".github/actions/govai/action.yml").read_text(encoding="utf-8"))["runs"]["steps"]
    inputs = {
        "COMMAND": "run",
        "PARTICIPANT": "Anonymiser",
        "REPORTS": "govai-reports",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }
    assert run(steps[-1]["run"], tmp_path, **inputs).returncode == 0
