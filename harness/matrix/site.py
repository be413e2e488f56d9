"""The pages of the site: static, self-contained, each in a file of its own for each language (docs/decisions/0011-matrix-site.md).

What participants wrote is shown as text: templates escape everything, addresses are made of plain letters, and a Content-Security-Policy lets
nothing run but the one script that stands in the page of the matrix.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from markupsafe import Markup

import harness.formats
from harness.formats import badge, html
from harness.formats.answer import VERDICTS
from harness.formats.html import shown
from harness.formats.inert import shortened
from harness.formats.wording import Words
from harness.matrix.collation import order
from harness.matrix.data import by_name, newest
from harness.matrix.folder import Folder
from harness.matrix.model import LAYERS, Asked, Cell, Entry, Grid, Matrix
from harness.matrix.pairs import Reason, State
from harness.matrix.reading import Text, whole
from harness.matrix.templating import SECTIONS, STANDING_SIGNS, script, style, template
from harness.matrix.terminal import SIGNS, pair_said
from harness.profile import CLASSES, LANGUAGES, Basis, Language
from harness.report import VerdictName
from harness.version import VERSION

COLOURS: dict[State, str] = {"works": badge.COLOURS["conformant"], "fails": badge.COLOURS["not-conformant"], "unknown": badge.UNDECIDED}
PASSES: tuple[VerdictName, ...] = ("passed", "passed-with-adapter")
VIOLATED: tuple[VerdictName, ...] = ("failed", "warning")
CHARTED = 60
"""Runs in a chart, the last ones; the table has all."""


class Site:
    """Makes the pages of a matrix in a folder."""

    def __init__(self, matrix: Matrix, folder: Folder, language: Language, title: str | None, version: str) -> None:
        self._matrix, self._folder, self._language, self._title = matrix, folder, language, title
        self._as_of = newest(matrix)
        self._version = key_of(version, matrix.class_, title, language)
        self._words = {each: Words(each) for each in LANGUAGES}
        self._reasons: dict[tuple[Language, str, bytes], Markup] = {}
        self._cells: dict[str, list[Cell]] = defaultdict(list)
        for cell in matrix.cells:
            for entry in (cell.consumer, cell.provider):
                self._cells[entry.address].append(cell)

    def build(self) -> None:
        """Make every page, report and badge."""
        key = self._key
        self._folder.put("index.html", key(), self._start)
        self._folder.put("style.css", key(), lambda: style().encode())
        everything = key(*(each.head.digest for each in self._matrix.entries), self._matrix.input, self._matrix.passed_over)
        for address in SECTIONS:
            self._page(address, everything, getattr(self, f"_{address}"))
        for entry in self._matrix.entries:
            own = key(entry.head.digest)
            self._folder.put(f"report/{entry.address}.html", own, partial(_report, entry))
            self._folder.put(f"badge/{entry.address}.svg", own, partial(badge.render, entry.body.report, self._language))
        for asked in self._matrix.asked.values():
            self._page(asked.address, key(_of_asked(asked)), partial(self._requirement, asked))
        for id, entries in _people(self._matrix).items():
            self._page(id, key(self._of_participant(entries)), partial(self._participant, entries))
        for cell in self._matrix.cells:
            own = key(cell.consumer.head.digest, cell.provider.head.digest)
            self._folder.put(f"badge/{cell.address}.svg", own, partial(self._pair_badge, cell))
            self._page(cell.address, own, partial(self._pair, cell))

    def _key(self, *parts: object) -> str:
        return key_of(self._version, parts)

    def _page(self, address: str, key: str, data: Any) -> None:
        """A page in each language; ``data`` gives the template and what it shows."""
        for words in self._words.values():
            self._folder.put(f"{words.language}/{address}.html", key, partial(self._made, address, words, data))

    def _made(self, address: str, words: Words, data: Any) -> bytes:
        name, values = data(words)
        title = self._title or words.say("site.title")
        as_of = self._as_of if address in SECTIONS else None  # else every page would change with each new report
        page = self._rendered(name, address, words, here=f"{address}.html", site_title=title, as_of=as_of, **values)
        return page.encode("utf-8", "replace")

    def _rendered(self, name: str, address: str, words: Words, **values: Any) -> Markup:
        """What a template makes for the page at an address."""
        up = "../" * address.count("/")
        made = template(name, words.language).render(up=up, root=f"../{up}", matrix=self._matrix, **values)
        return Markup(made)  # noqa: S704 (templates escape what they are given)

    def _start(self) -> bytes:
        title = self._title or self._words[self._language].say("site.title")
        return bytes(template("start", self._language).render(site_title=title).encode("utf-8", "replace"))

    def _index(self, words: Words) -> tuple[str, dict[str, Any]]:
        totals = self._matrix.states()
        own_script = script()
        return "index", {
            "people": len(_people(self._matrix)),
            "pairs": sum(totals.values()),
            "totals": totals,
            "refused": sum(line.standing in ("refused", "duplicate") for line in self._matrix.input),
            "filters": self._filters(words),
            "grids": [_grid_shown(grid, words, self._letters) for grid in self._matrix.grids],
            "own": CLASSES.index(self._matrix.class_) * (len(LAYERS) + 1),
            "said": {state: words.say(f"pair_state.{state}") for state in SIGNS},
            "script": own_script,
            "policy": f"'sha256-{base64.b64encode(hashlib.sha256(own_script.encode()).digest()).decode()}'",
        }

    @cached_property
    def _letters(self) -> dict[str, str]:
        """The states of each pair, by class and layer, as the filter reads them."""
        return {
            cell.address: "".join(state[0] for states in cell.states.values() for state in states.values()) for cell in self._matrix.cells
        }

    def _filters(self, words: Words) -> Iterator[tuple[str, list[tuple[str, str]]]]:
        """The name of each, and its values with what they are called."""
        yield "profile", [(grid.profile, grid.profile) for grid in self._matrix.grids]
        for side in ("consumer", "provider"):
            codes = {each.participant.country for each in self._matrix.entries if each.participant.side == side} - {None}
            named = [(str(code), words.country(str(code))) for code in codes]
            yield side, sorted(named, key=lambda each: order(each[1], words.language))
        yield "class", [(each, words.name("class", each)) for each in CLASSES]
        yield "layer", [(each, words.name("layer", each)) for each in LAYERS]

    def _requirements(self, words: Words) -> tuple[str, dict[str, Any]]:
        rows: dict[str, list[tuple[Text, int, int, int]]] = defaultdict(list)
        for asked in self._matrix.asked.values():
            names = [name for _, name in asked.verdicts]
            passes, fails = (sum(name in group for name in names) for group in (PASSES, VIOLATED))
            rows[asked.text.profile].append((asked.text, passes, fails, len(names) - passes - fails))
        return "requirements", {"profiles": sorted(rows.items())}

    def _requirement(self, asked: Asked, words: Words) -> tuple[str, dict[str, Any]]:
        numbers = Counter(name for _, name in asked.verdicts)
        ordered = [
            (entry, name) for name in _WORST_FIRST for entry in by_name([each for each, own in asked.verdicts if own == name], words)
        ]
        return "requirement", {
            "text": asked.text,
            "verdicts": ordered,
            "numbers": {name: numbers[name] for name in VERDICTS if numbers[name]},
        }

    def _of_participant(self, entries: Sequence[Entry]) -> object:
        """What stands on the page of a participant: its history, and the pairs."""
        histories = [[(filed.head.digest, filed.trust) for filed in entry.filed] for entry in entries]
        pairs = [(cell.address, cell.pair.state, cell.deciding) for entry in entries for cell in self._cells[entry.address]]
        return histories, pairs

    def _participant(self, entries: Sequence[Entry], words: Words) -> tuple[str, dict[str, Any]]:
        return "participant", {"participant": entries[0].participant, "entries": [self._entry(each, words) for each in entries]}

    def _entry(self, entry: Entry, words: Words) -> dict[str, Any]:
        other = "provider" if entry.participant.side == "consumer" else "consumer"
        partners = {getattr(cell, other).address: cell for cell in self._cells[entry.address]}
        ordered = by_name([getattr(cell, other) for cell in partners.values()], words)
        runs = [each.head.counts for each in entry.filed]
        return {
            "entry": entry,
            "other": other,
            "cells": [(partners[each.address], each.participant) for each in ordered],
            "open": sorted(
                (
                    (text, name)
                    for text, name in entry.body.verdicts
                    if name in ("failed", "harness-error", "needs-review", "warning", "not-tested") and text.decidable
                ),
                key=lambda each: _WORST_FIRST.index(each[1]),
            ),
            "columns": [name for name in VERDICTS if any(run.get(name) for run in runs)],
            "chart": _chart(runs[:CHARTED][::-1]) if len(runs) > 1 else None,
            "badge_text": _badge_text(entry, words),
        }

    def _pair(self, cell: Cell, words: Words) -> tuple[str, dict[str, Any]]:
        deciding = cell.pair.deciding
        above = [each for each in cell.every.deciding if each not in cell.pair.reasons]
        rest = [each for each in cell.every.reasons if each not in deciding and each not in above]
        groups = [
            (title, [self._reason(each, cell.entry(each.side), cell.address, words) for each in reasons])
            for title, reasons in (("site.reasons", deciding), ("site.reasons_above", above), ("site.reasons_beside", rest))
        ]
        said = pair_said(cell.pair, words)
        return "pair", {"cell": cell, "headline": shown(said), "groups": groups, "badge_text": said}

    def _reason(self, reason: Reason, entry: Entry, address: str, words: Words) -> Markup:
        """The article on a reason: the same stands on the pages of many pairs."""
        key = words.language, entry.address, msgspec.msgpack.encode(reason)
        if key not in self._reasons:
            about = reason.requirement or ""
            text, finding = entry.texts.get(about), entry.findings.get(about)
            self._reasons[key] = self._rendered("reason", address, words, reason=reason, entry=entry, text=text, finding=finding)
        return self._reasons[key]

    def _assessment(self, words: Words) -> tuple[str, dict[str, Any]]:
        across = [cell for cell in self._matrix.cells if cell.crosses_a_border]
        profiles: dict[str, list[str]] = defaultdict(list)
        for entry in self._matrix.entries:
            profiles[entry.participant.id].append(entry.profile)
        people = by_name([entries[0] for entries in _people(self._matrix).values()], words)
        levels_of: dict[str, list[str]] = defaultdict(list)
        for asked in self._matrix.asked.values():
            levels_of[asked.text.profile].append(asked.text.level)
        acts = {basis.act: Basis(basis.act, url=basis.url) for asked in self._matrix.asked.values() for basis in reversed(asked.text.basis)}
        return "assessment", {
            "grids": [_across(grid, words) for grid in self._matrix.grids],
            "binding": [(profile, len(levels), levels.count("MUST")) for profile, levels in sorted(levels_of.items())],
            "effects": _effects(self._matrix, across),
            "stakeholders": [(each.participant, profiles[each.participant.id]) for each in people],
            "solutions": sorted(acts.values(), key=lambda each: order(words.cited(each), words.language)),
            "barriers": _barriers(across, self._matrix, words),
            "across": len(across),
            "undecided": sum(cell.pair.state == "unknown" for cell in across),
        }

    def _input(self, words: Words) -> tuple[str, dict[str, Any]]:
        numbers = Counter(line.standing for line in self._matrix.input)
        worst = sorted(self._matrix.input, key=lambda line: -list(STANDING_SIGNS).index(line.standing))
        return "input", {"numbers": {each: numbers[each] for each in STANDING_SIGNS}, "lines": worst}

    def _pair_badge(self, cell: Cell) -> bytes:
        words, state = self._words[self._language], cell.pair.state
        said = f"{SIGNS[state][0]} {words.say(f'pair_state.{state}')}"
        names = " → ".join(shortened(each, 28) for each in (cell.pair.consumer, cell.pair.provider))
        return badge.drawn(names, said, COLOURS[state], pair_said(cell.pair, words), self._language)


_WORST_FIRST: tuple[VerdictName, ...] = (
    "failed",
    "warning",
    "needs-review",
    "not-tested",
    "harness-error",
    "passed-with-adapter",
    "passed",
    "not-applicable",
)


class Chart(NamedTuple):
    """Runs as bars, each as high as there are verdicts."""

    width: int
    bars: list[tuple[VerdictName, float, float, float, float]]


def key_of(*parts: object) -> str:
    """A short digest of what a file is made of."""
    return hashlib.blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=9).hexdigest()


def code_version() -> str:
    """Changes with everything that pages are made by."""
    packages = Path(harness.formats.__file__).parent, Path(__file__).parent
    sources = sorted(file for package in packages for file in package.rglob("*") if file.suffix in (".py", ".j2", ".css", ".js", ".yaml"))
    return key_of(VERSION, [hashlib.blake2b(file.read_bytes()).hexdigest() for file in sources])


def _people(matrix: Matrix) -> dict[str, list[Entry]]:
    """Everybody with what they were tested at."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for entry in matrix.entries:
        found[entry.participant.id].append(entry)
    return found


