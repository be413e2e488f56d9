"""What the variables of a profile are bound to: by hand, from what a service declares, from the next source where one declares nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from harness.binding import Binding, bound_by_hand
from harness.checks import registry
from harness.errors import UsageError
from harness.exchange import Exchange, Headers, Request, Response
from harness.operation import Operation
from harness.profile import Profile, Source, Variable
from harness.vectors import Vector, VectorRequest, bind

LIST = Operation("listModels", "GET", "/models", "p/1", {})
SHOW = Operation("getModel", "GET", "/models/{model}", "p/1", {})
CARD = Operation("getServiceCard", "GET", "/service-card", "core/1", {})


def learnt(variables: list[Variable], answers: Mapping[str, Any], given: Mapping[str, Any] | None = None) -> Binding:
    profile = Profile(
        "p",
        1,
        "1.0",
        "P",
        {},
        requirements=(),
        operations=(LIST, SHOW, CARD),
        vectors=(),
        variables={each.name: each for each in variables},
    )
    binding = Binding([profile], given or {})

    async def ask(operation: Operation, path: str) -> Exchange:
        asked.append(path)
        content = json.dumps(answers.get(path)).encode()
        status = 200 if path in answers else 404
        return Exchange(operation.id, Request("GET", path), Response(status, Headers({"Content-Type": "application/json"}), content))

    asked: list[str] = []
    assert asyncio.run(binding.learn(ask)) == bool(asked)
    assert len(set(asked)) == len(asked), "each question is asked once"
    return binding


MODEL = Variable("model", (Source("listModels", "/data/0/id"), Source("getServiceCard", "/models/0")))


def test_the_first_source_that_declares_something_counts() -> None:
    answers = {"/models": {"data": [{"id": "a"}]}, "/service-card": {"models": ["b"]}}
    assert learnt([MODEL], answers).values == {"model": "a"}
    assert learnt([MODEL], {**answers, "/models": {"data": []}}).values == {"model": "b"}


def test_a_source_may_be_asked_with_a_query() -> None:
    model = Variable("model", (Source("listModels", "/0", query="language=en"),))
    assert learnt([model], {"/models?language=en": ["a"], "/models": ["b"]}).values == {"model": "a"}


def test_what_is_given_by_hand_always_counts() -> None:
    assert learnt([MODEL], {"/models": {"data": [{"id": "a"}]}}, {"model": "mine"}).values == {"model": "mine"}
    assert learnt([MODEL], {}, {"model": "mine"}).notes == []


@pytest.mark.parametrize("declared", [None, [], {"data": {}}, {"data": [{"id": 7}]}, {"data": [{"id": "\ud800"}]}, "text"])
def test_what_cannot_be_used_is_said_with_what_to_do(declared: Any) -> None:
    binding = learnt([MODEL], {"/models": declared})
    assert binding.values == {}
    assert binding.notes[0].startswith("GET /models declares ")
    assert "GET /service-card declares nothing at /models/0. Bind model by hand with --set model=VALUE." in binding.notes[0]


def test_a_variable_may_stand_in_the_path_that_another_is_asked_for_with(monkeypatch: pytest.MonkeyPatch) -> None:
    def filled(declared: Any) -> Any:
        if not isinstance(declared, list):
            raise ValueError("the inputs are no list")
        return [{"name": each["name"], "data": [0]} for each in declared]

    monkeypatch.setitem(registry.makers, "filled", filled)
    inputs = Variable("inputs", (Source("getModel", "/inputs", "filled"),))
    answers = {"/models": {"data": [{"id": "a/b"}]}, "/models/a%2Fb": {"inputs": [{"name": "x"}]}}
    assert learnt([MODEL, inputs], answers).values == {"model": "a/b", "inputs": [{"name": "x", "data": [0]}]}
    assert "it is asked for with model, which is not bound" in learnt([MODEL, inputs], {}).notes[1]
    assert "cannot be used: the inputs are no list" in learnt([MODEL, inputs], {**answers, "/models/a%2Fb": {"inputs": 1}}).notes[0]


def test_a_vector_takes_a_value_whole_and_a_text_within_a_text() -> None:
    request = VectorRequest(path="/models/${model}", json={"inputs": "${inputs}", "id": "for ${model}: ${inputs}"})
    vector = Vector("v", "infer", "valid", "", (), (), request)
    bound = bind(vector, "POST", "/", {"model": "a/b", "inputs": [1, {"ą": None}]})
    assert bound.url == "/models/a%2Fb"
    assert json.loads(bound.body) == {"inputs": [1, {"ą": None}], "id": 'for a/b: [1, {"ą": null}]'}


def test_variables_given_by_hand() -> None:
    assert bound_by_hand(["model=a=b", 'inputs=[{"name": "x"}]', "empty="]) == {"model": "a=b", "inputs": [{"name": "x"}], "empty": ""}
    with pytest.raises(UsageError, match=r"--set model: write it as NAME=VALUE"):
        bound_by_hand(["model"])
    with pytest.raises(UsageError, match=r"--govai-set inputs: a value that begins with \[ or \{ is JSON"):
        bound_by_hand(["inputs=[1,"], "--govai-set")


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/models/a", {"model": "a"}),
        ("/models/a%2Fb", {"model": "a/b"}),
        ("/%6Dodels/%C4%85", {"model": "ą"}),
        ("/models/a/b", {}),
        ("/models/", {}),
    ],
)
def test_values_in_a_path(path: str, values: dict[str, str]) -> None:
    assert SHOW.path_values(path) == values
    assert SHOW.matches_path(path) == bool(values)
