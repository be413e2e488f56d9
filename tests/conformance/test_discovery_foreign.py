"""Correct publishers by somebody else are accused of nothing that RFC 9727 does not ask; half a profile gets a verdict for that half."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

import harness
from harness.client import asgi_transport
from harness.report import Report
from harness.serve.mock import reference_app
from tests.conformance.foreign_discovery import AGENCY, BOOKMARKS, CATALOGUE, IN_ONE_WORD, NESTED, PROFILE, TITLED, Publisher, publisher

PUBLISHERS = {
    "bookmarks": Publisher(),
    "titles beside relations": Publisher(
        TITLED, pages={"/docs": ("text/html", "<p>Docs</p>"), "/api/v1/openapi.json": ("application/json", '{"openapi": "3.1.0"}')}
    ),
    "catalogues of catalogues": Publisher(NESTED, content_type=f'application/linkset+json;profile="https://x.example {PROFILE}"'),
    "a text where RFC 9727 shows one": Publisher(IN_ONE_WORD),
    "in chunks": Publisher(
        TITLED, chunked=True, pages={"/docs": ("text/html", "<p>Docs</p>"), "/api/v1/openapi.json": ("application/json", "{}")}
    ),
    "the profile as a link": Publisher(
        content_type="application/linkset+json",
        link='<https://www.rfc-editor.org/info/rfc9727>; rel="profile", </.well-known/api-catalog>; rel="api-catalog"',
    ),
}


MOVED = {
    "for good": Publisher(moved=301),
    "for now": Publisher(moved=307, link=f'<{CATALOGUE}> ; REL = api-catalog ; type="application/linkset+json"'),
}


def report_on(habits: Publisher, **options: Any) -> Report:
    return harness.run("http://127.0.0.1", ["discovery"], transport=asgi_transport(publisher(habits)), country="lt", **options)


def held(report: Report, class_: str | None = None) -> dict[str, str]:
    """What a report holds against the publisher under this profile."""
    return {
        each.requirement: each.cause or each.findings[0].message
        for each in report.verdicts
        if each.verdict in ("failed", "warning", "needs-review", "harness-error")
        and each.requirement.startswith("DISC")
        and class_ in (None, each.class_)
    }


@pytest.mark.parametrize("habits", PUBLISHERS.values(), ids=PUBLISHERS.keys())
def test_a_catalogue_alone_reaches_class_base(habits: Publisher) -> None:
    report = report_on(habits)
    assert report.ended is None
    assert held(report, "base") == {}
    bases = [each for each in report.verdicts if each.class_ == "base" and each.side == "provider"]
    assert {each.requirement: each.findings for each in bases if each.verdict in ("failed", "warning")} == {}
    assert report.class_reached == "base"


@pytest.mark.parametrize("habits", MOVED.values(), ids=MOVED.keys())
def test_a_catalogue_that_lies_elsewhere_on_the_host_is_followed(habits: Publisher) -> None:
    """Nothing else is here, so core has nothing to try: that is said, and held against nobody."""
    report = report_on(habits)
    assert (report.ended, held(report, "base")) == (None, {})
    assert {report.of(f"DISC-CAT-00{number}").verdict for number in range(1, 6)} == {"passed"}
    assert report.of("CORE-ROB-004").cause == f"the plain request GET {CATALOGUE} is answered with {habits.moved}"


def test_half_a_profile_has_a_verdict_for_that_half() -> None:
    report = report_on(Publisher())
    assert report.of("DISC-CAT-001").verdict == "passed"
    without_a_card = {each.requirement: each.cause for each in report.verdicts if "card" in (each.cause or "")}
    asked = {"DISC-CRD-001", "DISC-CON-001", "DISC-ORG-001", "DISC-ORG-002", "DISC-AIA-001", "DISC-INS-001", "DISC-INS-002", "DISC-MET-001"}
    assert asked <= set(without_a_card)
    assert {report.of(id).verdict for id in asked} == {"not-tested"}
    assert (report.of("DISC-CAT-006").verdict, report.of("DISC-CAT-007").verdict) == ("not-tested", "failed")


def test_a_card_without_a_catalogue_is_looked_at() -> None:
    report = report_on(Publisher(pages=AGENCY.pages, moved=404))
    assert set(held(report, "base")) == {"DISC-CAT-001"}
    assert report.of("DISC-CAT-002").cause == f"there is no catalogue at {CATALOGUE}"
    assert report.of("DISC-ORG-002").verdict == "passed"


def test_an_agency_with_ways_of_its_own_is_accused_of_nothing() -> None:
    report = report_on(AGENCY)
    assert held(report) == {}
    for id in (
        "CAT-007",
        "CAT-008",
        "ORG-001",
        "ORG-002",
        "INS-001",
        "INS-003",
        "AIA-002",
        "AIA-004",
        "AIA-006",
        "MET-001",
        "MET-002",
        "GEO-001",
    ):
        assert report.of(f"DISC-{id}").verdict == "passed", report.of(f"DISC-{id}").cause
    assert report.of("DISC-INS-002").verdict == "passed"
    assert report.of("DISC-MET-003").cause == "the card declares no share availability"


def test_a_service_below_the_root_need_not_have_the_catalogue() -> None:
    report = harness.run("http://127.0.0.1/api", ["discovery"], transport=asgi_transport(publisher(Publisher(moved=404))))
    assert report.of("DISC-CAT-001").verdict == "not-tested"
    assert "root of the host" in (report.of("DISC-CAT-001").cause or "")
    assert held(report) == {}


@pytest.mark.parametrize(("day", "verdict"), [("2026-12-01", "warning"), ("2026-12-02", "failed"), ("2027-12-02", "failed")])
def test_the_mark_of_an_older_system_is_a_warning_until_its_day(day: str, verdict: str) -> None:
    transport = asgi_transport(reference_app("discovery", "pl", mutant="an-older-system-declares-no-mark"))
    as_of = datetime.date.fromisoformat(day)
    report = harness.run("http://127.0.0.1", ["assistant", "discovery"], transport=transport, country="pl", as_of=as_of)
    assert report.of("DISC-MRK-002").verdict == verdict


@pytest.mark.parametrize(("day", "verdict"), [("2027-12-01", "warning"), ("2027-12-02", "failed")])
def test_registration_binds_from_its_day(day: str, verdict: str) -> None:
    transport = asgi_transport(reference_app("discovery", "lt", mutant="high-risk-and-not-registered"))
    report = harness.run("http://127.0.0.1", ["discovery"], transport=transport, country="lt", as_of=datetime.date.fromisoformat(day))
    assert report.of("DISC-AIA-006").verdict == verdict


def test_nothing_is_asked_of_other_hosts() -> None:
    """The transport would answer for any host: all that was asked is the service's own."""
    report = report_on(Publisher(BOOKMARKS))
    assert all(each.url.startswith("http://127.0.0.1/") for each in report.exchanges.values())
