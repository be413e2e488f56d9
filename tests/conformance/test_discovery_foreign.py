"""Correct publishers by somebody else are accused of nothing that RFC 9727 does not ask; half a profile gets a verdict for that half."""

from __future__ import annotations

import datetime
import json
from dataclasses import replace
from typing import Any

import pytest

import harness
from harness.client import asgi_transport
from harness.report import Report
from harness.serve.mock import reference_app
from tests.conformance.foreign_discovery import (
    AGENCY,
    BOOKMARKS,
    CARD,
    CATALOGUE,
    IN_ONE_WORD,
    NAUDOJIMAS,
    NESTED,
    PROFILE,
    TITLED,
    Publisher,
    publisher,
)

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


def with_card(page: str = NAUDOJIMAS, kind: str = "text/markdown", **members: Any) -> Report:
    """A report on the agency, its card and the page of its instructions in Lithuanian being others."""
    pages = {"/service-card": ("application/json", json.dumps({**CARD, **members})), "/dokumentai/instrukcija.md": (kind, page)}
    return report_on(replace(AGENCY, pages={**AGENCY.pages, **pages}))


@pytest.mark.parametrize("point", ["5(a)", "5 (a)", "5.A", "5"])
def test_points_of_annex_three_are_written_in_many_ways(point: str) -> None:
    assert with_card(aiAct={**CARD["aiAct"], "annexIII": [point]}).of("DISC-AIA-002").verdict == "passed"


@pytest.mark.parametrize(("condition", "verdict"), [("(d)", "passed"), ("6(3)(b)", "passed"), ("e", "warning"), (None, "warning")])
def test_conditions_of_an_exemption_are_written_in_many_ways(condition: str | None, verdict: str) -> None:
    exemption = {"condition": condition, "grounds": {"lt": "Rūšiuoja."}}
    members = {**CARD["aiAct"], "class": "minimal", "exemption": exemption}
    assert with_card(aiAct=members).of("DISC-AIA-005").verdict == verdict


def test_values_of_any_kind_crash_nothing() -> None:
    report = with_card(version=["3"], aiAct={"roles": [{}, "deployer"], "class": {}}, instructions=[{"version": "3"}], complaints=["a"])
    assert [each.requirement for each in report.verdicts if each.verdict == "harness-error"] == []
    assert {id: report.of(f"DISC-{id}").verdict for id in ("CRD-001", "INS-006", "CON-001")} == {
        "CRD-001": "failed",
        "INS-006": "warning",
        "CON-001": "failed",
    }


def test_a_page_that_needs_a_script_says_nothing_of_its_language() -> None:
    page = "<html><body><noscript>You need to enable JavaScript to run this application.</noscript><div id=root></div></body></html>"
    assert held(with_card(page, "text/html")) == {}


def test_an_example_in_instructions_is_for_a_person_to_look_at() -> None:
    report = with_card(NAUDOJIMAS + "Pavyzdys: 75001150008.\n")
    assert (report.of("DISC-ORG-004").verdict, held(report).keys()) == ("passed", set())


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