def _of_asked(asked: Asked) -> object:
    return asked.text, [(entry.address, entry.participant.name, name) for entry, name in asked.verdicts]


def _report(entry: Entry) -> bytes:
    return html.render(whole(entry.filed[0].found, entry.head))


def _grid_shown(grid: Grid, words: Words, letters: Mapping[str, str]) -> dict[str, Any]:
    consumers, providers = by_name(grid.consumers, words), by_name(grid.providers, words)
    everybody = [*consumers, *providers]
    return {
        "profile": grid.profile,
        "title": _title(everybody, words),
        "versions": [shortened(each, 20) for each in grid.versions],
        "states": grid.states(),
        "providers": providers,
        "alone": everybody,
        "rows": [(consumer, [(cell, letters[cell.address]) for cell in grid.row(consumer, providers)]) for consumer in consumers],
    }


def _title(entries: Sequence[Entry], words: Words) -> tuple[str, Language]:
    """What most reports call their profile in a language, where one says it; else in English. And the language that it is in."""
    titles = [(each.body.report.said(each.used.title, words.language), each.used.title) for each in entries]
    said = Counter(own for own, _ in titles if own)
    return (said.most_common(1)[0][0], words.language) if said else (Counter(title for _, title in titles).most_common(1)[0][0], "en")


