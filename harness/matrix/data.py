"""The matrix for programs: ``matrix.json`` (docs/reference/matrix.md, ``matrix.schema.json``), ``matrix.csv`` and ``matrix.md``."""

from __future__ import annotations

import csv
import datetime
import io
from functools import lru_cache
from typing import Any

import msgspec

from harness.formats.csv import STARTS_A_FORMULA
from harness.formats.inert import one_line
from harness.formats.markdown import escape
from harness.formats.trust import reason_said
from harness.formats.wording import Words
from harness.matrix.collation import order
from harness.matrix.model import Cell, Entry, Filed, Grid, InputLine, Matrix, Participant, Standing
from harness.matrix.pairs import Reason, State
from harness.matrix.terminal import SIGNS
from harness.profile import ConformanceClass, Side
from harness.report import Moment, Outcome, ProfileUsed, VerdictName
from harness.schemas import schema_of
from harness.trust import State as TrustState
from harness.version import VERSION

FORMAT = "govai-matrix/1"
_KEPT = 10_000


class ParticipantListed(msgspec.Struct, frozen=True):
    """Who was tested. ``id`` is stable: it follows from side, country and name alone."""

    id: str
    name: str
    country: str | None
    side: Side


class ReportListed(msgspec.Struct, frozen=True):
    """One report on a participant. ``file`` is the name that it was given to the matrix by."""

    file: str
    digest: str
    started: Moment
    version: str
    outcome: Outcome
    class_reached: ConformanceClass | None
    verdicts: dict[VerdictName, int]
    signature: TrustState


class Row(msgspec.Struct, frozen=True):
    """A participant at one profile: ``reports`` has the newest first, which is the one that counts."""

    participant: str
    profile: str
    report: str
    badge: str
    reports: list[ReportListed]


class PairListed(msgspec.Struct, frozen=True):
    """Whether a consumer can use a provider. ``state`` and ``weaker`` are by the class of the matrix, ``states`` by each class and layer (``""``: all
    layers). ``reasons`` are those of all classes. ``page`` stands in the folders ``en``, ``pl`` and ``lt``.
    """

    profile: str
    consumer: str
    provider: str
    state: State
    weaker: Side | None
    states: dict[ConformanceClass, dict[str, State]]
    reasons: list[Reason]
    page: str


class FileListed(msgspec.Struct, frozen=True):
    """What became of a file: it ``counts``, is ``history``, a ``duplicate`` of another, or was ``refused``. ``signature`` is what its signature is
    worth to who built the matrix, null where it is no report; ``signed_by`` the key that is known.
    """

    file: str
    standing: Standing
    about: str
    signature: TrustState | None
    signed_by: str | None


class MatrixListed(msgspec.Struct, frozen=True, rename={"class_": "class"}):
    """Consumers against providers, derived from reports."""

    format: str
    govai_version: str
    class_: ConformanceClass
    newest_report: Moment | None
    participants: list[ParticipantListed]
    rows: list[Row]
    pairs: list[PairListed]
    files: list[FileListed]
    files_passed_over: int


def listed(matrix: Matrix) -> MatrixListed:
    """The matrix as ``matrix.json`` has it."""
    people: dict[str, Participant] = {each.participant.id: each.participant for each in matrix.entries}
    return MatrixListed(
        FORMAT,
        VERSION,
        matrix.class_,
        newest(matrix),
        [ParticipantListed(each.id, each.name, each.country, each.side) for _, each in sorted(people.items())],
        [_row(each) for each in matrix.entries],
        [_pair(each) for each in matrix.cells],
        [_file(each) for each in matrix.input],
        matrix.passed_over,
    )


def _file(line: InputLine) -> FileListed:
    trust = line.trust
    if trust is None:
        return FileListed(line.name, line.standing, line.about, None, None)
    about = reason_said(trust, Words("en")) if trust.state == "wrong" else line.about
    return FileListed(line.name, line.standing, about, trust.state, trust.key)


def newest(matrix: Matrix) -> datetime.datetime | None:
    """When the newest report was begun."""
    return max((each.head.started for each in matrix.entries), default=None)


