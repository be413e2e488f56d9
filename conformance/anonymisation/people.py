"""People: names as they stand in Polish and Lithuanian sentences, in whatever case."""

from __future__ import annotations

import unicodedata
from typing import Any

from conformance.anonymisation.asking import all_found, found, languages
from conformance.anonymisation.faults import with_findings
from conformance.anonymisation.letters import Form, joined, named
from conformance.anonymisation.variables import code_of
from conformance.core.metrics import shares
from harness.checks import CallNext, Estimate, NotApplicable, NotTested, Service, mutant, scenario
from harness.exchange import Exchange, Request, Response

METRIC = "name-recall"
_LEAST = 0.5
"""The recall that is held against a service that declares none."""
_AT_ONCE = 5
"""How many sentences make a letter."""


def declared_recall(service: Service, language: str) -> float:
    """The recall of names that the card declares for a language; half, where it declares none."""
    for each, share in shares(service.card, METRIC):
        spoken = each.get("languages")
        if not isinstance(spoken, list) or language in map(code_of, spoken):
            return share
    return _LEAST


async def _recall(service: Service, language: str, form: Form = "NFC") -> Estimate:
    """How many names are found whole in letters of a language, in however many findings.

    Raises:
        NotApplicable: the service does not declare the language.
    """
    if language not in languages(service):
        raise NotApplicable(f"the service does not declare {language}")
    sentences, hits = named(language, form), 0
    misses: list[Exchange] = []
    for first in range(0, len(sentences), _AT_ONCE):
        text, seeded = joined(sentences[first : first + _AT_ONCE])
        exchange, findings = await found(service, text, language)
        caught = [all_found(each, findings) for each in seeded]
        hits += sum(caught)
        misses += [exchange] if not all(caught) else []
    limit = declared_recall(service, language)
    written = "" if form == "NFC" else " in decomposed form"
    return Estimate(hits, len(sentences), limit, f"inflected names in texts in {language}{written} are found", tuple(misses[:3]))


@scenario("ANON-NAM-001")
async def polish_names_are_found(service: Service) -> Estimate:
    """Names in all cases but the vocative, women's and men's, with the changes that Polish makes to stems (Zając, Zającem; Wróbel, Wróbla)."""
    return await _recall(service, "pl")


@scenario("ANON-NAM-001")
async def lithuanian_names_are_found(service: Service) -> Estimate:
    """Names in all cases but the vocative, married and unmarried women's and men's, and one of a Polish family (Vrublevskai)."""
    return await _recall(service, "lt")


async def _decomposed(service: Service, language: str) -> Estimate:
    """How many are found in decomposed form. Raises :class:`NotTested` where too few are in composed form, which is ANON-NAM-001's subject."""
    composed = await _recall(service, language)
    if composed.interval[1] < composed.limit:
        raise NotTested(f"names in texts in {language} are not found in composed form either")
    return await _recall(service, language, "NFD")


@scenario("ANON-NAM-002")
async def decomposed_polish_names_are_found(service: Service) -> Estimate:
    """Unicode Standard Annex 15, section 1.1: canonically equivalent texts are to be treated alike."""
    return await _decomposed(service, "pl")


@scenario("ANON-NAM-002")
async def decomposed_lithuanian_names_are_found(service: Service) -> Estimate:
    """The same."""
    return await _decomposed(service, "lt")


@mutant("ANON-NAM-001")
async def names_are_not_inflected(request: Request, call_next: CallNext) -> Response:
    """Names are compared with a list of nominatives."""
    nominative = ("as", "is", "us", "ys", "ė", "ski", "cki", "ska", "cka", "k", "c", "r", "l")
    return await _passing_over(request, call_next, lambda name: not name.endswith(nominative))


@mutant("ANON-NAM-001")
async def given_names_are_enough(request: Request, call_next: CallNext) -> Response:
    """Of a person's name the given name is found."""

    def change(text: str, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [_first_word(text, each) if each["entity_type"] == "PERSON" else each for each in findings]

    return await with_findings(request, call_next, change)


@mutant("ANON-NAM-002")
async def names_are_looked_up_as_they_are_typed(request: Request, call_next: CallNext) -> Response:
    """The list of names is composed, and texts are not."""
    return await _passing_over(request, call_next, lambda name: any(map(unicodedata.combining, name)))


def _first_word(text: str, finding: dict[str, Any]) -> dict[str, Any]:
    return {**finding, "end": finding["start"] + len(text[finding["start"] : finding["end"]].split(" ")[0])}


async def _passing_over(request: Request, call_next: CallNext, passed_over: Any) -> Response:
    def change(text: str, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [each for each in findings if each["entity_type"] != "PERSON" or not passed_over(text[each["start"] : each["end"]])]

    return await with_findings(request, call_next, change)
