"""What came of a fault: killed, survived, equivalent or never fired, for each tool; and the table of all of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, Literal

State = Literal["killed", "survived", "equivalent", "never fired"]


@dataclass
class Seen:
    """One tool's run against one fault.

    ``under`` is what it was found by: requirement ids, or names of checks. ``requests`` is all it sent, ``until`` what it had sent when it first
    found something, None where that is not known. ``met``, ``changed`` and ``forbidden`` are those of the fault's watch.
    """

    under: list[str] = field(default_factory=list)
    requests: int = 0
    until: int | None = None
    met: int = 0
    changed: int = 0
    forbidden: int = 0
    seconds: float = 0.0
    error: str | None = None


@dataclass
class Result:
    """A fault with what each tool made of it. ``fuzzer`` is None where only govai ran."""

    id: str
    operator: str
    description: str
    waits: bool
    govai: Seen
    fuzzer: Seen | None = None

    @property
    def reason(self) -> str:
        """Why a fault is equivalent or never fired, or that nobody gave it the occasion, by rule."""
        if any(each.changed for each in self._runs):
            return "" if any(each.forbidden for each in self._runs) else "what it changed the profile leaves open"
        if not any(each.met for each in self._runs):
            return "no such request was sent" if self.waits else "the reference gave no such answer"
        return "the answers are the same with it and without it"

    @property
    def _runs(self) -> list[Seen]:
        return [self.govai] if self.fuzzer is None else [self.govai, self.fuzzer]

    def state(self, seen: Seen | None) -> State:
        """What one tool made of the fault.

        Only a fault that no tool found can be equivalent (it changed nothing that the profile forbids) or have never fired (the service gave no
        answer to change). One that waits for a kind of request which no tool sent survived: it was there to be found.
        """
        if seen is not None and seen.under and not seen.error:
            return "killed"
        if not any(each.under for each in self._runs):
            if not any(each.changed for each in self._runs):
                return "survived" if self.waits and not any(each.met for each in self._runs) else "never fired"
            if not any(each.forbidden for each in self._runs):
                return "equivalent"
        return "survived"

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Result:
        """What :meth:`as_json` gave."""
        fuzzer = Seen(**value["fuzzer"]) if value["fuzzer"] else None
        return cls(value["id"], value["operator"], value["description"], value["waits"], Seen(**value["govai"]), fuzzer)

    def as_json(self) -> dict[str, Any]:
        """For the file of results."""
        return {
            **asdict(self),
            "state": {"govai": self.state(self.govai), "schemathesis": self.state(self.fuzzer) if self.fuzzer else None},
        }


def table(results: Sequence[Result]) -> str:
    """The counts by operator, the totals, and by name what survived and what never fired."""
    operators = list(dict.fromkeys(result.operator for result in results))
    lines = [f"{'operator':<28}{'faults':>8}{'equivalent':>12}{'never fired':>13}{'govai':>8}{'schemathesis':>14}"]
    lines += [_row(operator, [each for each in results if each.operator == operator]) for operator in operators]
    derived = [each for each in results if each.operator != "hand-written"]
    lines += ["", _row("derived", derived), *_shares(derived)]
    for state in ("survived", "equivalent", "never fired"):
        named = [each for each in results if each.state(each.govai) == state]
        lines += ["", f"{state} ({len(named)}):", *(f"  {each.id}" + (f" ({each.reason})" if each.reason else "") for each in named)]
    return "\n".join(lines)


def _row(name: str, results: Sequence[Result]) -> str:
    def count(state: State, seen: Iterable[Seen | None]) -> int:
        return sum(result.state(each) == state for result, each in zip(results, seen, strict=True))

    ours, theirs = [each.govai for each in results], [each.fuzzer for each in results]
    fuzzed = str(count("killed", theirs)) if any(theirs) else "-"
    unfired, same = count("never fired", ours), count("equivalent", ours)
    return f"{name:<28}{len(results):>8}{same:>12}{unfired:>13}{count('killed', ours):>8}{fuzzed:>14}"


def _shares(results: Sequence[Result]) -> list[str]:
    """Killed of those that are faults and fired; with the ones that never fired counted as survivors behind it."""
    lines = []
    for name, runs in (("govai", [each.govai for each in results]), ("schemathesis", [each.fuzzer for each in results])):
        pairs = [(result.state(seen), seen) for result, seen in zip(results, runs, strict=True) if seen is not None]
        if not pairs:
            continue
        fired = [seen for state, seen in pairs if state in ("killed", "survived")]
        killed = [seen for state, seen in pairs if state == "killed"]
        unfired = sum(state == "never fired" for state, _ in pairs)
        until = [seen.until for seen in killed if seen.until is not None]
        said = f"; median of requests to the first finding {median(until):.0f}" if until else ""
        of_all = f"{_percent(len(killed), len(fired) + unfired)} with those that never fired"
        lines.append(f"{name}: {len(killed)} of {len(fired)} killed, {_percent(len(killed), len(fired))} ({of_all}){said}")
    return lines


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / max(1, whole):.1f} %"