def as_json(matrix: Matrix) -> bytes:
    """``matrix.json``."""
    return msgspec.json.encode(listed(matrix)) + b"\n"


def as_csv(matrix: Matrix) -> bytes:
    """``matrix.csv``, a row for each pair (RFC 4180), with the mark without which Excel misreads Polish and Lithuanian letters."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(
        ["profile", "consumer", "consumer_country", "provider", "provider_country", "class", "state", "weaker", "decided_by", "page"]
    )
    for cell in matrix.cells:
        sides = [each.participant for each in (cell.consumer, cell.provider)]
        deciding = " ".join(dict.fromkeys(each.requirement or each.kind for each in cell.pair.deciding))
        people = [value or "" for each in sides for value in (each.name, each.country)]
        rest = [matrix.class_, cell.pair.state, cell.pair.weaker or "", deciding, f"{cell.address}.html"]
        table.writerow([_harmless(each) for each in (cell.pair.profile, *people, *rest)])
    return text.getvalue().encode("utf-8-sig")


def as_markdown(matrix: Matrix, language: str) -> bytes:
    """``matrix.md``, a table for each profile."""
    words = Words(language)
    parts = [f"# {words.say('site.title')}"]
    for grid in matrix.grids:
        parts += [f"## {escape(grid.profile)}", _table(grid, words)]
    return ("\n\n".join(parts) + "\n").encode()


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of ``matrix.json``; it allows members that a later version may have added."""
    schema = schema_of(MatrixListed, "govai matrix, format 1")
    schema["$defs"]["MatrixListed"]["properties"]["format"] = {"const": FORMAT}
    return schema


def by_name(entries: list[Entry], words: Words) -> list[Entry]:
    """Entries in the order of a language, those of one country together."""
    return sorted(entries, key=lambda each: _place(each.participant, words))


@lru_cache(_KEPT)
def _place(participant: Participant, words: Words) -> tuple[tuple[str, str], tuple[str, str], str]:
    country = words.country(participant.country or "")
    return order(country, words.language), order(participant.name, words.language), participant.id


def _row(entry: Entry) -> Row:
    reports = [_report(each, entry) for each in entry.filed]
    return Row(entry.participant.id, entry.profile, f"report/{entry.address}.html", f"badge/{entry.address}.svg", reports)


def _report(filed: Filed, entry: Entry) -> ReportListed:
    head = filed.head
    used: ProfileUsed = next(each for each in head.profiles if f"{each.name}/{each.major}" == entry.profile)
    return ReportListed(
        filed.found.name, head.digest, head.started, used.version, head.outcome, head.class_reached, head.counts, filed.trust.state
    )


def _pair(cell: Cell) -> PairListed:
    return PairListed(
        cell.pair.profile,
        cell.consumer.participant.id,
        cell.provider.participant.id,
        cell.pair.state,
        cell.pair.weaker,
        cell.states,
        cell.every.reasons,
        f"{cell.address}.html",
    )


def _table(grid: Grid, words: Words) -> str:
    consumers, providers = by_name(grid.consumers, words), by_name(grid.providers, words)
    heads = [words.say("site.consumer_by_provider"), *(_named(each.participant, words) for each in providers)]
    rows = [
        [_named(consumer.participant, words), *(_state(grid, consumer, provider, words) for provider in providers)]
        for consumer in consumers
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [heads, ["---"] * len(heads), *rows])


def _named(participant: Participant, words: Words) -> str:
    name = escape(participant.name)
    return f"{name} ({escape(words.country(participant.country))})" if participant.country else name


def _state(grid: Grid, consumer: Entry, provider: Entry, words: Words) -> str:
    state = grid.cells[consumer.participant.id, provider.participant.id].pair.state
    return f"{SIGNS[state][0]} {words.say(f'pair_state.{state}')}"


@lru_cache(_KEPT)
def _harmless(value: str) -> str:
    line = one_line(value)
    return f"'{line}" if line.startswith(tuple(STARTS_A_FORMULA)) else line
