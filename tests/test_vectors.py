"""Corpora and the vectors frozen from them."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import catalogue
from harness.errors import ProfileError
from harness.exchange import Headers, Request
from harness.profile import Profile
from harness.vectors import bind, freeze, read_vectors

VECTOR = "- {id: v, operation: null, kind: valid, purpose: a test, for: [], expect: [2xx], request: {path: %s}}"


def frozen(place: Path, path: str) -> str | None:
    """The path of the one vector of a corpus, as it was frozen."""
    corpus, lines = place / "corpus", place / "vectors.jsonl"
    corpus.mkdir()
    (corpus / "valid.yaml").write_text(VECTOR % path)
    freeze(corpus, lines, "test/1")
    return read_vectors(lines, "test/1")[0].request.path


def test_long_texts_are_spelt_out(tmp_path: Path) -> None:
    assert frozen(tmp_path, "!joined [/a, [bc, 3], [ž, 2], '?']") == "/abcbcbcžž?"


@pytest.mark.parametrize(
    "wrong", ["!joined abc", "!joined []", "!joined [[a, 0]]", "!joined [[a, b]]", "!joined [[a, 9000000]]", "!joined {a: 3}"]
)
def test_what_cannot_be_joined_is_named_with_its_place(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ProfileError, match=r"(?s)valid\.yaml.*!joined.*line 1"):
        frozen(tmp_path, wrong)


@pytest.mark.parametrize("name", ["core", "assistant"])
def test_vectors_are_those_of_the_corpus(tmp_path: Path, name: str) -> None:
    profile = catalogue.load_with_core([name])[-1]
    freeze(profile.folder / "corpus", tmp_path / "vectors.jsonl", profile.key)
    assert (tmp_path / "vectors.jsonl").read_bytes() == (profile.folder / "vectors.jsonl").read_bytes()


def test_kinds_agree_with_the_document() -> None:
    """What the corpus calls valid or boundary fits the schema, and what it calls invalid does not; half a surrogate pair fits no schema."""
    profile: Profile = catalogue.load_with_core(["assistant"])[-1]
    wrong = []
    for vector in profile.vectors:
        operation = profile.operation(vector.operation or "")
        request = bind(vector, operation.method, operation.path, {"model": "m"})
        errors = operation.request_errors(Request(request.method, request.url, Headers(request.headers), request.body))
        if bool(errors) != (vector.kind == "invalid") and vector.id != "chat-lone-surrogate":
            wrong.append((vector.id, [error.message for error in errors]))
    assert wrong == []


def test_every_vector_exercises_requirements_that_exist() -> None:
    profiles = catalogue.load_with_core(["assistant"])
    known = {requirement.id for profile in profiles for requirement in profile.requirements}
    assert {id for profile in profiles for vector in profile.vectors for id in vector.exercises} <= known
