"""``govai consumer`` as a process: clients that pass, stumble, never come, crash, hang, crowd, send garbage or ask for something else."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import pytest

GOVAI = Path(sys.executable).with_name("govai")


def consumer(
    *options: str, client: str | None = None, command: list[str] | None = None, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run it with a client given as Python code."""
    words = command if command is not None else [sys.executable, "-c", textwrap.dedent(client or "")]
    return subprocess.run(
        [GOVAI, "consumer", "--profile", "assistant", *options, "--", *words], capture_output=True, text=True, timeout=timeout, check=False
    )


def report_of(path: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return report


def test_the_reference_client_as_a_command(tmp_path: Path) -> None:
    reference = [sys.executable, "-m", "conformance.reference.client", "assistant", "pl", "7"]
    options = ["--country", "pl", "--report", f"json={tmp_path / 'r.json'}", "--evidence", str(tmp_path / "evidence")]
    done = consumer(*options, command=reference)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Conformant" in done.stdout
    report = report_of(tmp_path / "r.json")
    assert report["participant"] | {"name": ""} == {
        "name": "",
        "url": None,
        "country": "pl",
        "side": "consumer",
        "adapters": [],
        "credential": "bearer",
    }
    # only a system that supports decisions can be suspended
    assert any(note.startswith("Situations met:") and note.endswith("Not met: suspended.") for note in report["notes"])
    recorded = (tmp_path / "evidence" / "exchanges.jsonl").read_text(encoding="utf-8")
    assert '"situation":"redirect"' in recorded
    assert '"Bearer ' not in recorded.replace('"Bearer realm', "")


ASK = """
    import json, os, sys, urllib.request
    def ask(question="112?", token=True):
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = "Bearer " + os.environ["OPENAI_API_KEY"]
        body = {"model": os.environ.get("MODEL", "asystent-wyszukujacy-2"), "messages": [{"role": "user", "content": question}]}
        request = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", json.dumps(body).encode(), headers)
        return json.load(urllib.request.urlopen(request))
"""


def test_a_client_that_stumbles_over_what_is_new_fails_for_that(tmp_path: Path) -> None:
    strict = (
        ASK
        + """
    known = {"id", "object", "created", "model", "choices", "usage", "assurance", "system_fingerprint", "service_tier"}
    for question in ("one?", "two?"):
        unknown = ask(question).keys() - known
        if unknown:
            sys.exit("unknown member")
    """
    )
    done = consumer("--situation", "later-members", "--class", "base", "--report", f"json={tmp_path / 'r.json'}", client=strict)
    report = report_of(tmp_path / "r.json")
    failed = [each["requirement"] for each in report["verdicts"] if each["verdict"] == "failed" and each["class"] == "base"]
    assert (done.returncode, failed) == (1, ["CORE-TOL-001"]), done.stdout
    assert "The command ended with exit status 1." in report["notes"]
    assert "Run once more, with no situation played, it ended with exit status 0." in report["notes"]


@pytest.mark.parametrize(("situation", "requirement"), [("later-members", "CORE-TOL-001"), ("later-values", "CORE-TOL-002")])
def test_a_client_that_only_streams_meets_what_is_new_as_well(situation: str, requirement: str, tmp_path: Path) -> None:
    strict = """
    import json, os, sys, urllib.request
    for question in ("one?", "two?"):
        body = {"model": "asystent-wyszukujacy-2", "messages": [{"role": "user", "content": question}], "stream": True}
        request = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + "/chat/completions", json.dumps(body).encode())
        request.add_header("Content-Type", "application/json")
        events = [line.removeprefix(b"data: ") for line in urllib.request.urlopen(request) if line.startswith(b"data: {")]
        for chunk in map(json.loads, events):
            if "x_later" in chunk or "x-later" in str(chunk):
                sys.exit("what is that?")
    """
    consumer("--situation", situation, "--report", f"json={tmp_path / 'r.json'}", client=strict)
    verdicts = {each["requirement"]: each["verdict"] for each in report_of(tmp_path / "r.json")["verdicts"]}
    assert verdicts[requirement] in ("failed", "warning")


def test_a_client_that_takes_its_token_wherever_it_is_sent(tmp_path: Path) -> None:
    follows = (
        ASK
        + """
    class Follow(urllib.request.HTTPRedirectHandler):
        def http_error_307(self, request, response, code, message, headers):
            moved = urllib.request.Request(headers["Location"], request.data, dict(request.header_items()))
            return self.parent.open(moved)
    urllib.request.install_opener(urllib.request.build_opener(Follow))
    ask("one?")
    print("choices" in ask("two?"))
    """
    )
    done = consumer("--situation", "redirect", "--report", f"json={tmp_path / 'r.json'}", client=follows)
    assert done.stdout.startswith("True\n"), "the other origin answers as the service does"
    verdicts = {each["requirement"]: each["verdict"] for each in report_of(tmp_path / "r.json")["verdicts"]}
    assert verdicts["CORE-SEC-008"] == "failed"


def test_a_client_that_fails_anyway_is_not_charged_with_what_it_met_last(tmp_path: Path) -> None:
    broken = (
        ASK
        + """
    ask("one?"), ask("two?")
    sys.exit("it was never going to work")
    """
    )
    consumer("--situation", "later-members", "--class", "base", "--report", f"json={tmp_path / 'r.json'}", client=broken)
    report = report_of(tmp_path / "r.json")
    verdicts = {each["requirement"]: each["verdict"] for each in report["verdicts"]}
    assert verdicts["CORE-TOL-001"] == "not-tested"
    assert "Run once more, with no situation played, it ended with exit status 1." in report["notes"]


def test_who_asks_the_same_ten_times_is_not_taken_for_stumbling(tmp_path: Path) -> None:
    monotonous = (
        ASK
        + """
    for _ in range(10):
        ask()
    """
    )
    consumer("--situation", "later-members", "--situation", "later-values", "--report", f"json={tmp_path / 'r.json'}", client=monotonous)
    verdicts = {each["requirement"]: (each["verdict"], each["cause"]) for each in report_of(tmp_path / "r.json")["verdicts"]}
    assert verdicts["CORE-TOL-001"] == ("not-tested", "the client asks the same again after ordinary answers as well")


@pytest.mark.parametrize(
    ("questions", "verdict"), [(["one?", "two?", "two?", "three?"], "not-tested"), (["one?", "two?", "three?", "four?"], "failed")]
)
def test_who_asks_one_thing_twice_is_told_from_who_tries_again(questions: list[str], verdict: str, tmp_path: Path) -> None:
    """The second client reads answers strictly and asks again where it cannot; the first one has two people who want to know the same."""
    client = (
        ASK
        + f"""
    for question in {questions}:
        if "x_later" in ask(question) and {verdict == "failed"}:
            ask(question)
    """
    )
    consumer("--situation", "later-members", "--report", f"json={tmp_path / 'r.json'}", client=client)
    report = report_of(tmp_path / "r.json")
    verdicts = {each["requirement"]: each["verdict"] for each in report["verdicts"]}
    assert verdicts["CORE-TOL-001"] == verdict
    assert "Run once more, with no situation played, it ended with exit status 0." in report["notes"]


@pytest.mark.parametrize("status", [0, 7])
def test_a_command_that_never_connects(status: int) -> None:
    done = consumer(client=f"raise SystemExit({status})")
    assert done.returncode == 3, done.stdout
    assert "The client never connected. It finds the address in GOVAI_BASE_URL" in " ".join(done.stdout.split())


def test_a_command_that_is_not_there() -> None:
    done = consumer(command=["no-such-command-anywhere"])
    assert done.returncode == 2
    assert done.stderr.strip() == "govai: no-such-command-anywhere cannot be started: No such file or directory."


def test_a_command_that_crashes_after_some_requests_keeps_what_was_measured(tmp_path: Path) -> None:
    crash = (
        ASK
        + """
    ask("one?")
    os.abort()
    """
    )
    consumer("--report", f"json={tmp_path / 'r.json'}", client=crash)
    report = report_of(tmp_path / "r.json")
    assert report["requests"] == 1
    assert "The command ended with exit status -6." in report["notes"]
    assert {each["requirement"]: each["verdict"] for each in report["verdicts"]}["CORE-REQ-001"] == "passed"


def test_a_command_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    marker = tmp_path / "child"
    hang = (
        ASK
        + f"""
    import subprocess, time
    ask("one?")
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    open({str(marker)!r}, "w").write(str(child.pid))
    time.sleep(600)
    """
    )
    started = time.monotonic()
    done = consumer("--timeout", "4", client=hang)
    assert time.monotonic() - started < 60
    assert done.returncode in (1, 5)
    assert "The command did not end within 4 s (--timeout)" in " ".join(done.stdout.split())
    child = Path("/proc") / marker.read_text()
    deadline = time.monotonic() + 10
    while child.exists() and "Z (zombie)" not in (child / "status").read_text() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not child.exists() or "Z (zombie)" in (child / "status").read_text()


def test_a_client_that_knocks_a_hundred_times_at_once(tmp_path: Path) -> None:
    crowd = (
        ASK
        + """
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(100) as pool:
        print(sum("choices" in answer for answer in pool.map(lambda n: ask(f"Question {n}?"), range(100))))
    """
    )
    done = consumer("--situation", "none", "--report", f"json={tmp_path / 'r.json'}", client=crowd)
    assert done.stdout.startswith("100\n"), done.stdout + done.stderr
    assert report_of(tmp_path / "r.json")["requests"] == 100


def test_garbage_in_the_place_of_http() -> None:
    garbage = """
    import os, socket, urllib.parse
    where = urllib.parse.urlsplit(os.environ["GOVAI_BASE_URL"])
    with socket.create_connection((where.hostname, where.port)) as connection:
        connection.sendall(b"\\x16\\x03\\x01\\x02\\x00\\x01\\x00garbage\\r\\n\\r\\n")
        connection.recv(1000)
    """
    done = consumer(client=garbage)
    assert done.returncode == 3
    assert "What came was not HTTP." in " ".join(done.stdout.split())


def test_a_client_of_another_profile() -> None:
    other = """
    import os, urllib.request
    for _ in range(2):
        try:
            urllib.request.urlopen(os.environ["GOVAI_BASE_URL"] + "/translate?q=x")
        except Exception:
            pass
    """
    done = consumer(client=other)
    assert done.returncode == 3
    said = " ".join(done.stdout.split())
    assert "None of the 2 requests addresses an operation of assistant/1; the first was GET /translate." in said


def test_without_a_command_it_serves_until_so_many_requests_came(tmp_path: Path) -> None:
    options = ["--until", "2", "--situation", "none", "--report", f"json={tmp_path / 'r.json'}", "--allow-incomplete"]
    words = [GOVAI, "consumer", "--profile", "assistant", *options]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        for _ in range(2):
            subprocess.run(
                [sys.executable, "-c", f"import urllib.request; urllib.request.urlopen({url!r} + '/v1/models').read()"], check=True
            )
        process.communicate(timeout=60)
    assert report_of(tmp_path / "r.json")["requests"] == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--until", "5"], "--until is for clients that are started elsewhere"),
        (["--situation", "storm"], "There is no situation storm. There are: later-members, too-many-requests"),
        (["--timeout", "0"], "--timeout must be greater than 0."),
        (["--served-from", "ee"], "There is no reference assistant service for ee"),
        (["--class", "best"], "--class best: choose one of base, government, high-risk."),
    ],
)
def test_wrong_options(options: list[str], said: str) -> None:
    done = consumer(*options, client="")
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
