"""A correct server by somebody else reaches class base, with whatever habit the standard leaves to it; half of one gets a verdict for that half."""

from __future__ import annotations

from typing import Any

import pytest

import harness
from harness.client import asgi_transport
from harness.report import Report, Verdict
from tests.conformance.foreign_anonymiser import Habits, foreign_anonymiser, operations_of

HABITS: dict[str, Habits] = {
    "as it comes": Habits(),
    "refuses most": Habits(strict=True, batches=False, masks=False, unsupported=422, invalid=422, unknown_operator=400),
    "unknown languages are not found": Habits(unsupported=404, unknown_operator=404),
    "less sure of several texts": Habits(unsteady=True),
    "whole numbers with a fraction": Habits(fractions=True, item_texts=False),
    "members of its own": Habits(members=True, kind="application/json; charset=utf-8"),
    "in chunks": Habits(chunked=True, kind="application/json;charset=UTF-8", members=True),
    "looks for own words, puts back": Habits(ad_hoc=True, decrypts=True, merges=True),
    "without lists": Habits(lists=False),
}
NEEDS_A_GET = {"CORE-ROB-005", "CORE-TRC-002"}
"""What core tests by reading: a server without any list has nothing to read."""


def report_on(habits: Habits, **options: Any) -> Report:
    app = foreign_anonymiser(habits)
    return harness.run(
        "http://127.0.0.1", ["anonymisation"], transport=asgi_transport(app), variables={"language": habits.language}, **options
    )


def base(report: Report) -> list[Verdict]:
    return [each for each in report.verdicts if each.class_ == "base" and each.side == "provider"]


@pytest.mark.parametrize("habits", HABITS.values(), ids=HABITS.keys())
def test_a_foreign_server_reaches_class_base(habits: Habits) -> None:
    report = report_on(habits)
    assert {each.requirement: each.findings[0].message for each in base(report) if each.findings} == {}
    left = {each.requirement for each in base(report) if each.verdict not in ("passed", "not-applicable")}
    assert left == (set() if habits.lists else NEEDS_A_GET)
    assert report.class_reached == (None if left else "base")
    assert report.of("ANON-DEA-002").verdict == ("passed" if habits.decrypts else "not-applicable")
    assert report.of("ANON-API-005").verdict == ("passed" if habits.lists else "not-applicable")


def test_without_a_card_the_language_is_presidios_own() -> None:
    app = foreign_anonymiser(Habits())
    report = harness.run("http://127.0.0.1", ["anonymisation"], transport=asgi_transport(app))
    assert report.binding == {"language": "en"}
    assert report.class_reached == "base"


def test_a_server_that_does_not_know_english_is_not_asked_in_it() -> None:
    app = foreign_anonymiser(Habits(language="pl"))
    report = harness.run("http://127.0.0.1", ["anonymisation"], transport=asgi_transport(app))
    assert [each.requirement for each in base(report) if each.verdict == "failed"] == []
    assert report.of("ANON-API-001").verdict == "not-tested"


def test_where_nothing_declares_a_language_vectors_say_so() -> None:
    app = foreign_anonymiser(Habits(lists=False))
    report = harness.run("http://127.0.0.1", ["anonymisation"], transport=asgi_transport(app))
    assert report.of("ANON-API-001").verdict == "not-tested"
    assert "language could not be bound" in (report.of("ANON-API-001").cause or "")
    assert any("--set language=VALUE" in note for note in report.notes)


@pytest.mark.parametrize(("half", "other"), [("find", "take-out"), ("take-out", "find")])
def test_half_of_a_server_gets_a_verdict_for_that_half(half: str, other: str) -> None:
    report = report_on(Habits(halves=frozenset((half,))))
    missing = "/anonymize" if half == "find" else "/analyze"
    assert {id: report.of(id).verdict for id in operations_of(half)} == dict.fromkeys(operations_of(half), "passed")
    assert {id: (report.of(id).verdict, report.of(id).cause) for id in operations_of(other)} == dict.fromkeys(
        operations_of(other), ("not-tested", f"the service has no {missing} (404)")
    )
    assert not any(each.verdict == "failed" for each in base(report))
    assert report.class_reached is None


def test_a_server_that_cannot_encrypt_is_not_asked_to_put_back() -> None:
    report = report_on(Habits())
    assert report.of("ANON-DEA-001").verdict == report.of("ANON-DEA-002").verdict == "not-applicable"


def test_one_that_puts_back_for_anybody_is_of_no_government() -> None:
    report = report_on(Habits(decrypts=True))
    assert report.of("ANON-DEA-001").verdict == "failed"
