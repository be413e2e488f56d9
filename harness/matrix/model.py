"""The matrix: for each profile and major version the consumers, the providers, and what two reports say of each pair of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from harness.errors import UsageError
from harness.matrix.addresses import participant_id, requirement_slug, slug
from harness.matrix.pairs import FAILS, UNKNOWN, Demand, Offer, Pair, Reason, State, demand_of, made_of, offer_of, pair
from harness.matrix.reading import Body, Found, Head, Kept, Reader, Refused, Text, refused
from harness.profile import CLASSES, ConformanceClass, Side
from harness.report import Finding, NoReport, ProfileUsed, VerdictName
from harness.trust import Trust

LAYERS = ("legal", "organisational", "semantic", "technical")
HIGHEST = CLASSES[-1]

Standing = Literal["counts", "history", "duplicate", "refused"]


@dataclass(frozen=True, slots=True)
class Participant:
    """Who was tested. ``id`` is where the participant stands in the site."""

    id: str
    name: str
    country: str | None
    side: Side


@dataclass(frozen=True, slots=True)
class Filed:
    """A report and the file that it stands in."""

    found: Found
    head: Head
    trust: Trust


@dataclass(slots=True)
class Entry:
    """A participant at one profile: the newest report counts, the others are its history."""

    participant: Participant
    profile: str
    filed: list[Filed]
    """The newest first."""
    body: Body
    address: str = ""
    """Where its report stands, and its badge, without an ending."""
    texts: dict[str, Text] = field(default_factory=dict)
    findings: dict[str, Finding] = field(default_factory=dict)
    """By requirement."""

    def __post_init__(self) -> None:
        self.address = f"{self.participant.id}/{profile_slug(self.profile)}"
        self.texts = {text.requirement: text for text, _ in self.body.verdicts}
        self.findings = {each.requirement: each.findings[0] for each in self.body.report.verdicts if each.findings}

    @property
    def head(self) -> Head:
        """The report that counts."""
        return self.filed[0].head

    @property
    def used(self) -> ProfileUsed:
        """The edition of the profile that it was tested with."""
        return next(each for each in self.head.profiles if _key(each) == self.profile)


@dataclass(slots=True)
class Cell:
    """A consumer and a provider at one profile."""

    consumer: Entry
    provider: Entry
    pair: Pair
    """By the class that the site is built for."""
    every: Pair
    """By the highest class: all that there is to say."""
    states: dict[ConformanceClass, dict[str, State]]
    """By class, and there by layer; ``""`` is all layers."""
    address: str = ""
    """Where its page stands, without language and ending."""
    deciding: tuple[str, ...] = ()
    """The requirements that the state hangs on."""

    def __post_init__(self) -> None:
        self.deciding = tuple(dict.fromkeys(each.requirement for each in self.pair.deciding if each.requirement))
        consumer, provider = (each.participant.id.partition("/")[2] for each in (self.consumer, self.provider))
        self.address = f"pair/{profile_slug(self.pair.profile)}/{consumer}/{provider}"

    def text(self, reason: Reason) -> Text | None:
        """The requirement that a reason is about, as the report on its side states it."""
        return self.entry(reason.side).texts.get(reason.requirement or "")

    def entry(self, side: Side) -> Entry:
        """The one of the two on a side."""
        return self.consumer if side == "consumer" else self.provider

    @property
    def crosses_a_border(self) -> bool:
        """Whether the two are known to be of different countries."""
        countries = {self.consumer.participant.country, self.provider.participant.country}
        return len(countries) == 2 and None not in countries


@dataclass(slots=True)
class Grid:
    """Everything about one profile at one major version."""

    profile: str
    consumers: list[Entry]
    providers: list[Entry]
    cells: dict[tuple[str, str], Cell]
    """By the ids of consumer and provider."""

    @property
    def versions(self) -> list[str]:
        """The editions that reports speak of."""
        return sorted({each.used.version for each in (*self.consumers, *self.providers)})

    def row(self, consumer: Entry, providers: Iterable[Entry]) -> Iterator[Cell]:
        """The pairs of a consumer with providers."""
        return (self.cells[consumer.participant.id, each.participant.id] for each in providers)

    def states(self) -> dict[State, int]:
        """How many pairs are in which state."""
        return _states(self.cells.values())


@dataclass(frozen=True, slots=True)
class InputLine:
    """What became of a file."""

    name: str
    standing: Standing
    head: Head | None
    about: str
    """Why it was refused, in English, or which file counts in its place."""
    trust: Trust | None = None
    """What its signature is worth, where it is a report."""
    refused: Refused | None = None
    """Why it was refused, where it cannot be read."""


@dataclass(slots=True)
class Asked:
    """A requirement, and how everybody fares who was tested for it."""

    text: Text
    verdicts: list[tuple[Entry, VerdictName]]

    @property
    def address(self) -> str:
        """Where its page stands, without language and ending."""
        return f"requirement/{requirement_slug(self.text.requirement)}"


@dataclass(slots=True)
class Matrix:
    """All that the site shows."""

    class_: ConformanceClass
    grids: list[Grid]
    asked: dict[str, Asked]
    input: list[InputLine]
    passed_over: int
    """Files that are no reports."""

    @property
    def entries(self) -> Iterator[Entry]:
        """Everybody at every profile."""
        return (each for grid in self.grids for side in (grid.consumers, grid.providers) for each in side)

    @property
    def cells(self) -> Iterator[Cell]:
        """Every pair at every profile."""
        return (cell for grid in self.grids for cell in grid.cells.values())

    def states(self) -> dict[State, int]:
        """How many pairs are in which state."""
        return _states(self.cells)


def _states(cells: Iterable[Cell]) -> dict[State, int]:
    found = Counter(each.pair.state for each in cells)
    return {"works": found["works"], "fails": found["fails"], "unknown": found["unknown"]}


def profile_slug(key: str) -> str:
    """``translation-1`` of ``translation/1``."""
    name, _, major = key.rpartition("/")
    return f"{slug(name)}-{major}"


def matrix(found: Sequence[Found], reader: Reader, class_: ConformanceClass) -> Matrix:
    """Read everything and judge every pair."""
    collected = _Collected()
    for each in found:
        collected.add(each, reader.head(each), reader)
    entries = collected.entries(reader)
    profiles = sorted({each.profile for each in entries})
    grids = [_grid(profile, [each for each in entries if each.profile == profile], class_) for profile in profiles]
    return Matrix(class_, grids, _asked(entries), collected.lines(entries), collected.passed_over)


class _Collected:
    """The reports by participant and profile, as they come."""

    def __init__(self) -> None:
        self._filed: dict[tuple[str, str], list[Filed]] = defaultdict(list)
        self._not_counted: list[InputLine] = []
        self.passed_over = 0

    def add(self, found: Found, kept: Kept, reader: Reader) -> None:
        if isinstance(kept, Refused):
            self._not_counted.append(InputLine(found.name, "refused", None, kept.why, refused=kept))
        elif isinstance(kept, Head):
            self._judge(found, kept, reader)
        else:
            self.passed_over += 1

    def _judge(self, found: Found, head: Head, reader: Reader) -> None:
        """A report that was changed since it was signed counts for nothing."""
        try:
            trust = reader.trust(found)
        except UsageError as error:
            why = refused(NoReport("unreadable-signature", detail=error))
            self._not_counted.append(InputLine(found.name, "refused", head, why.why, refused=why))
            return
        if trust.state == "wrong":
            self._not_counted.append(InputLine(found.name, "refused", head, "", trust))
        else:
            self._file(Filed(found, head, trust))

    def _file(self, report: Filed) -> None:
        told = report.head.participant
        keys = [(participant_id(told.side, told.country, told.name), profile) for profile in _profiles(report.head)]
        twin = next((each for key in keys for each in self._filed[key] if each.head.started == report.head.started), None)
        if twin:
            self._not_counted.append(InputLine(report.found.name, "duplicate", report.head, twin.found.name, report.trust))
            return
        for key in keys:
            self._filed[key].append(report)

    def entries(self, reader: Reader) -> list[Entry]:
        """Everybody at every profile, by the newest report."""
        entries = []
        for (id, profile), filed in self._filed.items():
            if not filed:
                continue
            filed.sort(key=lambda each: each.head.started, reverse=True)
            newest, told = filed[0], filed[0].head.participant
            participant = Participant(id, told.name, told.country, told.side)
            entries.append(Entry(participant, profile, filed, reader.body(newest.found, newest.head)))
        return entries

    def lines(self, entries: Sequence[Entry]) -> list[InputLine]:
        """What became of each file."""
        counting = {id(each.filed[0]): each for each in entries}
        filed = {id(each): (each, own[0].found.name) for own in self._filed.values() for each in own}
        lines = [
            InputLine(each.found.name, "counts", each.head, "", each.trust)
            if key in counting
            else InputLine(each.found.name, "history", each.head, newest, each.trust)
            for key, (each, newest) in filed.items()
        ]
        return sorted((*lines, *self._not_counted), key=lambda line: (line.name, line.standing))


def _grid(profile: str, entries: Sequence[Entry], class_: ConformanceClass) -> Grid:
    sides: dict[Side, list[Entry]] = {"consumer": [], "provider": []}
    for each in sorted(entries, key=lambda entry: entry.participant.id):
        sides[each.participant.side].append(each)
    demands = [(each, demand_of(each.body.report)) for each in sides["consumer"]]
    offers = [(each, offer_of(each.body.report)) for each in sides["provider"]]
    cells = {
        (consumer.participant.id, provider.participant.id): _cell(consumer, provider, demand, offer, profile, class_)
        for consumer, demand in demands
        for provider, offer in offers
    }
    return Grid(profile, sides["consumer"], sides["provider"], cells)


def _cell(consumer: Entry, provider: Entry, demand: Demand, offer: Offer, profile: str, class_: ConformanceClass) -> Cell:
    every = pair(consumer.body.report, provider.body.report, profile, HIGHEST, demand=demand, offer=offer)
    entries: dict[Side, Entry] = {"consumer": consumer, "provider": provider}
    reasons = [(each, entries[each.side].texts.get(each.requirement or "")) for each in every.reasons]
    own = [each for each, text in reasons if text is None or class_ in _from(text.class_)]
    judged = made_of(own, every.consumer, every.provider, every.profile, class_)
    return Cell(consumer, provider, judged, every, _ALL_WORK if every.state == "works" else _states_of(reasons))


def _states_of(reasons: Iterable[tuple[Reason, Text | None]]) -> dict[ConformanceClass, dict[str, State]]:
    """By class and layer. A reason that is about no requirement counts in all of them."""
    states = {name: dict(_ALL_WORK[name]) for name in CLASSES}
    for reason, text in reasons:
        state: State = "fails" if reason.kind in FAILS else "unknown" if reason.kind in UNKNOWN else "works"
        if state == "works":
            continue
        for name in _from(text.class_) if text else CLASSES:
            for layer in (_ALL_LAYERS, text.layer) if text else states[name]:
                if states[name].get(layer, "fails") != "fails":
                    states[name][layer] = state
    return states


_ALL_LAYERS = ""
_ALL_WORK: dict[ConformanceClass, dict[str, State]] = {name: dict.fromkeys((_ALL_LAYERS, *LAYERS), "works") for name in CLASSES}


def _from(class_: ConformanceClass) -> Sequence[ConformanceClass]:
    """The classes that a requirement of this one counts in."""
    return CLASSES[CLASSES.index(class_) :]


def _asked(entries: Iterable[Entry]) -> dict[str, Asked]:
    """Each requirement in the words that most reports have for it."""
    said: dict[str, Counter[int]] = defaultdict(Counter)
    texts: dict[int, Text] = {}
    verdicts: dict[str, list[tuple[Entry, VerdictName]]] = defaultdict(list)
    for entry in entries:
        for text, verdict in entry.body.verdicts:
            said[text.requirement][id(text)] += 1
            texts[id(text)] = text
            verdicts[text.requirement].append((entry, verdict))
    return {each: Asked(texts[said[each].most_common(1)[0][0]], verdicts[each]) for each in sorted(said)}


def _key(used: ProfileUsed) -> str:
    return f"{used.name}/{used.major}"


def _profiles(head: Head) -> list[str]:
    """The profiles that a report is of: core is part of every other."""
    return [_key(each) for each in head.profiles if each.name != "core"] or [_key(each) for each in head.profiles]