def _chart(runs: Sequence[dict[VerdictName, int]]) -> Chart:
    bars: list[tuple[VerdictName, float, float, float, float]] = []
    for place, run in enumerate(runs):
        height, total = 100.0, sum(run.values()) or 1
        for name in VERDICTS:
            if run.get(name):
                share = 100 * run[name] / total
                height -= share
                bars.append((name, place * 10 + 1, round(height, 2), 8, round(share, 2)))
    return Chart(max(len(runs), 6) * 10, bars)


def _badge_text(entry: Entry, words: Words) -> str:
    return f"{entry.participant.name}, {entry.profile}: {words.name('outcome', entry.head.outcome)}"


def _across(grid: Grid, words: Words) -> dict[str, Any]:
    states = Counter(cell.pair.state for cell in grid.cells.values() if cell.crosses_a_border)
    return {
        "profile": grid.profile,
        "title": _title([*grid.consumers, *grid.providers], words),
        "versions": [shortened(each, 20) for each in grid.versions],
        "consumers": grid.consumers,
        "providers": grid.providers,
        "across": sum(states.values()),
        "across_states": {state: states[state] for state in SIGNS},
    }


def _effects(matrix: Matrix, across: Sequence[Cell]) -> list[tuple[str, int, int, int]]:
    """By layer: its requirements, how many somebody does not meet, and how many pairs across a border fail by them among others."""
    failed = {id for id, asked in matrix.asked.items() if any(name == "failed" for _, name in asked.verdicts)}
    own = {layer: [id for id, asked in matrix.asked.items() if asked.text.layer == layer] for layer in LAYERS}
    blocked = Counter(layer for cell in across for layer in {text.layer for text in map(cell.text, cell.pair.having("violated")) if text})
    return [(layer, len(ids), sum(id in failed for id in ids), blocked[layer]) for layer, ids in own.items()]


def _barriers(across: Sequence[Cell], matrix: Matrix, words: Words) -> list[dict[str, Any]]:
    """What stands between consumers and providers of different countries, what stands between most of them first."""
    pairs: Counter[tuple[str, str]] = Counter()
    people: dict[tuple[str, str], dict[str, Entry]] = defaultdict(dict)
    for cell in across:
        if cell.pair.state != "fails":
            continue
        keys = {(each.kind, each.requirement or ""): cell.entry(each.side) for each in cell.pair.deciding}
        for key, entry in keys.items():
            pairs[key] += 1
            people[key][entry.participant.id] = entry
    return [
        {
            "kind": kind,
            "id": id,
            "text": matrix.asked[id].text if id in matrix.asked else None,
            "pairs": number,
            "people": [each.participant for each in by_name(list(people[kind, id].values()), words)],
        }
        for (kind, id), number in sorted(pairs.items(), key=lambda each: (-each[1], each[0]))
    ]
