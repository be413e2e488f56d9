"""tritonclient, the Open Inference Protocol's best known client, under ``govai consumer``: it reaches class base as it comes.

``tox -e real-triton`` installs it and runs this. What it taught us stands in docs/real-world.md.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

import harness

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        importlib.util.find_spec("tritonclient") is None, reason="tritonclient is not installed: tox -e real-triton does that"
    ),
]


@pytest.mark.parametrize("form", ["json", "bytes"])
def test_it_reaches_base_without_any_content_type(form: str) -> None:
    report = harness.consume([sys.executable, str(Path(__file__).with_name("triton_program.py")), form], ["classification"])
    assert report.ended is None
    accused = {each.requirement for each in report.verdicts if each.verdict in ("failed", "warning", "harness-error")}
    assert accused == {"CORE-TRC-003"}
    own = {id: report.of(id).verdict for id in ("CLAS-REQ-001", "CLAS-REQ-002", "CLAS-REQ-003", "CLAS-PII-001", "CORE-TOL-001")}
    if form == "bytes":
        assert own.pop("CORE-TOL-001") == "not-tested", "members are added to JSON alone"
        assert report.of("CORE-REQ-001").verdict == "not-tested", "it sends none"
    else:
        assert report.class_reached == "base"
    assert set(own.values()) == {"passed"}
