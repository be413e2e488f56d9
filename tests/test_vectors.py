"""Corpora, what is drawn beside them, and the vectors frozen from both."""

from __future__ import annotations

import shutil
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import harness.cli
from harness import catalogue
from harness.documents import registry_of
from harness.errors import ProfileError, UsageError
from harness.exchange import Headers, Request
from harness.form import Feature, Form
from harness.profile import Profile, load_profile
from harness.vectors import Vector, bind, compiled, drawn_with, freeze, read_corpus, read_vectors
from harness.vectors.distil import distil
from harness.vectors.draw import Draw, versions

TEXTS = catalogue.folder(catalogue.CORE) / "corpus" / "texts"
VECTOR = "- {id: v, operation: null, kind: valid, purpose: a test, for: [], expect: [2xx], request: {path: %s}%s}"
PROFILES = ["core", "assistant"]


def corpus_of(place: Path, path: str, more: str = "") -> list[Vector]:
    (place / "corpus").mkdir()
    (place / "corpus" / "valid.yaml").write_text(VECTOR % (path, more))
    return read_corpus(place / "corpus", place / "texts")


def test_long_texts_are_spelt_out(tmp_path: Path) -> None:
    vectors = corpus_of(tmp_path, "!joined [/a, [bc, 3], [ž, 2], '?']")
    freeze(vectors, tmp_path / "vectors.jsonl", "test/1")
    assert read_vectors(tmp_path / "vectors.jsonl", "test/1")[0].request.path == "/abcbcbcžž?"


