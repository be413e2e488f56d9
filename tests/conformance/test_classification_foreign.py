"""Inference servers by others: correct ones come out clean in class base, and where nothing can be said, why stands in the report."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

import harness
from conformance.classification.asking import routing
from harness.client import asgi_transport
from harness.report import Report
from tests.conformance.foreign_classification import FOREIGN, Foreign, Rows


def report_on(app: Starlette, **variables: Any) -> Report:
    return harness.run("http://127.0.0.1", ["classification"], decided_by="base", transport=asgi_transport(app), variables=variables)


@pytest.mark.parametrize("server", FOREIGN.values(), ids=FOREIGN)
def test_a_correct_server_comes_out_clean_in_class_base(server: Foreign) -> None:
    report = report_on(server.app(), model=server.name)
    base = {each.requirement: f"{each.verdict}: {each.cause}" for each in report.verdicts if each.class_ == "base" and each.decidable}
    assert {id: told for id, told in base.items() if not told.startswith(("passed", "not-applicable"))} == {}
    assert (report.outcome, report.class_reached) == ("conformant", "base")
    own = [each for each in report.verdicts if each.class_ != "base" and each.requirement.startswith("CLAS-")]
    assert {each.verdict for each in own} <= {"not-tested", "not-applicable"}
    assert {each.cause for each in own if each.verdict == "not-tested"} <= {
        "the service card declares no routing model (routing.model)",
        "the service has no service card",
        "a black-box test cannot decide it: what happens to a case after its label is not visible in a client's traffic",
    }


def test_without_the_name_of_a_model_nothing_is_accused_and_the_report_says_how_to_give_one() -> None:
    report = report_on(FOREIGN["a text of its own kind"].app())
    assert [each for each in report.verdicts if each.class_ == "base" and each.verdict == "failed"] == []
    assert report.outcome == "incomplete"
    assert any("--set model=VALUE" in note for note in report.notes)
    assert report.of("CLAS-API-002").verdict == "not-tested"


def test_a_model_that_takes_certain_values_alone_is_not_accused() -> None:
    """Nobody can tell from metadata which; with values that it takes, all is tested."""

    def positive(rows: Mapping[str, Rows]) -> Mapping[str, Rows]:
        if any(value < 100 for row in rows["x"] for value in row):
            raise HTTPException(400, "values begin at 100")
        return {"y": [[1] for _ in rows["x"]]}

    server = Foreign("strict", {"x": ("FP32", (-1, 2))}, {"y": ("INT64", (-1, 1))}, positive)
    report = report_on(server.app(), model="strict")
    assert [each.requirement for each in report.verdicts if each.class_ == "base" and each.verdict == "failed"] == []
    assert "--set inputs=" in str(report.of("CLAS-API-005").cause)
    taken = [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [100, 200.5]}]
    given = report_on(server.app(), model="strict", inputs=taken, input_data=[100, 200.5])
    assert given.class_reached == "base"


def test_what_json_cannot_hold_is_not_sent() -> None:
    server = replace(FOREIGN["a text of its own kind"], inputs={"pixels": ("FP16", (-1, 4))})
    report = report_on(server.app(), model="language")
    assert any("FP16, which the standard has no way to write in JSON" in note for note in report.notes)
    assert [each.requirement for each in report.verdicts if each.class_ == "base" and each.verdict == "failed"] == []


def test_half_a_profile_is_judged_for_that_half() -> None:
    """A server with probes and metadata and without inference: what it has is judged, the rest names its cause."""
    server = FOREIGN["numbers, chunks, other members and orders"]
    app = server.app()
    app.router.routes[:] = [route for route in app.router.routes if not getattr(route, "path", "").endswith("/infer")]
    report = report_on(app, model="iris")
    verdicts = {id: report.of(id).verdict for id in ("CLAS-HLT-001", "CLAS-API-001", "CLAS-API-003", "CLAS-API-002", "CLAS-API-006")}
    assert list(verdicts.values()) == ["passed", "passed", "passed", "not-tested", "not-tested"]
    assert report.of("CORE-API-001").verdict == "failed"


def test_a_routing_model_is_looked_for_in_the_card_alone() -> None:
    class Bare:
        card: Mapping[str, Any] = {"models": ["iris"]}

    with pytest.raises(harness.checks.NotTested, match=r"routing\.model"):
        asyncio.run(routing(Bare()))  # type: ignore[arg-type]
