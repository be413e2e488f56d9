"""The profiles as published: complete in three languages, every example true, every requirement decided by a proven check or undecidable."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from harness import catalogue
from harness.checks import registry
from harness.errors import ProfileError
from harness.exchange import Headers, Request, Response, parse_json
from harness.operation import Operation
from harness.profile import LANGUAGES, Profile, Requirement, load_profile
from harness.translations import translations
from harness.vectors import bind, freeze, read_vectors

PROFILES = {key: catalogue.load(key) for key in catalogue.names()}
REQUIREMENTS = [pytest.param(each, id=each.id) for profile in PROFILES.values() for each in profile.requirements]
KNOWN = {each.id for profile in PROFILES.values() for each in profile.requirements}

NORMATIVE = {
    "en": {"MUST": r"\bMUST\b", "SHOULD": r"\bSHOULD\b", "MAY": r"\bMAY\b"},
    "pl": {"MUST": r"\b(MUSI|MUSZĄ|NIE MOŻE|NIE MOGĄ)\b", "SHOULD": r"POWINN|POWINIEN", "MAY": r"\bMOŻE|MOGĄ\b"},
    "lt": {"MUST": r"\b(TURI|PRIVALO|NEGALI|NETURI)\b", "SHOULD": r"\b(NE)?TURĖTŲ\b", "MAY": r"\bGALI\b"},
}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_the_document_is_valid_openapi(profile: Profile) -> None:
    path = profile.folder / "openapi.yaml"
    errors = [error.message for error in OpenAPIV31SpecValidator(profile.document, base_uri=path.as_uri()).iter_errors()]
    assert errors == []


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_profile_has_a_title_in_every_language(profile: Profile) -> None:
    said = translations((profile,)).of(profile.title)
    assert said
    assert len({profile.title, said.pl, said.lt}) == 3
    for title in (profile.title, said.pl, said.lt):
        assert f" {profile.key}: " in title


def test_there_are_as_many_requirements_as_the_profiles_need() -> None:
    assert len(PROFILES["core/1"].requirements) >= 35
    assert len(PROFILES["assistant/1"].requirements) >= 25
    for profile in (PROFILES["core/1"], PROFILES["assistant/1"]):
        assert {each.side for each in profile.requirements} == {"provider", "consumer"}
        assert {each.class_ for each in profile.requirements} == {"base", "government", "high-risk"}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_few_duties_are_beyond_a_test_from_outside(profile: Profile) -> None:
    duties = [each for each in profile.requirements if each.level == "MUST"]
    assert sum(each.undecidable is not None for each in duties) <= len(duties) / 10


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_a_statement_is_normative_in_every_language(requirement: Requirement) -> None:
    assert re.fullmatch(r"[A-Z]{4}-[A-Z]{3}-\d{3}", requirement.id)
    assert requirement.basis
    assert requirement.remedy is not None or requirement.undecidable is not None
    for language in LANGUAGES:
        sentence = requirement.statement.in_language(language)
        assert re.search(NORMATIVE[language][requirement.level], sentence), sentence
        assert sentence.endswith(".")
    sentences = {requirement.statement.in_language(language) for language in LANGUAGES}
    assert len(sentences) == len(LANGUAGES)
    assert re.search("[ąćęłńóśźż]", requirement.statement.pl)
    assert re.search("[ąčęėįšųūž]", requirement.statement.lt)


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_a_must_rests_on_something_that_was_read(requirement: Requirement) -> None:
    """A basis names an act or specification and the place in it, and where it is the profile's own rule says so."""
    for basis in requirement.basis:
        assert basis.section or basis.url
        assert basis.url is None or re.fullmatch(r"https?://\S+", basis.url)


@pytest.mark.parametrize("requirement", REQUIREMENTS)
def test_a_requirement_has_checks_with_mutants_or_a_reason_for_none(requirement: Requirement) -> None:
    checks = registry.of(requirement.id)
    mutants = [mutant for mutant in registry.mutants.values() if mutant.requirement == requirement.id]
    if requirement.undecidable is not None:
        assert (checks, mutants) == ([], [])
        return
    assert checks
    assert (
        mutants or requirement.id == "CORE-TLS-001"
    )  # mocks listen on loopback, where it is not applicable: tests/conformance has its proof
    assert all(check.function.__doc__ for check in checks)


