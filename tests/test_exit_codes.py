"""Every exit code of docs/reference/exit-codes.md, each shown by the command itself, as a process."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.serve.listening import running
from harness.serve.mock import reference_app

PAGE = Path(__file__).parent.parent / "docs" / "reference" / "exit-codes.md"
GOVAI = str(Path(sys.executable).with_name("govai"))
INTERRUPTED = 130
CASES = {
    "conformant": (0, "{sound}", []),
    "a failure": (1, "{faulty}", []),
    "a failure, and no room for the report": (4, "{faulty}", ["--report", "json=/dev/full"]),
    "too small a budget": (5, "{sound}", ["--budget", "3"]),
    "incomplete, as is allowed": (0, "{sound}", ["--budget", "3", "--allow-incomplete"]),
    "no such profile": (2, "{sound}", ["--profile", "translaton"]),
    "nobody there": (3, "{nobody}", []),
}


@pytest.fixture(scope="module")
def places() -> Iterator[dict[str, str]]:
    """The base URLs of a service without a fault, of one with a fault, and of nobody."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
    faulty = reference_app("translation", "pl", mutant="errors-leave-the-trace")
    with running(reference_app("translation", "pl")) as one, running(faulty) as other:
        yield {"sound": one, "faulty": other, "nobody": nobody}


@pytest.mark.parametrize(("code", "url", "arguments"), CASES.values(), ids=CASES)
def test_a_run_ends_with(places: dict[str, str], code: int, url: str, arguments: list[str]) -> None:
    words = [GOVAI, "run", url.format(**places), "--profile", "core", *arguments]
    ended = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    assert bool(ended.stdout) == (code != 2)


def test_an_interrupted_command_ends_with_130() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        words = [GOVAI, "init", "--url", f"http://127.0.0.1:{silent.getsockname()[1]}"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as command:
            connection, _ = silent.accept()
            with connection:
                command.send_signal(signal.SIGINT)
                _, said = command.communicate(timeout=60)
    assert (command.returncode, "Traceback" in said) == (INTERRUPTED, False)


def test_the_page_has_these_codes_and_no_other() -> None:
    text = PAGE.read_text(encoding="utf-8")
    codes = {int(code) for code in re.findall(r"^\| (\d) \|", text, re.MULTILINE)}
    assert codes == {code for code, _, _ in CASES.values()}
    assert f"ends the program with {INTERRUPTED}" in text
