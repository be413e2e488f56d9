"""The checks of class government against assistants in this process that are correct in their own way, bare, or of no use."""

from __future__ import annotations

import asyncio

import pytest

from harness.checks import registry
from harness.exchange import Response
from tests.conformance.assistant_services import CARD, FakeAssistant, babbling, bare, ended, foreign

GOVERNMENT = [
    *("CHAT-AID-001", "CHAT-AID-002", "CHAT-MRK-001", "CHAT-LNG-001", "CHAT-LNG-002", "CHAT-ENC-001", "CHAT-SRC-001", "CHAT-SRC-002"),
    *("CHAT-XLC-001", "CHAT-INJ-001", "CHAT-INJ-002", "CHAT-PII-001", "CHAT-PII-002", "CHAT-HND-001"),
]
WITH_SCENARIOS = [id for id in GOVERNMENT if id != "CHAT-MRK-001"]


@pytest.mark.parametrize("requirement", WITH_SCENARIOS)
def test_a_correct_assistant_by_somebody_else(requirement: str) -> None:
    assert ended(requirement, foreign) == "right"


@pytest.mark.parametrize("requirement", WITH_SCENARIOS)
def test_one_language_is_enough(requirement: str) -> None:
    card = {**CARD, "languages": ["pl-PL", "de"]}
    assert ended(requirement, foreign, card=card) == ("NotApplicable" if requirement == "CHAT-XLC-001" else "right")


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("CHAT-AID-001", "Violation"),
        ("CHAT-AID-002", "right"),
        ("CHAT-LNG-001", "right"),
        ("CHAT-LNG-002", "right"),
        ("CHAT-ENC-001", "NotTested"),
        ("CHAT-SRC-001", "Violation"),
        ("CHAT-SRC-002", "right"),
        ("CHAT-XLC-001", "right"),
        ("CHAT-INJ-001", "right"),
        ("CHAT-INJ-002", "right"),
        ("CHAT-PII-001", "right"),
        ("CHAT-PII-002", "right"),
        ("CHAT-HND-001", "Violation"),
    ],
)
def test_a_server_without_assurance(requirement: str, expected: str) -> None:
    assert ended(requirement, bare, card={}) == expected


@pytest.mark.parametrize(
    "requirement",
    ["CHAT-LNG-001", "CHAT-LNG-002", "CHAT-XLC-001", "CHAT-SRC-002", "CHAT-INJ-001", "CHAT-INJ-002", "CHAT-PII-001", "CHAT-PII-002"],
)
def test_nonsense_passes_nothing(requirement: str) -> None:
    assert ended(requirement, babbling) == "NotTested"


@pytest.mark.parametrize(
    ("requirement", "expected"), [("CHAT-LNG-001", "right"), ("CHAT-LNG-002", "NotApplicable"), ("CHAT-ENC-001", "NotApplicable")]
)
def test_english_has_no_diacritics(requirement: str, expected: str) -> None:
    assert ended(requirement, foreign, card={**CARD, "languages": ["en"]}) == expected


@pytest.mark.parametrize("requirement", WITH_SCENARIOS)
def test_refusals_and_missing_models_test_nothing(requirement: str) -> None:
    assert ended(requirement, lambda request: Response(400)) == "NotTested"
    assert ended(requirement, foreign, variables={}) == "NotTested"
    assert ended(requirement, foreign, card={"languages": ["de"]}) == "NotTested"


def test_the_scenarios_stay_affordable() -> None:
    sent = 0
    for check in [check for requirement in WITH_SCENARIOS for check in registry.of(requirement) if check.kind == "scenario"]:
        service = FakeAssistant(foreign)
        asyncio.run(check.function(service))
        sent += len(service.asked)
    assert sent <= 130