def test_checks_and_mutants_speak_of_requirements_that_exist() -> None:
    ours = [check for check in registry.checks if check.function.__module__.startswith("conformance.")]
    assert {check.requirement for check in ours} <= KNOWN
    mutants = [mutant for mutant in registry.mutants.values() if mutant.function.__module__.startswith("conformance.")]
    assert {mutant.requirement for mutant in mutants} <= KNOWN
    assert {id for mutant in mutants for id in mutant.also} <= KNOWN


def operations() -> Iterator[tuple[str, Operation]]:
    for key, profile in PROFILES.items():
        for operation in profile.operations:
            yield f"{key} {operation.id}", operation


OPERATIONS = [pytest.param(operation, id=name) for name, operation in operations()]


def shown(media: dict[str, Any]) -> list[Any]:
    return [each["value"] for each in media.get("examples", {}).values()] + ([media["example"]] if "example" in media else [])


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_example_fits_its_schema(operation: Operation) -> None:
    for kind, media in operation.definition.get("requestBody", {}).get("content", {}).items():
        examples = shown(media)
        assert examples
        for example in examples:
            headers = Headers({"Content-Type": kind} if isinstance(example, str) else {})
            assert operation.request_errors(Request("POST", "/", headers, json.dumps(example).encode())) == []
    for status, response in operation.definition["responses"].items():
        for kind, media in response.get("content", {}).items():
            examples = shown(media)
            assert examples, f"{status} {kind} has no example"
            for example in examples:
                code = {"default": 500}.get(status) or int(status.replace("XX", "00"))
                body = example.encode() if isinstance(example, str) else json.dumps(example).encode()
                answer = Response(code, Headers({"Content-Type": kind}), body)
                assert operation.response_errors(answer) == [], (status, kind)


def test_the_stream_in_the_document_is_one() -> None:
    operation = PROFILES["assistant/1"].operation("createChatCompletion")
    media = operation.definition["responses"]["200"]["content"]["text/event-stream"]
    answer = Response(200, Headers({"Content-Type": "text/event-stream"}), shown(media)[0].encode())
    assert answer.events[-1].data == "[DONE]"
    for event in answer.events[:-1]:
        assert operation.schema("ChatCompletionChunk").errors(parse_json(event.data.encode())) == []


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_vectors_are_what_they_say(profile: Profile) -> None:
    """A valid vector fits the document; one that is invalid by its body does not. Each says what it is for."""
    assert profile.vectors, "run govai profile compile"
    variables = {name: variable.example or "m" for name, variable in profile.variables.items()}
    for vector in profile.vectors:
        assert vector.exercises, vector.id
        assert set(vector.exercises) <= KNOWN, vector.id
        if vector.operation is None:
            continue
        operation = profile.operation(vector.operation)
        request = bind(vector, operation.method, operation.path, variables)
        if operation.has_request_body and vector.kind == "valid":
            assert operation.request_errors(request) == [], vector.id
        if operation.has_request_body and "CORE-ERR-004" in vector.exercises:
            assert operation.request_errors(request), vector.id


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_there_is_a_maker_for_what_is_made(profile: Profile) -> None:
    made = {source.maker for variable in profile.variables.values() for source in variable.sources if source.maker}
    assert made <= registry.makers.keys()


BASE_STANDARDS = Path(os.environ.get("GOVAI_BASE_STANDARDS", Path(__file__).parents[2] / "shared" / "base-standards"))


@pytest.fixture(scope="module")
def openai() -> dict[str, Any]:
    """OpenAI's document as published."""
    path = BASE_STANDARDS / "openai.yaml"
    if not path.exists():
        pytest.skip(f"the published standards are not at {BASE_STANDARDS} (set GOVAI_BASE_STANDARDS)")
    document: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return document


def examples_of(document: dict[str, Any], path: str, method: str) -> tuple[list[Any], list[Any]]:
    """The requests and answers that OpenAI shows for an operation."""
    found: tuple[list[Any], list[Any]] = ([], [])
    shown = document["paths"][path][method].get("x-oaiMeta", {}).get("examples", [])
    for example in [shown] if isinstance(shown, dict) else shown:
        for text in [example.get("response")]:
            try:
                found[1].append(json.loads(text))
            except (TypeError, ValueError):
                continue
        for line in str(example.get("request", {}).get("curl", "")).split("-d '")[1:]:
            try:
                found[0].append(json.loads(line.rpartition("'")[0]))
            except ValueError:
                continue
    return found


