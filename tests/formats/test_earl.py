"""EARL: by its vocabulary, read as JSON-LD by rdflib where that is installed, and nothing by others but literals."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from harness.formats import earl
from harness.report import Report, VerdictName
from tests.formats.foreign import REPORTS, reference
from tests.formats.samples import HOSTILE, faulty, hostile

VOCABULARY = set(
    re.findall(
        r"\w+",
        """
        Assertion Assertor OutcomeValue Software TestCase TestCriterion TestMode TestRequirement TestResult TestSubject
        CannotTell Fail NotApplicable NotTested Pass
        assertedBy info mainAssertor mode outcome pointer result subject test
        automatic cantTell failed inapplicable manual passed semiAuto undisclosed unknownMode untested
        """,
    )
)
"""The terms of http://www.w3.org/ns/earl#."""


def document(report: Report) -> Any:
    return json.loads(earl.render(report))


def nodes(report: Report, type: str) -> list[Any]:
    return [each for each in document(report)["@graph"] if type in each["@type"]]


def strings(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Every string of a document with the member it is in, every name of a member too."""
    if isinstance(value, dict):
        for member, each in value.items():
            yield "name", member
            yield from strings(each, member)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each, name)
    elif isinstance(value, str):
        yield name, value


@pytest.mark.parametrize("name", REPORTS)
def test_every_term_is_one_of_the_vocabulary(name: str) -> None:
    text = earl.render(REPORTS[name]()).decode()
    assert set(re.findall(r'"earl:(\w+)"', text)) <= VOCABULARY


@pytest.mark.parametrize("name", REPORTS)
def test_an_assertion_has_its_four_parts(name: str) -> None:
    """EARL 1.0 Schema, section 2.1: who asserts, what was tested, by which criterion, with which result."""
    report = REPORTS[name]()
    (subject,), (assertor,) = nodes(report, "earl:TestSubject"), nodes(report, "earl:Assertor")
    criteria = {each["@id"] for each in nodes(report, "earl:TestRequirement")}
    assertions = nodes(report, "earl:Assertion")
    assert len(assertions) == len(report.verdicts)
    for each in assertions:
        assert (each["subject"], each["assertedBy"], each["mode"]) == (subject["@id"], assertor["@id"], "earl:automatic")
        assert each["test"] in criteria
        assert each["result"]["outcome"].removeprefix("earl:") in VOCABULARY
        assert each["result"]["@type"] == "earl:TestResult"


def test_every_verdict_has_an_outcome_and_stands_beside_it() -> None:
    assert set(earl.OUTCOMES) == set(get_args(VerdictName))
    outcomes = {each["test"][-10:]: (each["result"]["outcome"], each["result"]["verdict"]) for each in nodes(faulty(), "earl:Assertion")}
    assert outcomes["GREE-A-002"] == ("earl:passed", "passed-with-adapter")
    assert outcomes["GREE-A-004"] == ("earl:failed", "warning")
    assert outcomes["GREE-A-007"] == ("earl:untested", "not-tested")
    assert outcomes["GREE-A-009"] == ("earl:cantTell", "harness-error")


def test_nothing_is_fetched_to_read_it() -> None:
    assert isinstance(document(faulty())["@context"], dict)


def test_what_others_wrote_stands_in_literals_alone() -> None:
    """No name of a member, ``@id``, type or address; and no member of the context that could make one of it."""
    literal = {"title", "description", "identifier", "country", "info", "release", "digest", "source", "en", "pl", "lt", "operation"}
    context = document(hostile())["@context"]
    assert not [name for name in literal & set(context) if isinstance(context[name], dict) and context[name].get("@type") == "@id"]
    for member, text in strings(document(hostile())["@graph"]):
        assert member in literal or re.fullmatch(r"@?[A-Za-z0-9:/.%+-]+|https://www\.rfc-editor\.org/\S+", text), (member, text)
    infos = [each["result"].get("info") for each in nodes(hostile(), "earl:Assertion")]
    assert HOSTILE.partition("\u202e")[0] in infos[0][1]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # rdflib's own
def test_rdf_tools_read_and_query_it() -> None:
    rdflib = pytest.importorskip("rdflib", reason="rdflib is not installed (pip install '.[test]')")
    names = rdflib.Namespace("http://www.w3.org/ns/earl#")
    parts = {"assertedBy": "Software", "subject": "TestSubject", "test": "TestRequirement", "result": "TestResult"}
    for name in REPORTS:
        report = REPORTS[name]()
        graph = rdflib.Graph().parse(data=earl.render(report), format="json-ld")
        found: Counter[str] = Counter()
        for assertion in graph.subjects(rdflib.RDF.type, names.Assertion):
            assert graph.value(assertion, names.mode) == names.automatic
            for part, kind in parts.items():
                assert (graph.value(assertion, names[part]), rdflib.RDF.type, names[kind]) in graph
            found[str(graph.value(graph.value(assertion, names.result), names.outcome)).partition("#")[2]] += 1
        assert found == Counter(earl.OUTCOMES[each.verdict] for each in report.verdicts), name


def test_statements_are_told_in_their_languages() -> None:
    (criterion,) = (each for each in nodes(reference(), "earl:TestRequirement") if each["title"] == "CORE-TRC-001")
    assert "traceresponse" in criterion["description"]["lt"]
    assert set(criterion["description"]) == {"en", "pl", "lt"}