@pytest.mark.parametrize(
    "wrong", ["!joined abc", "!joined []", "!joined [[a, 0]]", "!joined [[a, b]]", "!joined [[a, 9000000]]", "!joined {a: 3}"]
)
def test_what_cannot_be_joined_is_named_with_its_place(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(ProfileError, match=r"(?s)valid\.yaml.*!joined.*line 1"):
        corpus_of(tmp_path, wrong)


def test_an_entry_is_one_vector_for_each_text_it_names(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "letters.yaml").write_text(
        "- {name: a, purpose: one, text: ą}\n- {name: b, purpose: another, text: !joined [[ė, 2]]}"
    )
    vectors = corpus_of(tmp_path, "!joined [/, !text , /]", ", texts: [letters]")
    assert [(each.id, each.purpose, each.request.path) for each in vectors] == [
        ("v-letters-a", "one a test", "/ą/"),
        ("v-letters-b", "another a test", "/ėė/"),
    ]


@pytest.mark.parametrize(("path", "more", "said"), [("!text ", "", "has !text and no texts"), ("/", ", texts: [none]", "no file")])
def test_texts_that_are_not_there_are_named(tmp_path: Path, path: str, more: str, said: str) -> None:
    with pytest.raises(ProfileError, match=said):
        corpus_of(tmp_path, path, more)


def test_the_texts_hold_every_letter_in_both_forms(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(VECTOR % ("!text ", ", texts: [letters]"))
    texts = "".join(vector.request.path or "" for vector in read_corpus(tmp_path, TEXTS))
    letters = "ąćęłńóśźż" + "ąčęėįšųūž"
    for letter in letters + letters.upper():
        assert letter in texts
        assert unicodedata.normalize("NFD", letter) in texts
    for sequence in ("ė\u0301", "ų\u0303", "m\u0303", "i\u0307\u0300"):
        assert sequence in texts


@pytest.mark.parametrize("name", PROFILES)
def test_the_hand_written_vectors_are_those_of_the_corpus(name: str) -> None:
    """They stand first in vectors.jsonl: nobody forgot to compile."""
    profile = catalogue.load_with_core([name])[-1]
    hand = read_corpus(profile.folder / "corpus", TEXTS)
    assert list(profile.vectors[: len(hand)]) == hand
    assert all(vector.id.startswith("drawn-") for vector in profile.vectors[len(hand) :])


@pytest.mark.parametrize("name", PROFILES)
def test_compiling_again_gives_the_same_bytes(tmp_path: Path, name: str) -> None:
    profile = catalogue.load_with_core([name])[-1]
    if drawn_with(profile.folder / "vectors.jsonl") != versions():
        pytest.skip(f"drawn with {drawn_with(profile.folder / 'vectors.jsonl')}, installed are {versions()}")
    documents = {each.key: each.document for each in catalogue.load_with_core([name])}
    vectors, used = compiled(profile, documents, TEXTS)
    shutil.copy(profile.folder / "openapi.yaml", tmp_path)
    freeze(vectors, tmp_path / "vectors.jsonl", profile.key, used)
    assert (tmp_path / "vectors.jsonl").read_bytes() == (profile.folder / "vectors.jsonl").read_bytes()


def test_kinds_agree_with_the_document() -> None:
    """What is valid or boundary fits the schema and what is invalid does not, but for half a pair of surrogates, which fits no schema and may
    be accepted, and for what a service may ignore.
    """
    profile: Profile = catalogue.load_with_core(["assistant"])[-1]
    wrong = []
    for vector in profile.vectors:
        operation = profile.operation(vector.operation or "")
        request = bind(vector, operation.method, operation.path, {"model": "m"})
        errors = operation.request_errors(Request(request.method, request.url, Headers(request.headers), request.body))
        excused = (
            "-escapes-" in vector.id or vector.id.startswith("chat-seed-numbers-") or vector.purpose.endswith("which a service may ignore")
        )
        if bool(errors) != (vector.kind == "invalid") and not excused:
            wrong.append((vector.id, [error.message for error in errors]))
    assert wrong == []


def test_every_vector_exercises_requirements_that_exist() -> None:
    profiles = catalogue.load_with_core(["assistant"])
    known = {requirement.id for profile in profiles for requirement in profile.requirements}
    assert {id for profile in profiles for vector in profile.vectors for id in vector.exercises} <= known


def test_a_drawn_vector_is_there_because_no_other_makes_up_for_it() -> None:
    """Without it, what it exercises is missing, and is drawn again; with it, nothing is."""
    profiles = catalogue.load_with_core(["assistant"])
    profile, documents = profiles[-1], {each.key: each.document for each in profiles}
    drawn = [vector for vector in profile.vectors if vector.id.startswith("drawn-create") and not vector.request.headers]
    assert len(drawn) > 80
    for vector in drawn[::16]:
        draw = Draw("createChatCompletion", "body", "", vector.request.json)
        others = [each for each in profile.vectors if each != vector]
        assert [each.id for each in distil(profile.operations, documents, others, [draw])] == [vector.id]
        assert distil(profile.operations, documents, profile.vectors, [draw]) == []


DOCUMENT: dict[str, Any] = {
    "paths": {},
    "components": {
        "schemas": {
            "Order": {
                "type": "object",
                "required": ["kind"],
                "properties": {
                    "kind": {"enum": ["a", "b"]},
                    "count": {"type": ["integer", "null"], "minimum": 1, "maximum": 3},
                    "lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
                    "note": {"x-may-ignore": True, "type": "string", "minLength": 2},
                    "old": {"deprecated": True, "type": "string"},
                },
            },
            "Line": {"anyOf": [{"type": "string", "minLength": 1}, {"type": "object", "required": ["text"]}]},
        }
    },
}
FORM = Form({"shop/1": DOCUMENT}, registry_of({"shop/1": DOCUMENT}), "shop/1", "/components/schemas/Order")


@pytest.mark.parametrize(
    ("value", "feature"),
    [
        ({"kind": "a", "count": 3}, ("count", "maximum", "at the limit")),
        ({"kind": "a", "count": None}, ("count", "type", "null")),
        ({"kind": "a", "lines": ["x"]}, ("lines[]", "minLength", "at the limit")),
        ({"kind": "a", "lines": [{"text": 1}]}, ("lines[]", "anyOf", "1")),
        ({"kind": "b"}, ("kind", "enum", '"b"')),
        ({"kind": "a", "count": 4}, ("count", "maximum", "beyond the limit")),
        ({"kind": "a", "count": "4"}, ("count", "type", "another scalar")),
        ({"kind": "a", "lines": [{}]}, ("lines[]", "anyOf", "beyond the limit")),
        ({"kind": "c"}, ("kind", "enum", "another value")),
        ({"kind": []}, ("kind", "type", "a structure")),
        ({}, ("", "required", "kind")),
        ({"kind": "a", "note": 5}, ("note", "type", "wrong")),
        ({"kind": "a", "more": 5}, ("", "additionalProperties", "not named")),
    ],
)
def test_features_of_a_value(value: Any, feature: tuple[str, str, str]) -> None:
    assert Feature(*feature) in FORM.read(value).features


def test_two_faults_exercise_nothing_and_what_is_deprecated_does_not_count() -> None:
    assert FORM.read({"kind": "c", "count": 9}).features == frozenset()
    assert not [each for each in FORM.read({"kind": "a", "old": "x"}).features if each.place == "old"]


def test_a_corpus_that_names_an_unknown_operation_is_refused(profiles: Path) -> None:
    folder = profiles / "greeting" / "1"
    profile = load_profile(folder, with_vectors=False)
    (folder / "corpus" / "wrong.yaml").write_text((VECTOR % ("/", "")).replace("operation: null", "operation: greeet"))
    try:
        with pytest.raises(ProfileError, match="v names the operation greeet, which"):
            compiled(profile, {profile.key: profile.document}, TEXTS)
    finally:
        (folder / "corpus" / "wrong.yaml").unlink()


def test_a_profile_of_a_folder_is_drawn_around_its_own_plain_request(profiles: Path) -> None:
    profile = load_profile(profiles / "greeting" / "1", with_vectors=False)
    vectors, _ = compiled(profile, {profile.key: profile.document}, TEXTS)
    drawn = {vector.id: vector for vector in vectors if vector.id.startswith("drawn-greet-")}
    assert drawn["drawn-greet-header-Content-Type-value-text-plain"].request.json == {"name": "${name}"}
    assert drawn["drawn-greet-name-type-null"].request.json == {"name": None}
    assert drawn["drawn-greet-name-type-null"].kind == "invalid"
    assert "drawn-greet-name-minLength-beyond-the-limit" not in drawn, "greet-nobody, which people wrote, is there for that"


def test_without_schemathesis_the_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "schemathesis", None)
    with pytest.raises(UsageError, match=r"pip install 'govai-harness\[explore\]'"):
        versions()


WHOLE = b'{"format":"govai-vectors/1","profile":"greeting/1"'


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda content: content[:-40], "should hold 4 vectors and holds 3"),
        (lambda content: content[: content.rindex(b"\n", 0, -1) + 1], "should hold 4 vectors and holds 3"),
        (lambda content: content.replace(b"Polish", b"polish"), "was edited after it was frozen"),
        (lambda content: content.replace(WHOLE, WHOLE.replace(b"greeting", b"welcome")), "holds vectors of welcome/1, not of greeting/1"),
        (lambda content: content.replace(WHOLE, WHOLE.replace(b"vectors/1", b"vectors/2")), "is in format govai-vectors/2"),
        (lambda content: content.partition(b"\n")[2], "its first line is not a vectors header"),
        (lambda content: b"", "its first line is not a vectors header"),
        (lambda content: b"\xff\xfe", "its first line is not a vectors header"),
    ],
    ids=["cut", "cut-between-lines", "edited", "other-profile", "other-version", "no-header", "empty", "binary"],
)
def test_a_file_that_is_not_as_it_was_frozen_is_refused(
    profiles: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[bytes], bytes],
    said: str,
) -> None:
    """By ``profile check`` as by a run, with the command that rebuilds it, and exit code 2."""
    shutil.copytree(profiles, tmp_path / "profiles")
    folder = tmp_path / "profiles" / "greeting" / "1"
    path = folder / "vectors.jsonl"
    path.write_bytes(change(path.read_bytes()))
    for command in (
        ["profile", "check", str(folder)],
        ["run", "http://127.0.0.1:9", "--profile", "greeting", "--profile-path", str(tmp_path / "profiles")],
    ):
        monkeypatch.setattr(sys, "argv", ["govai", *command])
        with pytest.raises(SystemExit) as end:
            harness.cli.main()
        assert end.value.code == 2
        sentence = capsys.readouterr().err
        assert said in sentence
        assert f"Rebuild it with: govai profile compile greeting --profile-path {tmp_path / 'profiles'}" in " ".join(sentence.split())
