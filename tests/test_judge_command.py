"""``govai judge`` as a process: reports on both sides, exit codes, and one sentence for what it cannot read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

GOVAI = Path(sys.executable).with_name("govai")
RECORDINGS = Path(__file__).parent / "recordings"


def judge(*words: str | Path, profile: str = "assistant") -> subprocess.CompletedProcess[str]:
    return subprocess.run([GOVAI, "judge", *words, "--profile", profile], capture_output=True, text=True, timeout=60, check=False)


def test_a_recording_of_the_developer_tools(tmp_path: Path) -> None:
    done = judge(RECORDINGS / "developer-tools.har", "--country", "pl", "--report", f"json={tmp_path / 'r.json'}")
    assert done.returncode == 1, done.stderr
    provider, consumer = (json.loads((tmp_path / f"r-{side}.json").read_text(encoding="utf-8")) for side in ("provider", "consumer"))
    assert (provider["outcome"], consumer["outcome"]) == ("incomplete", "not-conformant")
    assert f"json report: {tmp_path / 'r-consumer.json'}" in done.stdout
    assert "10 recorded exchanges were judged: developer-tools.har" in done.stdout


def test_one_side(tmp_path: Path) -> None:
    words = ["--side", "provider", "--lang", "lt", "--report", f"json={tmp_path / 'r.json'}"]
    assert judge(RECORDINGS / "firefox.har", *words).returncode == 5
    assert judge(RECORDINGS / "firefox.har", *words, "--allow-incomplete").returncode == 0
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["participant"]["side"] == "provider"


PAGE = b"<!doctype html><title>Not found</title>"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (PAGE, "is neither a HAR file (a JSON object with log.entries, in UTF-8) nor a recording of govai."),
        (b"", "is empty."),
        (b'{"openapi":"3.1.1","paths":{}}', "is neither a HAR file"),
        (b'{"log":{"entries":[]}}', "What was asked: nothing."),
        (b'{"log":{"entries":[{"startedDateTime":"2026-11-29T17:00:00Z","request":{"method":"GE', "What was asked: nothing."),
        (b'{"format":"govai-exchanges/1"}\n', "is not a recording of govai: its first line is not one."),
        (b"\0\xff\xfe" * 1000, "is neither a HAR file"),
    ],
    ids=["page", "empty", "other", "nothing", "cut", "broken", "binary"],
)
def test_files_that_cannot_be_judged(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "x.har"
    path.write_bytes(content)
    done = judge(path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.startswith("govai: ")
    assert done.stderr.count("\n") == 1


def test_places_where_no_recording_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, said in (
        (tmp_path, "is a folder without a recording of govai (exchanges.jsonl)"),
        (tmp_path / "nowhere.har", "There is no file"),
        (tmp_path / "pipe", "Save it, and name that file."),
    ):
        done = judge(path)
        assert done.returncode == 2
        assert said in done.stderr
        assert "Traceback" not in done.stderr


def test_wrong_usage(tmp_path: Path) -> None:
    recording = RECORDINGS / "mitmproxy.har"
    for words, profile, said in (
        (["--side", "both-of-them"], "assistant", "--side both-of-them: choose one of provider, consumer, both."),
        (["--base-url", "elsewhere"], "assistant", "elsewhere is not a base URL."),
        (["--adapter", "none"], "assistant", "There is no adapter none."),
        (["--report", "json"], "assistant", "write it as FORMAT=PATH"),
        ([], "translation", "No request in"),
        ([], "no-such-profile", "There is no profile no-such-profile."),
    ):
        done = judge(recording, *words, profile=profile)
        assert done.returncode == 2
        assert said in done.stderr
