"""``python -m benchmarks detection``: every fault before the reference service, both tools, one table."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from benchmarks.detection.derive import derived
from benchmarks.detection.fault import Fault, Watch
from benchmarks.detection.fuzzer import Setting, fuzzed, setting_for
from benchmarks.detection.ours import judged, reference
from benchmarks.detection.outcome import Result, Seen, table
from harness.checks import Mutant
from harness.serve.faulty import Faulty
from harness.serve.mock import mutants_of

HAND_WRITTEN = "hand-written"


@dataclass(frozen=True)
class Settings:
    """What all faults of one benchmark have in common. ``fuzzer``: how schemathesis is run; None leaves it out."""

    profile: str
    country: str
    fuzzer: Setting | None = None


def main(argv: Sequence[str]) -> int:
    """Run the benchmark and print the table. Returns the exit code: 1 where a fault was not judged."""
    options = _parser().parse_args(argv)
    settings = Settings(options.profile, options.country)
    ids = _chosen(settings, options)
    if options.list:
        for id in ids:
            print(id)
        return 0
    budget = judged(reference(settings.profile, settings.country), settings.profile, settings.country)
    if budget.under:
        print(f"The reference without a fault does not pass: {', '.join(budget.under)}. Nothing can be measured.", file=sys.stderr)
        return 1
    print(f"{len(ids)} faults. govai sends {budget.requests} requests.", flush=True)
    if not options.ours_only:
        fuzzer = setting_for(settings.profile, settings.country, budget.requests)
        settings = replace(settings, fuzzer=fuzzer)
        print(f"schemathesis with --max-examples {fuzzer.examples} sends {fuzzer.requests}.", flush=True)
        for check in sorted(fuzzer.known):
            print(f"schemathesis reports of the reference without a fault, so it counts for nothing: {check}", flush=True)
    results = _kept(options, ids)
    left = [id for id in ids if id not in {each.id for each in results}]
    for number, result in enumerate(_measured(settings, left, options.workers), start=len(results) + 1):
        results.append(result)
        if options.out:
            options.out.write_text(json.dumps([each.as_json() for each in results], indent=1, ensure_ascii=False), encoding="utf-8")
        beside = f", schemathesis {result.state(result.fuzzer)}" if result.fuzzer else ""
        print(f"[{number}/{len(ids)}] {result.id}: govai {result.state(result.govai)}{beside}", flush=True)
    print("\n" + table(results))
    broken = [f"{each.id}: {seen.error}" for each in results for seen in (each.govai, each.fuzzer) if seen and seen.error]
    for line in broken:
        print(f"not judged: {line}", file=sys.stderr)
    return 1 if broken else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks detection", description=__doc__)
    parser.add_argument("--profile", default="assistant")
    parser.add_argument("--country", default="lt", choices=("pl", "lt"))
    parser.add_argument("--ours-only", action="store_true", help="leave schemathesis out")
    parser.add_argument("--operator", action="append", default=[], help="only faults of this operator (may be repeated)")
    parser.add_argument("--only", action="append", default=[], metavar="ID", help="only this fault (may be repeated)")
    parser.add_argument("--sample", type=int, metavar="N", help="only N faults, drawn by chance")
    parser.add_argument("--seed", type=int, default=1, help="what --sample follows from")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the results as JSON")
    parser.add_argument("--resume", action="store_true", help="keep what --out holds already, and measure the rest")
    parser.add_argument("--workers", type=int, default=2, help="how many faults at a time")
    parser.add_argument("--list", action="store_true", help="print the ids of the faults and end")
    return parser


def _chosen(settings: Settings, options: argparse.Namespace) -> list[str]:
    faults = _faults(settings)
    ids = [
        id
        for id, (operator, _) in faults.items()
        if (not options.operator or operator in options.operator) and (not options.only or id in options.only)
    ]
    if not ids:
        sys.exit("No fault is called that. List them with: python -m benchmarks detection --list")
    if options.sample is not None and options.sample < len(ids):
        drawn = set(random.Random(options.seed).sample(ids, options.sample))
        ids = [id for id in ids if id in drawn]
    return ids


def _kept(options: argparse.Namespace, ids: Sequence[str]) -> list[Result]:
    """The results of a benchmark that was broken off."""
    if not options.resume or not options.out or not options.out.exists():
        return []
    known = {each["id"]: Result.from_json(each) for each in json.loads(options.out.read_text(encoding="utf-8"))}
    return [known[id] for id in ids if id in known and (options.ours_only or known[id].fuzzer)]


@cache
def _faults(settings: Settings) -> dict[str, tuple[str, Fault | Mutant]]:
    """Every fault with its operator, by id: the derived ones, then the mutants written by hand."""
    found: dict[str, tuple[str, Fault | Mutant]] = {fault.id: (fault.operator, fault) for fault in derived(settings.profile)}
    hand = [mutant for mutant, requirement, _ in mutants_of(settings.profile) if requirement.side == "provider"]
    return {**found, **{mutant.id: (HAND_WRITTEN, mutant) for mutant in hand}}


def _measured(settings: Settings, ids: Sequence[str], workers: int) -> Iterator[Result]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield from pool.map(_measure, [settings] * len(ids), ids)


def _measure(settings: Settings, id: str) -> Result:
    """Both tools against one fault, each with a service of its own."""
    plain = replace(settings, fuzzer=None)
    operator, fault = _faults(plain)[id]
    hangs = isinstance(fault, Fault) and fault.hangs
    only = fault.requirement if isinstance(fault, Mutant) else None

    def broken(watch: Watch) -> Faulty:
        # mutants written by hand are told from a reference that anybody may call, as the project's tests do
        app = reference(settings.profile, settings.country, token=isinstance(fault, Fault))
        return Faulty(app, fault.mutant(watch) if isinstance(fault, Fault) else fault)

    watch = Watch()
    govai = judged(broken(watch), settings.profile, settings.country, hangs=hangs, only=only, token=only is None)
    result = Result(id, operator, fault.description, isinstance(fault, Fault) and fault.waits, _with(govai, watch, fault))
    if settings.fuzzer is not None:
        watch = Watch()
        seen = fuzzed(broken(watch), settings.fuzzer, hangs=hangs, token=only is None)
        result.fuzzer = _with(seen, watch, fault)
    return result


def _with(seen: Seen, watch: Watch, fault: Fault | Mutant) -> Seen:
    """What a tool made of a fault, with what the fault did meanwhile. Of a mutant written by hand that is not known; it is taken to have done it."""
    if isinstance(fault, Mutant):
        return replace(seen, met=1, changed=1, forbidden=1)
    error = f"the fault itself failed: {watch.crash}" if watch.crash else seen.error
    return replace(seen, met=watch.met, changed=watch.changed, forbidden=watch.forbidden, error=error)
