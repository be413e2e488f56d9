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
    found something, None where that is not known. ``changed`` answers had the fault, ``forbidden`` of them break the profile.
    """

    under: list[str] = field(default_factory=list)
    requests: int = 0
    until: int | None = None
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
    govai: Seen
    fuzzer: Seen | None = None

    @property
    def _runs(self) -> list[Seen]:
        return [self.govai] if self.fuzzer is None else [self.govai, self.fuzzer]

    def state(self, seen: Seen | None) -> State:
        """What one tool made of the fault. Only a fault that no tool found can be equivalent or have never fired."""
        if seen is not None and seen.under:
            return "killed"
        if not any(each.under for each in self._runs):
            if not any(each.changed for each in self._runs):
                return "never fired"
            if not any(each.forbidden for each in self._runs):
                return "equivalent"
        return "survived"

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Result:
        """What :meth:`as_json` gave."""
        fuzzer = Seen(**value["fuzzer"]) if value["fuzzer"] else None
        return cls(value["id"], value["operator"], value["description"], Seen(**value["govai"]), fuzzer)

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
        lines += ["", f"{state} ({len(named)}):", *(f"  {each.id}" for each in named)]
    return "\n".join(lines)


def _row(name: str, results: Sequence[Result]) -> str:
    def count(state: State, seen: Iterable[Seen | None]) -> int:
        return sum(result.state(each) == state for result, each in zip(results, seen, strict=True))

    ours, theirs = [each.govai for each in results], [each.fuzzer for each in results]
    fuzzed = str(count("killed", theirs)) if any(theirs) else "-"
    unfired, same = count("never fired", ours), count("equivalent", ours)
    return f"{name:<28}{len(results):>8}{same:>12}{unfired:>13}{count('killed', ours):>8}{fuzzed:>14}"


def _shares(results: Sequence[Result]) -> list[str]:
    """Killed of those that are faults and fired."""
    lines = []
    for name, runs in (("govai", [each.govai for each in results]), ("schemathesis", [each.fuzzer for each in results])):
        pairs = [(result.state(seen), seen) for result, seen in zip(results, runs, strict=True) if seen is not None]
        if not pairs:
            continue
        counted = [seen for state, seen in pairs if state in ("killed", "survived")]
        killed = [seen for state, seen in pairs if state == "killed"]
        until = [seen.until for seen in killed if seen.until is not None]
        said = f", median of requests to the first finding {median(until):.0f}" if until else ""
        lines.append(f"{name}: {len(killed)} of {len(counted)} killed ({100 * len(killed) / max(1, len(counted)):.1f} %){said}")
    return lines
