"""What schemathesis's own command makes of a fault, with the document that the reference itself serves, over a real socket."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.detection.ours import PATIENCE, TOKEN, Counting, reference
from benchmarks.detection.outcome import Seen
from harness.serve.mock import running

LONGEST = 240.0
"""Seconds after which the command is ended and judged by what it has reported."""
_STEPS = (1, 2, 5, 10, 20, 40, 80, 160)


def examples_for(profile: str, country: str, budget: int) -> tuple[int, int, list[str]]:
    """The smallest ``--max-examples`` with which it sends at least ``budget`` requests to the reference, how many that are, and its failures."""
    for examples in _STEPS:
        seen = fuzzed(reference(profile, country), examples, hangs=False)
        if seen.requests >= budget or seen.under or seen.error:
            break
    return examples, seen.requests, seen.under + ([seen.error] if seen.error else [])


def fuzzed(app: Any, examples: int, *, hangs: bool, token: bool = True) -> Seen:
    """Run the command against ``app``: all phases, its default checks. It stops at its first failure, as govai does."""
    counting = Counting(app)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, running(counting) as url:
        events = Path(folder) / "events.ndjson"
        code = _run([f"{url}/openapi.json", *_options(examples, hangs, token), "--report-ndjson-path", str(events)], folder)
        under = sorted(set(_failures(events)))
    error = None if under or code in (0, 1) else f"schemathesis ended with {code}"
    return Seen(under, counting.asked, counting.asked if under else None, seconds=time.perf_counter() - started, error=error)


def _options(examples: int, hangs: bool, token: bool) -> list[str]:
    options = ["--max-examples", str(examples), "--seed", "1", "--generation-database", "none", "--no-shrink", "--max-failures", "1"]
    options += ["--report", "ndjson", *(["--header", f"Authorization:Bearer {TOKEN}"] if token else [])]
    return [*options, "--request-timeout", str(PATIENCE)] if hangs else options


def _run(arguments: list[str], folder: str) -> int | None:
    """The exit code; None where the command had to be ended."""
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, start_new_session=True)
    try:
        return process.wait(LONGEST)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _failures(events: Path) -> Iterator[str]:
    """The failed checks, each with the operation it was made on, and errors such as answers that do not come."""
    if not events.exists():
        return
    for line in events.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            event = json.loads(line)
        except ValueError:  # the last line of a run that was ended
            continue
        for kind, content in event.items():
            if kind in ("NonFatalError", "FatalError"):
                yield f"{kind} on {content.get('label') or content.get('related_to_operation') or 'the run'}"
            if kind != "ScenarioFinished":
                continue
            recorder = content.get("recorder") or {}
            for checks in (recorder.get("checks") or {}).values():
                yield from (f"{check['name']} on {recorder.get('label')}" for check in checks if check.get("status") == "failure")
