"""Reports for a matrix, as files in a folder."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

from harness.profile import Side
from harness.report import ParticipantShown, ProfileUsed, Report, UseMade, UseShown, Verdict, encode_report
from tests.formats.samples import HOSTILE, STARTED, evidence, hostile, report, verdict

PROFILE = "greeting/1"
PLAIN = UseMade(PROFILE, "greet", ["name"], 3, 3)
FORMAL = UseMade(PROFILE, "greet", ["name", "formal=true"], 3, 3)
VIOLATED = verdict("GREE-A-001", "failed", violated_by=[UseShown(PROFILE, "greet", ["name"])])
ABOVE = verdict("GREE-A-003", "failed", "high-risk", layer="legal", violated_by=[UseShown(PROFILE, "greet", ["name"])])
UNTESTED = verdict("GREE-A-002", "not-tested", cause="no credential was given")
PASSED = [verdict(f"GREE-A-00{number}", "passed") for number in (1, 2, 3)]


def on(side: Side, name: str, country: str | None, *verdicts: Verdict, uses: Any = (PLAIN,), day: int = 0, **others: Any) -> Report:
    """A report on somebody, begun some days after the first."""
    own = verdicts or (PASSED if side == "provider" else [])
    given = {"started": STARTED + datetime.timedelta(days=day), **others}
    return report(*own, participant=ParticipantShown(name, None, country, side), uses=list(uses), **given)


def few() -> dict[str, Report]:
    """Every state, a history, a participant without a country, a profile with one side only."""
    return {
        "client-pl": on("consumer", "Klient Łódź", "pl"),
        "client-lt": on("consumer", "client.example.lt", "lt", uses=[FORMAL]),
        "good": on("provider", "Šiaulių paslauga", "lt", uses=[PLAIN, FORMAL], day=2),
        "good-before": on("provider", "Šiaulių paslauga", "lt", VIOLATED, uses=[PLAIN, FORMAL], day=1),
        "good-at-first": on("provider", "Šiaulių paslauga", "lt", VIOLATED, UNTESTED, uses=[PLAIN, FORMAL]),
        "bad": on("provider", "Zła usługa", "pl", VIOLATED, UNTESTED, uses=[PLAIN, FORMAL]),
        "open": on("provider", "Żadna usługa", None, UNTESTED, ABOVE, uses=[PLAIN, FORMAL]),
        "alone": on("provider", "alone.example.pl", "pl", profiles=[ProfileUsed("parting", 1, "1.0.0", "Parting", "sha256:1", 4)]),
    }


def harmful() -> dict[str, Report]:
    """What others can write, by those who mean harm, on both sides."""
    provider = hostile()
    consumer = on("consumer", f"{HOSTILE} =cmd|' /C calc'!A0", "<b>", profiles=provider.profiles)
    elsewhere = on(
        "provider",
        "../../../../etc/passwd",
        "../..",
        verdict("../../x'\"<script>", "failed", violated_by=[UseShown(PROFILE, "*", [])], layer='"><script>alert(1)</script>'),
        profiles=[ProfileUsed("../../greeting", 1, "<1>", HOSTILE, "x", 4)],
        exchanges={"x.1": evidence()},
    )
    return {"provider": provider, "consumer": consumer, "elsewhere": elsewhere}


_WHOLE = encode_report(few()["bad"])
REFUSED = {
    "cut": _WHOLE[:200],
    "cut-after": _WHOLE[:-400].replace(b"GREE-A-002", "<script>alert(1)</script>\u202e".encode()),
    "other-version": _WHOLE.replace(b"govai-report/1", json.dumps(f"govai-report/{HOSTILE * 10_000}").encode()[1:-1]),
    "other-format": b'{"format": "<b>govai-report/"}',
    "other-counts": _WHOLE.replace(b'"uses": 2\n', b'"uses": 3\n'),
    "no-year": _WHOLE.replace(b'"started": "2026', b'"started": "9999'),
    "malformed": _WHOLE.replace(b'"outcome": "', json.dumps(f'outcome": "{HOSTILE}').replace('\\"', '"', 2).encode()[:-1]),
    "too-deep": b'{"format": "govai-report/1", "later": ' + b"[" * 100_000,
}
"""Files that cannot be read as reports, by the kind of refusal."""


def many(side: int) -> dict[str, Report]:
    """As many consumers as providers, every third provider with a fault."""
    consumers = {f"c{n}": on("consumer", f"Consumer {n} of an office with a long name", "pl" if n % 2 else "lt") for n in range(side)}
    faults = {0: [VIOLATED], 1: [UNTESTED]}
    providers = {f"p{n}": on("provider", f"provider-{n}.example.lt", "lt" if n % 2 else "pl", *faults.get(n % 5, ())) for n in range(side)}
    return consumers | providers


def written(reports: dict[str, Report], folder: Path) -> Path:
    """The reports as files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, each in reports.items():
        (folder / f"{name}.json").write_bytes(encode_report(each))
    return folder
