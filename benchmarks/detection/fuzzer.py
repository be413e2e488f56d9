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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.detection.ours import PATIENCE, TOKEN, Counting, reference
from benchmarks.detection.outcome import Seen
from harness.errors import HarnessFault
from harness.serve.listening import running

LONGEST = 240.0
"""Seconds after which the command is ended and judged by what it has reported."""
_STEPS = (1, 10, 20, 40, 80, 160)


@dataclass(frozen=True)
class Setting:
    """How the command is run. ``known`` are the failures it reports of the reference without a fault: they count for nothing."""

    examples: int
    requests: int
    known: frozenset[str]


def setting_for(profile: str, country: str, budget: int) -> Setting:
    """The smallest ``--max-examples`` with which it sends at least ``budget`` requests to the reference.

    The requests of its coverage phase follow from the document and cannot be fewer.

    Raises:
        HarnessFault: the command cannot be run.
    """
    for examples in _STEPS:
        setting = Setting(examples, 0, frozenset())
        seen = _sound(profile, country, setting, token=True)
        if seen.requests >= budget:
            break
    open_to_all = _sound(profile, country, setting, token=False)
    return Setting(examples, seen.requests, frozenset([*seen.under, *open_to_all.under]))


def _sound(profile: str, country: str, setting: Setting, *, token: bool) -> Seen:
    """What it makes of the reference without a fault."""
    seen = fuzzed(reference(profile, country, token=token), setting, hangs=False, token=token)
    if seen.error:
        raise HarnessFault(f"schemathesis cannot be run against the reference: {seen.error}.")
    return seen


def fuzzed(app: Any, setting: Setting, *, hangs: bool, token: bool = True) -> Seen:
    """Run the command against ``app``: all phases, its default checks, also behind a failure, so that a known one hides nothing."""
    counting = Counting(app)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, running(counting) as url:
        events = Path(folder) / "events.ndjson"
        code = _run([f"{url}/openapi.json", *_options(setting.examples, hangs, token), "--report-ndjson-path", str(events)], folder)
        failures = [(check, number) for check, number in _failures(events) if check not in setting.known]
    under = sorted({check for check, _ in failures})
    until = min((number for _, number in failures if number), default=None)
    error = None if under or code in (0, 1) else f"schemathesis ended with {code}"
    return Seen(under, counting.asked, until, seconds=time.perf_counter() - started, error=error)


def _options(examples: int, hangs: bool, token: bool) -> list[str]:
    options = ["--max-examples", str(examples), "--seed", "1", "--generation-database", "none", "--no-shrink", "--continue-on-failure"]
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


def _failures(events: Path) -> Iterator[tuple[str, int]]:
    """The failed checks, each with the operation it was made on, and errors such as answers that do not come; with the number of the case or 0."""
    if not events.exists():
        return
    before = 0
    for line in events.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            event = json.loads(line)
        except ValueError:  # the last line of a run that was ended
            continue
        for kind, content in event.items():
            if kind in ("NonFatalError", "FatalError"):
                yield f"{kind} on {content.get('label') or content.get('related_to_operation') or 'the run'}", 0
            if kind != "ScenarioFinished":
                continue
            recorder = content.get("recorder") or {}
            cases = {case: before + number for number, case in enumerate(recorder.get("cases") or {}, start=1)}
            before += len(cases)
            for case, checks in (recorder.get("checks") or {}).items():
                failed = [check["name"] for check in checks if check.get("status") == "failure"]
                yield from ((f"{name} on {recorder.get('label')}", cases.get(case, 0)) for name in failed)
