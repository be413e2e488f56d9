"""A correct server by somebody else reaches class base, with whatever habit the standard leaves to it, and is accused of nothing there."""

from __future__ import annotations

from typing import Any

import pytest

import harness
from harness.client import asgi_transport
from harness.report import Report, Verdict
from tests.conformance.foreign_assistant import Habits, foreign_assistant

HABITS: dict[str, Habits] = {
    "as it comes": Habits(),
    "refuses most": Habits(
        refuses=frozenset({"n", "stop", "tools", "stream_options", "response_format", "logprobs", "seed"}), unknown_model=400, invalid=422
    ),
    "refuses limits": Habits(refuses=frozenset({"max_tokens", "max_completion_tokens"}), unknown_model=422, usage=False),
    "knows the newer limit": Habits(refuses=frozenset({"max_tokens", "stream_options"}), usage=False, role_with_content=True),
    "windows lines": Habits(newline="\r\n", space=False, comments=True, role_with_content=True, reason_with_content=True),
    "old lines": Habits(newline="\r", role_everywhere=True, usage_on_every_chunk=True),
    "null everywhere": Habits(nulls=True, usage=False, filter_results_first=True, other_models_first=True),
    "calls tools": Habits(calls=True, content_when_calling="", nulls=True),
    "calls tools early": Habits(calls=True, role_with_content=True, role_everywhere=True),
    "random weights": Habits(nonsense=True, counts_one_more=True, refuses=frozenset({"response_format"})),
    "random weights, uncounted": Habits(nonsense=True, usage=False),
}


def report_on(habits: Habits, **options: Any) -> Report:
    return harness.run("http://127.0.0.1", ["assistant"], transport=asgi_transport(foreign_assistant(habits)), **options)


def base(report: Report) -> list[Verdict]:
    return [each for each in report.verdicts if each.class_ == "base" and each.side == "provider"]


def held_against(report: Report) -> dict[str, str]:
    return {each.requirement: each.findings[0].message for each in base(report) if each.verdict in ("failed", "warning")}


@pytest.mark.parametrize("habits", HABITS.values(), ids=HABITS.keys())
def test_a_foreign_server_reaches_class_base(habits: Habits) -> None:
    report = report_on(habits)
    assert held_against(report) == {}
    assert {each.requirement: each.cause for each in base(report) if each.verdict not in ("passed", "not-applicable")} == {}
    assert report.class_reached == "base"
    assert report.of("CHAT-API-006").verdict == ("passed" if habits.usage or "stream_options" not in habits.refuses else "not-applicable")
    assert report.of("CHAT-API-011").verdict == ("passed" if habits.calls else "not-applicable")
