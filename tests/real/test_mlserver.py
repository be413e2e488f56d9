"""MLServer with a model of scikit-learn and one of its own kind: a real inference server by somebody else, and what was found out about it by hand.

``tox -e real-inference`` installs it and runs this. What each finding is, and why it is right, stands in docs/real-world.md.
"""

from __future__ import annotations

import contextlib
import datetime
import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import harness
from harness.report import Report
from tests.real.serving import free_ports, serving

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(importlib.util.find_spec("mlserver") is None, reason="MLServer is not installed: tox -e real-inference does that"),
]

DEFECTS = {
    "iris": {
        "CORE-API-001": "an id with a letter outside ASCII is answered with 500",
        "CORE-ERR-002": "an object in the place of a number, and a tensor without elements, are answered with 500",
        "CLAS-API-007": "data that does not fit its shape is answered with 500",
        "CLAS-API-012": "versions of the metadata are those of libraries, and cannot be asked for",
        "CLAS-ERR-001": "errors of its framework have detail, and its own failures are plain text",
    },
    "routing": {
        "CORE-API-001": "an id with a letter outside ASCII is answered with 500",
        "CLAS-API-007": "data that does not fit its shape is served",
        "CLAS-ERR-001": "errors of its framework have detail",
    },
}
"""MUSTs of class base that this server does not meet, by model."""
WARNED = {"routing": {"CLAS-API-009"}}
"""What is the model's own: MLServer hands outputs to it to choose from."""

MODELS: dict[str, dict[str, Any]] = {
    "iris": {
        "implementation": "mlserver_sklearn.SKLearnModel",
        "versions": ["sklearn-1.9.1"],
        "platform": "sklearn",
        "inputs": [{"name": "predict-input", "datatype": "FP32", "shape": [-1, 4]}],
        "outputs": [{"name": "predict", "datatype": "INT64", "shape": [-1, 1]}],
        "parameters": {"uri": "./model.joblib"},
    },
    "routing": {
        "implementation": "routing_model.Routing",
        "platform": "custom",
        "inputs": [{"name": "text", "datatype": "BYTES", "shape": [-1, 1]}],
        "outputs": [{"name": "label", "datatype": "BYTES", "shape": [-1, 1]}, {"name": "scores", "datatype": "FP64", "shape": [-1, 3]}],
    },
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server with both models on free ports of this machine."""
    import joblib
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    folder = tmp_path_factory.mktemp("models")
    for name, settings in MODELS.items():
        (folder / name).mkdir()
        (folder / name / "model-settings.json").write_text(json.dumps({"name": name, **settings}))
    measured, species = load_iris(return_X_y=True)
    joblib.dump(LogisticRegression(max_iter=500).fit(measured, species), folder / "iris" / "model.joblib")
    with served(folder) as url:
        yield url


def served(models: Path) -> contextlib.AbstractContextManager[str]:
    """The server on free ports of this machine."""
    ports = free_ports(3)
    names = ("MLSERVER_HTTP_PORT", "MLSERVER_GRPC_PORT", "MLSERVER_METRICS_PORT")
    settings = {
        "MLSERVER_HOST": "127.0.0.1",
        "MLSERVER_PARALLEL_WORKERS": "0",
        "MLSERVER_DEBUG": "false",
        "PYTHONPATH": str(Path(__file__).parent),
    }
    environment = {**os.environ, **settings, **dict(zip(names, map(str, ports), strict=True))}
    words = [sys.executable, "-c", "from mlserver.cli import main; main()", "start", str(models)]
    return serving(words, ports[0], [f"/v2/models/{name}/ready" for name in MODELS], environment=environment)


@pytest.fixture(scope="module", params=list(MODELS))
def report(server: str, request: pytest.FixtureRequest) -> tuple[str, Report]:
    """The name of a model, and the report on one run against it."""
    name = request.param
    return name, harness.run(server, ["classification"], decided_by="base", as_of=datetime.date(2026, 11, 25), variables={"model": name})


def test_the_run_came_to_its_end(report: tuple[str, Report]) -> None:
    name, told = report
    assert told.ended is None
    assert told.binding["model"] == name
    assert told.class_reached is None
    assert [each.requirement for each in told.verdicts if each.verdict == "harness-error"] == []


def test_what_it_does_wrong_is_found_and_nothing_else_in_class_base(report: tuple[str, Report]) -> None:
    name, told = report
    base = [each for each in told.verdicts if each.class_ == "base"]
    assert {each.requirement for each in base if each.verdict == "failed"} == DEFECTS[name].keys()
    assert {each.requirement for each in base if each.verdict == "warning"} == WARNED.get(name, set())
    assert {each.verdict for each in base if each.decidable and each.side == "provider"} <= {
        "passed",
        "failed",
        "warning",
        "not-applicable",
    }


def test_without_a_card_nothing_is_said_of_routing(report: tuple[str, Report]) -> None:
    _, told = report
    for requirement in ("CLAS-CRD-001", "CLAS-RTE-002", "CLAS-INV-001", "CLAS-INV-002", "CLAS-LNG-001"):
        assert told.of(requirement).verdict == "not-tested", requirement
