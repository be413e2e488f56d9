"""Whether a consumer can use a provider, and why not, derived from a report on each.

What counts is what the consumer really uses (``Report.uses``) and what the provider really does with it: a duty that the provider violates
concerns the consumer where a violation shows itself in a use within its own (``Verdict.violated_by``), not where it takes something that this
consumer never asks for. How many requirements either of them meets has no say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import msgspec

from harness.errors import UsageError
from harness.profile import CLASSES, ConformanceClass, Side
from harness.report import ProfileUsed, Report, UseShown
from harness.use import INVALID, Use

State = Literal["works", "fails", "unknown"]
EXIT_CODES: dict[State, int] = {"works": 0, "fails": 1, "unknown": 5}

Kind = Literal[
    "violated", "refused", "other-edition", "unreachable", "never-asked", "undecided", "adapter", "warning", "elsewhere", "not-shown"
]
FAILS: tuple[Kind, ...] = ("violated", "refused")
UNKNOWN: tuple[Kind, ...] = ("other-edition", "unreachable", "never-asked", "undecided")


class Reason(msgspec.Struct, frozen=True):
    """Why a pair fails, why nothing can be said of it, or what else is worth knowing.

    ``violated``: a MUST is violated where it concerns the pair. ``refused``: the provider never served what the consumer uses. ``other-edition``: the
    reports are of different editions of the profile. ``unreachable``: a report speaks of nobody. ``never-asked``: the provider was not asked for
    what the consumer uses, or only together with what it may not serve. ``undecided``: a MUST is not decided.

    Without weight are ``adapter`` (met through an adapter alone), ``warning``, ``elsewhere`` (a MUST that the provider violates only in what this
    consumer does not use) and ``not-shown`` (a MUST that traffic does not decide).
    """

    kind: Kind
    side: Side
    requirement: str | None = None
    use: UseShown | None = None
    message: str = ""


class Pair(msgspec.Struct, frozen=True, rename={"class_": "class"}):
    """What two reports at the same edition of a profile say of a consumer and a provider. ``weaker`` is the side that it fails for."""

    consumer: str
    provider: str
    profile: str
    class_: ConformanceClass
    state: State
    weaker: Side | None
    reasons: list[Reason]

    @property
    def exit_code(self) -> int:
        """What ``govai matrix check`` ends with."""
        return EXIT_CODES[self.state]

    def having(self, *kinds: Kind) -> list[Reason]:
        """The reasons of some kinds."""
        return [each for each in self.reasons if each.kind in kinds]

    @property
    def deciding(self) -> list[Reason]:
        """The reasons for the state."""
        return self.having(*(FAILS if self.state == "fails" else UNKNOWN if self.state == "unknown" else ()))


def pair(
    consumer: Report,
    provider: Report,
    profile: str,
    class_: ConformanceClass = "government",
    *,
    replayed: Sequence[Reason] | None = None,
    demand: Demand | None = None,
    offer: Offer | None = None,
) -> Pair:
    """Whether ``consumer`` can use ``provider``: every MUST of ``class_`` and the classes below holds wherever it concerns both.

    Args:
        consumer, provider: a report on each.
        profile: ``name`` or ``name/major``.
        replayed: where the provider was sent what the consumer had sent, what it did not serve of that. Then this is all that counts: what such
            traffic does not show is told without weight.
        demand, offer: :func:`demand_of` the consumer and :func:`offer_of` the provider, where each is held against many.

    Raises:
        UsageError: a report is on the other side, or does not speak of the profile.
    """
    asked, served = _edition(consumer, "consumer", profile), _edition(provider, "provider", profile)
    key = f"{served.name}/{served.major}"
    keys = {key, *(f"{each.name}/{each.major}" for each in provider.profiles if each.name == "core")}
    reasons = [Reason("unreachable", report.participant.side) for report in (consumer, provider) if report.outcome == "unreachable"]
    if (asked.major, asked.digest) != (served.major, served.digest):
        reasons.append(Reason("other-edition", "provider", message=f"{asked.name}/{asked.version}, {served.name}/{served.version}"))
    if not reasons:
        used = [each for each in (demand_of(consumer) if demand is None else demand) if each.use.profile in keys]
        reasons = [
            *_of_verdicts(consumer, keys, class_, used),
            *_of_verdicts(provider, keys, class_, used),
            *(_of_uses(used, offer or offer_of(provider)) if replayed is None else replayed),
        ]
        if replayed is not None:
            reasons = [msgspec.structs.replace(each, kind="not-shown") if each.kind == "undecided" else each for each in reasons]
    return made_of(reasons, consumer.participant.name, provider.participant.name, key, class_)


def made_of(reasons: list[Reason], consumer: str, provider: str, profile: str, class_: ConformanceClass) -> Pair:
    """The pair that these reasons make."""
    fails = [each for each in reasons if each.kind in FAILS]
    state: State = "fails" if fails else "unknown" if any(each.kind in UNKNOWN for each in reasons) else "works"
    return Pair(consumer, provider, profile, class_, state, _weaker(fails), reasons)


def _edition(report: Report, side: Side, profile: str) -> ProfileUsed:
    """The profile as a report speaks of it."""
    name = report.participant.name
    if report.participant.side != side:
        raise UsageError(f"The report on {name} is on a {report.participant.side}, where that on a {side} is asked for.")
    for each in report.profiles:
        if profile in (each.name, f"{each.name}/{each.major}"):
            return each
    spoken = ", ".join(f"{each.name}/{each.major}" for each in report.profiles)
    raise UsageError(f"The report on {name} does not speak of {profile}, but of {spoken}.")


def _of_verdicts(report: Report, keys: set[str], class_: ConformanceClass, demand: Demand) -> Iterator[Reason]:
    """What a report's verdicts mean for a consumer with this demand."""
    side, below = report.participant.side, CLASSES[: CLASSES.index(class_) + 1]
    for verdict in report.verdicts:
        if verdict.profile not in keys or not verdict.binding or not verdict.decidable or verdict.class_ not in below:
            continue
        said = verdict.findings[0].message if verdict.findings else verdict.cause or ""
        if verdict.verdict in ("failed", "warning"):
            use = next((each for each in verdict.violated_by if side == "consumer" or _is_within(_use(each), demand)), None)
            kind: Kind = "elsewhere" if use is None else "violated" if verdict.verdict == "failed" else "warning"
            yield Reason(kind, side, verdict.requirement, use, said)
        elif verdict.verdict in ("not-tested", "needs-review", "harness-error"):
            yield Reason("undecided", side, verdict.requirement, message=verdict.cause or "")
        elif verdict.verdict == "passed-with-adapter":
            yield Reason("adapter", side, verdict.requirement, message=verdict.cause or "")