def test_what_openai_shows_fits_the_profile(openai: dict[str, Any]) -> None:
    operation = PROFILES["assistant/1"].operation("createChatCompletion")
    requests, answers = examples_of(openai, "/chat/completions", "post")
    assert len(requests) > 3
    assert len(answers) > 3
    for value in requests:
        assert operation.schema("ChatCompletionRequest").errors(value) == [], value
    for value in answers:
        if value.get("object") == "chat.completion":
            assert operation.schema("ChatCompletion").errors(value) == [], value


def test_the_profile_requires_no_member_that_openai_does_not(openai: dict[str, Any]) -> None:
    theirs = openai["components"]["schemas"]
    ours = PROFILES["assistant/1"].document["components"]["schemas"]
    for name, their_name in (
        ("ChatCompletion", "CreateChatCompletionResponse"),
        ("ChatCompletionChunk", "CreateChatCompletionStreamResponse"),
        ("Model", "Model"),
        ("ModelList", "ListModelsResponse"),
        ("Usage", "CompletionUsage"),
    ):
        assert set(ours[name]["required"]) <= set(theirs[their_name]["required"]), name


@pytest.fixture(scope="module")
def inference() -> dict[str, Any]:
    """The document of the Open Inference Protocol as published."""
    path = BASE_STANDARDS / "open_inference_rest.yaml"
    if not path.exists():
        pytest.skip(f"the published standards are not at {BASE_STANDARDS} (set GOVAI_BASE_STANDARDS)")
    document: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return document


def test_what_the_inference_protocol_shows_fits_the_profile(inference: dict[str, Any]) -> None:
    request, answer = inference["components"]["schemas"]["inference_request"]["x-examples"].values()
    operation = PROFILES["classification/1"].operation("infer")
    assert operation.schema("InferenceRequest").errors(request) == []
    # The example leaves model_name out, which the same document requires.
    assert operation.schema("InferenceResponse").errors({**answer, "model_name": "mymodel"}) == []


def test_the_profile_requires_no_member_that_the_inference_protocol_does_not(inference: dict[str, Any]) -> None:
    theirs, ours = inference["components"]["schemas"], PROFILES["classification/1"].document["components"]["schemas"]
    for name, their_name in (
        ("ServerMetadata", "metadata_server_response"),
        ("ModelMetadata", "metadata_model_response"),
        ("MetadataTensor", "metadata_tensor"),
        ("InferenceRequest", "inference_request"),
        ("RequestInput", "request_input"),
        ("RequestOutput", "request_output"),
        ("InferenceResponse", "inference_response"),
        ("ResponseOutput", "response_output"),
    ):
        assert set(ours[name]["required"]) <= set(theirs[their_name]["required"]), name


def test_every_schema_of_a_profile_compiles() -> None:
    for _, operation in operations():
        for name in PROFILES[operation.profile].document.get("components", {}).get("schemas", {}):
            try:
                operation.schema(name).errors({})
            except jsonschema_rs.ReferencingError as error:
                pytest.fail(f"{operation.profile} {name}: {error}")


def test_a_document_that_was_changed_after_its_vectors_were_compiled_is_validated_again(profiles: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(profiles / "greeting", tmp_path / "greeting") / "1"
    core = catalogue.load(catalogue.CORE)
    document = (folder / "openapi.yaml").read_text("utf-8")
    freeze(read_vectors(folder / "vectors.jsonl", "greeting/1"), folder / "vectors.jsonl", "greeting/1")
    assert load_profile(folder, [core], trusting=True).vectors
    (folder / "openapi.yaml").write_text(document.replace("title:", "titel:", 1), "utf-8")
    with pytest.raises(ProfileError, match="is not valid OpenAPI"):
        load_profile(folder, [core], trusting=True)


def test_a_profile_in_a_folder_of_its_own_refers_to_core_and_to_nothing_else(tmp_path: Path) -> None:
    folder = shutil.copytree(PROFILES["assistant/1"].folder.parent, tmp_path / "assistant") / "1"
    core = catalogue.load(catalogue.CORE)
    assert load_profile(folder, [core]).operations
    document = (folder / "openapi.yaml").read_text("utf-8")
    (folder / "openapi.yaml").write_text(document.replace("../../core/1/", "../../cure/1/", 1), "utf-8")
    with pytest.raises(ProfileError, match=r"refers to file:.*/cure/1/openapi\.yaml, which is no profile"):
        load_profile(folder, [core])
