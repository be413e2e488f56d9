"""How long a matrix takes beside the bare reading and decoding of the same reports by msgspec.

    python -m benchmarks matrix [--reports N]

Made-up reports of 120 verdicts: at each of seven profiles 60 consumers and 60 providers of two countries, tested every month, so that most of the
reports are history. All in one process; seconds are its own on a processor, so that other work on the machine does not count, and memory is the
most that it held (resident set). Linux only.
"""

from __future__ import annotations

import argparse
import datetime
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from harness.matrix import data
from harness.matrix.build import build, read
from harness.matrix.reading import Reader
from harness.profile import CLASSES, Basis, Side, Translated
from harness.report import (
    FORMAT,
    ClassResult,
    Evidence,
    Finding,
    ParticipantShown,
    ProfileUsed,
    Report,
    UseMade,
    UseShown,
    Verdict,
    VerdictName,
    encode_report,
)

PROFILES, SIDE, VERDICTS = 7, 60, 120
STARTED = datetime.datetime(2026, 1, 5, 8, 0, tzinfo=datetime.UTC)
LAYERS = ("legal", "organisational", "semantic", "technical")
NAMES: tuple[VerdictName, ...] = ("passed", "passed", "passed", "passed", "passed", "passed", "passed", "not-applicable", "not-tested")


def made_up(number: int, chance: random.Random) -> Report:
    """The report of this number: every 840 of them are one month."""
    month, place = divmod(number, PROFILES * SIDE * 2)
    profile, person = divmod(place, SIDE * 2)
    side: Side = "consumer" if person % 2 else "provider"
    country = ("pl", "lt")[person // 2 % 2]
    key = f"profile-{profile}/1"
    uses = [UseMade(key, f"operation-{n % 8}", [f"member-{n % 5}", f"language={n}"], 4, 4) for n in range(6 if side == "consumer" else 60)]
    evidence = Evidence(
        "e.1", "POST", "https://service.example/x", [("Accept", "application/json")], "{}" * 200, 400, "curl " * 60, STARTED, 0.2
    )
    verdicts = [_verdict(key, n, side, chance) for n in range(VERDICTS)]
    results = {name: ClassResult(name == "base", [], []) for name in CLASSES}
    return Report(
        format=FORMAT,
        govai_version="0.1.0",
        participant=ParticipantShown(f"{side.capitalize()} {person // 2} of an office, {country}", None, country, side),
        profiles=[ProfileUsed("core", 1, "1.0.0", "Core", "sha256:0", 40), ProfileUsed(key[:-2], 1, "1.0.0", key, "sha256:1", 200)],
        started=STARTED + datetime.timedelta(days=30 * month, seconds=place),
        duration_s=2.5,
        requests=900,
        seed=1,
        as_of=STARTED.date(),
        decided_by="government",
        class_reached="base",
        classes=results,
        outcome="not-conformant",
        ended=None,
        notes=[],
        binding={},
        verdicts=verdicts,
        exchanges={"e.1": evidence},
        uses=uses,
    )


def _verdict(key: str, number: int, side: Side, chance: random.Random) -> Verdict:
    name: VerdictName = "failed" if chance.random() < 0.01 else chance.choice(NAMES) if number % 10 == 0 else "passed"
    fails = name == "failed"
    sentence = f"An answer of kind {number} MUST hold what the profile says of it, in the order that it says, and nothing else"
    return Verdict(
        requirement=f"{key[:-2].replace('profile-', 'PRO').upper()}-REQ-{number:03}",
        profile=key,
        verdict=name,
        cause="the service declares no such operation" if name in ("not-tested", "not-applicable") else None,
        findings=[Finding("a member is missing", "/a", "e.1", "text", "null")] if fails else [],
        level="MUST",
        class_=CLASSES[number % 3],
        side=side,
        layer=LAYERS[number % 4],
        statement=Translated(f"{sentence}.", f"{sentence} (po polsku).", f"{sentence} (lietuviškai)."),
        basis=[Basis("RFC 9457", "3.1", "https://www.rfc-editor.org/rfc/rfc9457.html#section-3.1")],
        remedy=Translated("Add the member.", "Należy dodać pole.", "Pridėkite narį."),
        exercised=12,
        violations=1 if fails else 0,
        violated_by=[UseShown(key, f"operation-{chance.randrange(8)}", [f"member-{chance.randrange(5)}"])] if fails else [],
    )


def written(folder: Path, numbers: range) -> None:
    """Made-up reports as files."""
    for number in numbers:
        path = folder / f"{number // 1000}" / f"report-{number}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode_report(made_up(number, random.Random(number))))


def bare(folder: Path) -> None:
    """What there is to compare with: every file read and decoded, and nothing done with it."""
    decoder = msgspec.json.Decoder(Report)
    for path in sorted(folder.rglob("*.json")):
        decoder.decode(path.read_bytes())


def matrix_data(folder: Path, out: Path) -> None:
    """``matrix.json`` without a site."""
    out.with_suffix(".json").write_bytes(data.as_json(read([str(folder)], out, "government", Reader({}, {}))))


STEPS: dict[str, Callable[[Path, Path], object]] = {
    "bare": lambda folder, out: bare(folder),
    "data": matrix_data,
    "site": lambda folder, out: build([str(folder)], out),
    "again": lambda folder, out: build([str(folder)], out),
}
SAID = {"bare": "bare reading and decoding", "data": "matrix data", "site": "whole site", "again": "again, after one new report"}


def measured(folder: Path, out: Path, reports: int) -> Iterator[tuple[str, float, float]]:
    """Each step in a process of its own: its name, seconds, and the most memory it held, in MB."""
    for step in STEPS:
        if step == "again":
            written(folder, range(reports, reports + 1))
        done = subprocess.run([sys.executable, "-m", "benchmarks.matrix", step, str(folder), str(out)], stdout=subprocess.PIPE, check=True)
        seconds, megabytes = map(float, done.stdout.split())
        yield step, seconds, megabytes


def main(argv: list[str]) -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks matrix", description=__doc__.splitlines()[0])
    parser.add_argument("--reports", type=int, default=10_000, help="how many (10000)")
    reports = parser.parse_args(argv).reports
    with tempfile.TemporaryDirectory() as place:
        folder, out = Path(place) / "reports", Path(place) / "site"
        written(folder, range(reports))
        size = sum(path.stat().st_size for path in folder.rglob("*.json")) / 1e6
        print(f"{reports} reports of {VERDICTS} verdicts, {size:.0f} MB")
        print(f"{'':30}{'seconds':>9}{'of the bare':>13}{'memory':>11}")
        base = 0.0
        for step, seconds, megabytes in measured(folder, out, reports):
            base = base or seconds
            print(f"{SAID[step]:30}{seconds:>9.1f}{seconds / base:>13.2f}{megabytes:>8.0f} MB", flush=True)
        files = sum(path.is_file() for path in out.rglob("*"))
        print(f"{files} files")


if __name__ == "__main__":
    begun = time.process_time()
    STEPS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
    print(time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3)
