"""GITB TAR, by the schemas of the Interoperability Test Bed."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from functools import cache
from typing import Any

import pytest

from harness.formats import gitb_tar
from harness.profile import LANGUAGES
from harness.report import Report
from tests.formats.foreign import REPORTS, SCHEMAS, reference
from tests.formats.samples import HOSTILE, beyond, crashed, faulty, fine, hostile, incomplete, report, unreachable, verdict

TR = "{http://www.gitb.com/tr/v1/}"


@cache
def schema() -> Any:
    etree = pytest.importorskip("lxml.etree", reason="lxml is not installed (pip install '.[test]')")
    return etree.XMLSchema(etree.parse(SCHEMAS / "gitb_tr.xsd"))


def parsed(report: Report) -> ET.Element:
    return ET.fromstring(gitb_tar.render(report))


def text(root: ET.Element, path: str) -> str:
    return str(root.findtext("/".join(TR + step for step in path.split("/"))))


def items(root: ET.Element) -> dict[str, str]:
    return {text(each, "assertionID"): each.tag.removeprefix(TR) for each in root.iterfind(f"{TR}reports/*")}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", REPORTS)
def test_it_is_valid_by_the_schema_of_the_test_bed(name: str, language: str) -> None:
    from lxml import etree

    schema().assertValid(etree.fromstring(gitb_tar.render(REPORTS[name](), language)))


@pytest.mark.parametrize(
    ("sample", "result"),
    [
        (fine(), "SUCCESS"),
        (beyond(), "WARNING"),
        (report(verdict("GREE-A-001", "passed"), verdict("GREE-A-002", "warning", level="SHOULD")), "WARNING"),
        (faulty(), "FAILURE"),
        (incomplete(), "UNDEFINED"),
        (crashed(), "UNDEFINED"),
        (unreachable(), "UNDEFINED"),
    ],
)
def test_the_result_is_that_of_the_run(sample: Report, result: str) -> None:
    assert text(parsed(sample), "result") == result


def test_errors_are_what_makes_it_not_conformant_and_come_first() -> None:
    root = parsed(faulty())
    assert list(items(root).items())[:2] == [("GREE-A-011", "error"), ("GREE-A-010", "error")]
    kinds = items(root)
    assert {id for id, kind in kinds.items() if kind == "warning"} == {f"GREE-A-{number}" for number in ("004", "005", "006", "007", "009")}
    assert {id for id, kind in kinds.items() if kind == "info"} == {f"GREE-A-{number}" for number in ("001", "002", "003", "008")}


@pytest.mark.parametrize("name", REPORTS)
def test_the_counters_count_the_items(name: str) -> None:
    root = parsed(REPORTS[name]())
    kinds = [each.tag.removeprefix(TR) for each in root.iterfind(f"{TR}reports/*")]
    for counter, kind in (("nrOfAssertions", "info"), ("nrOfErrors", "error"), ("nrOfWarnings", "warning")):
        assert text(root, f"counters/{counter}") == str(kinds.count(kind))
    assert (text(root, "counters/nrOfErrors") != "0") == (text(root, "result") == "FAILURE")


def test_an_item_says_where_and_what_came() -> None:
    root = parsed(report(verdict("GREE-A-001", "failed")))
    item = root.find(f"{TR}reports/{TR}error")
    assert item is not None
    assert {each.tag.removeprefix(TR): each.text for each in item} == {
        "assertionID": "GREE-A-001",
        "description": "Failed: A greeting MUST be polite (GREE-A-001). the name is missing",
        "location": "greet /text",
        "test": "greeting/1 (MUST, class government)",
        "type": "failed",
        "value": "Dear you!",
    }


def test_what_others_wrote_is_text() -> None:
    root = parsed(hostile())
    assert HOSTILE.partition("\u202e")[0] in str(root.get("name"))
    assert {each.tag for each in root.iter() if not str(each.tag).startswith("{http://www.gitb.com/")} == set()


def test_a_real_run_fails_by_the_fault_alone() -> None:
    assert [id for id, kind in items(parsed(reference())).items() if kind == "error"] == ["CORE-TRC-001"]