def _use(shown: UseShown) -> Use:
    return Use(shown.profile, shown.operation, frozenset(shown.parts))


def _is_within(use: Use, demand: Demand) -> bool:
    return any(use.within(each.use) for each in demand)


class Used(NamedTuple):
    """A use of a consumer's that was served, and its places."""

    use: Use
    places: list[_Place]


Demand = Sequence[Used]


def demand_of(consumer: Report) -> Demand:
    """What a consumer uses, as its report shows."""
    return [Used(_use(each), _places(each)) for each in consumer.uses if each.served]


class Offer(NamedTuple):
    """What a provider serves: operations and parts of them, the values among these, and what it refuses."""

    served: set[_Place]
    values: set[tuple[str, str]]
    refused: set[_Place]


def offer_of(provider: Report) -> Offer:
    """What a provider serves and what it refuses, as its report shows.

    An operation was refused where no request to it was served; a part, where a request was refused whose other parts are all served in others: then
    nothing else can have been the reason.
    """
    served = {place for made in provider.uses if made.served for place in _places(made)}
    values = {(profile, part) for profile, _, part in served if "=" in part}
    unserved = [[place for place in _places(made) if place not in served] for made in provider.uses if INVALID not in made.parts]
    return Offer(served, values, {places[0] for places in unserved if len(places) == 1 or (places and not places[0][2])})


def _of_uses(demand: Demand, offer: Offer) -> Iterator[Reason]:
    """What the consumer uses and the provider did not serve: an operation, or a part of one that it serves. A value that the provider serves in
    another operation, a language say, is not asked for again in each.
    """
    served, values, refused = offer
    said: set[_Place] = set()
    for used in demand:
        for place in used.places:
            profile, operation, part = place
            missing = place not in served and place not in said and (place in refused or (profile, part) not in values)
            if missing and not any(_holds(each, place) for each in said):
                said.add(place)
                yield Reason(
                    "refused" if place in refused else "never-asked",
                    "provider",
                    use=UseShown(profile, operation, [part] if part else []),
                )
            if place not in served and not part:
                break  # nothing more of an operation that it lacks


_Place = tuple[str, str, str]


def _holds(place: _Place, other: _Place) -> bool:
    """Whether a part has another one in it, as ``messages[]`` has ``messages[].content``."""
    return place[:2] == other[:2] and bool(place[2]) and other[2].startswith((f"{place[2]}.", f"{place[2]}["))


def _places(use: UseShown) -> list[_Place]:
    """The operation by itself, then each part of it. A header field is none: who does not know one passes over it (RFC 9110 section 5.1)."""
    return [(use.profile, use.operation, part) for part in ("", *use.parts) if not part.endswith(":")]


def _weaker(fails: list[Reason]) -> Side | None:
    """The side that more of the reasons lie with; the provider where they are even."""
    if not fails:
        return None
    return "consumer" if sum(each.side == "consumer" for each in fails) * 2 > len(fails) else "provider"
