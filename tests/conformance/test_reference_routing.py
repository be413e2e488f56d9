"""The reference routing services: what their cards say is so, and what they answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

import harness
from conformance.classification.questions import LANGUAGES as SPOKEN
from conformance.classification.questions import questions
from conformance.classification.tensors import BINARY, HEADER_LENGTH, parted, read, with_bytes
from conformance.core.faults import changed
from conformance.reference.classification.router import FALLBACK, LANGUAGES, accuracy, cases, router
from conformance.reference.classification.service import create
from harness.checks import CallNext, Mutant
from harness.client import asgi_transport
from harness.exchange import Request, Response
from harness.serve.faulty import Faulty
from tests.conformance.reference_services import COUNTRIES, send


def infer(country: str, document: Any, **headers: str) -> Response:
    app = create(country)
    return send(app, "POST", f"/v2/models/{app._card['models'][0]}/infer", content=document, **headers)


def inputs(*texts: str, **members: Any) -> dict[str, Any]:
    return {"inputs": [{"name": "text", "shape": [len(texts), 1], "datatype": "BYTES", "data": list(texts)}], **members}


def labels(answer: Response) -> list[str]:
    tensors = {tensor.name: tensor for tensor in read(answer.json["outputs"], b"")}
    return list(tensors["label"].elements)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_cards_say_no_more_of_accuracy_than_was_measured(language: str) -> None:
    measured = accuracy(language)
    for country in COUNTRIES:
        (declared,) = (each["value"] for each in create(country)._card["routing"]["accuracy"] if each["language"] == language)
        assert measured - 0.01 < declared <= measured


def test_what_scenarios_ask_is_not_what_the_model_was_trained_with() -> None:
    trained = {text for language in LANGUAGES for text, _ in cases(language)}
    asked = {case[language] for case in questions().cases for language in SPOKEN}
    assert not trained & asked
    assert {router().route(text).label for text in asked} == set(router().categories) - {FALLBACK}


@pytest.mark.parametrize("country", COUNTRIES)
def test_cases_go_where_they_belong_and_the_rest_to_a_person(country: str) -> None:
    answer = infer(country, inputs("Gatvėje neveikia šviesoforas.", "CHCĘ ZAPISAĆ DZIECKO DO PRZEDSZKOLA", "Dzień dobry", id="7"))
    assert (answer.status, answer.json["id"], labels(answer)) == (200, "7", ["roads-parking", "education", "other"])


@pytest.mark.parametrize("country", COUNTRIES)
def test_outputs_are_those_that_were_asked_for_in_the_form_that_was_asked_for(country: str) -> None:
    wanted = [{"name": "scores", "parameters": {"binary_data": True}}, {"name": "label"}]
    answer = infer(country, inputs("Prašau pašalpos.", outputs=wanted))
    document, content = parted(answer)
    tensors = {tensor.name: tensor for tensor in read(document["outputs"], content)}
    assert (answer.media_type, tensors["label"].elements) == (BINARY, ("social-support",))
    assert sum(tensors["scores"].elements) == pytest.approx(1)
    assert len(content) == {"FP32": 4, "FP64": 8}[tensors["scores"].datatype] * len(router().categories)


@pytest.mark.parametrize("declared", [{"Content_Type": BINARY}, {"Content_Type": ""}])
def test_inputs_may_come_as_bytes(declared: dict[str, str]) -> None:
    head, content = with_bytes(inputs("Prašau pašalpos.", "Pametiau pasą."), "inputs")
    answer = infer("lt", head + content, Inference_Header_Content_Length=str(len(head)), **declared)
    assert labels(answer) == ["social-support", "identity-documents"]


def test_json_need_not_be_declared() -> None:
    """tritonclient sends no Content-Type; what is no JSON either is refused."""
    assert labels(infer("pl", inputs("Prašau pašalpos."), Content_Type="")) == ["social-support"]
    assert [infer("pl", body, Content_Type="").status for body in (b"labas", {"inputs": {}}, b"null")] == [400, 400, 400]


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        (inputs(), "#/inputs/0"),
        ({"inputs": []}, "#/inputs"),
        ({"inputs": inputs("a")["inputs"] * 2}, "#/inputs"),
        ({"inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": ["a"]}]}, "#/inputs/0"),
        ({"inputs": [{"name": "text", "shape": [1, 1], "datatype": "BYTES", "data": [1]}]}, "#/inputs/0/data"),
        ({"inputs": [{"name": "text", "shape": [2, 1], "datatype": "BYTES", "data": ["a"]}]}, "#/inputs/0/data"),
        ({"inputs": [{"name": "text", "shape": [1, 1], "datatype": "INT8", "data": [1]}]}, "#/inputs/0"),
        (inputs("a", outputs=[{"name": "label"}, {"name": "nothing"}]), "#/outputs/1/name"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(document: Any, pointer: str) -> None:
    answer = infer("pl", document)
    assert answer.status == 400
    assert pointer in [each["pointer"] for each in answer.json["errors"]]
    assert answer.json["error"] == answer.json["detail"]


@pytest.mark.parametrize("cut", ["0", "7", "9999", "x"])
def test_bytes_that_do_not_add_up_are_refused(cut: str) -> None:
    head, content = with_bytes(inputs("Prašau pašalpos."), "inputs")
    assert infer("lt", head + content, Content_Type=BINARY, Inference_Header_Content_Length=cut).status == 400
    assert infer("lt", head + content, Content_Type=BINARY).status == 400
    assert infer("lt", head + content[:-1], Content_Type=BINARY, **{HEADER_LENGTH.replace("-", "_"): str(len(head))}).status == 400
    broken = json.dumps({"inputs": [3], "outputs": {}}).encode()
    assert infer("lt", broken, Content_Type=BINARY, Inference_Header_Content_Length=str(len(broken))).status == 400


def test_null_is_a_member_that_is_not_there() -> None:
    answer = infer("lt", inputs("Prašau pašalpos.", id=None, parameters=None, outputs=None))
    assert (answer.status, "id" in answer.json) == (200, False)


def test_a_model_and_a_version_that_are_not_there() -> None:
    app = create("lt")
    for path in ("/v2/models/sprawy", "/v2/models/sprawy/ready", "/v2/models/bylos/versions/2", "/v2/models/bylos/versions/2/ready"):
        answer = send(app, "GET", path)
        assert (answer.status, answer.json["error"]) == (404, answer.json["detail"])


@pytest.mark.parametrize("spoken", [["lt"], ["pl-PL", "en"]])
def test_a_service_of_one_language_is_held_to_that_one(spoken: list[str]) -> None:
    async def one_language(request: Request, call_next: CallNext) -> Response:
        return await changed(request, call_next, "/service-card", lambda card: card.update(languages=spoken))

    service = Faulty(create("lt"), Mutant("one-language", "-", "-", one_language))
    report = harness.run("http://127.0.0.1", ["classification"], transport=asgi_transport(service))
    verdicts = {id: report.of(id).verdict for id in ("CLAS-INV-001", "CLAS-INV-002", "CLAS-INV-003", "CLAS-LNG-001", "CLAS-LNG-002")}
    assert verdicts.pop("CLAS-LNG-001") == "not-applicable"
    assert set(verdicts.values()) <= {"passed", "needs-review"}, verdicts
