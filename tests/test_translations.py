"""What checks say exists in three languages: nothing is missing, nothing is left over, and what stands in a sentence comes through."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.catalogue import folder, names
from harness.errors import ProfileError
from harness.profile import Translated
from harness.report import Said
from harness.translations import FILE, Translations, read
from tests.sentences import sentences

HARNESS = Path(__file__).parent.parent / "harness"
CHECKS = Path(__file__).parent.parent / "conformance"


@pytest.mark.parametrize("key", names())
def test_every_sentence_of_a_check_is_translated(key):
    own = CHECKS / key.partition("/")[0].replace("-", "_")
    known = {each.en for file in (folder(key) / FILE, folder("core") / FILE, HARNESS / FILE) for each in read(file)}
    missing = [
        f'# {source.name}:{line}\n- en: "{text}"\n  pl: ""\n  lt: ""'
        for source in sorted(own.glob("*.py"))
        for text, line in sentences(source).items()
        if text not in known
    ]
    assert not missing, f"{len(missing)} sentences are not in {folder(key) / FILE}:\n" + "\n".join(missing)


def test_every_cause_that_the_harness_names_is_translated():
    known = {each.en for each in read(HARNESS / FILE)}
    assert sorted({text for source in HARNESS.rglob("*.py") for text in sentences(source)} - known) == []


@pytest.mark.parametrize("file", [HARNESS / FILE, *(folder(key) / FILE for key in names())], ids=str)
def test_a_sentence_stands_once_in_three_languages(file):
    found = [each.en for each in read(file)]
    assert len(found) == len(set(found))
    assert all(text.strip() == text and text for each in read(file) for text in (each.en, each.pl, each.lt))


@pytest.mark.parametrize("quoted", ["Notice of the office", "Decisions, by office: see the list of 2026"])
def test_what_a_participant_says_is_no_sentence_of_the_harness(quoted):
    assert Translations(read(HARNESS / FILE)).of(quoted) is None


def translations(*sentences):
    return Translations(Translated(*each) for each in sentences)


def test_what_stands_in_a_sentence_comes_through():
    told = translations(("{0} of {1} answers", "odpowiedzi: {0} z {1}", "atsakymai: {0} iš {1}"))
    assert told.of("3 of 40 answers") == Said("odpowiedzi: 3 z 40", "atsakymai: 3 iš 40")
    assert told.of("3 of 40 answers and more") is None


def test_a_sentence_in_a_sentence_is_translated_and_a_quotation_is_not():
    told = translations(
        ("the job failed: {0}", "zadanie nie powiodło się: {0}", "užduotis nepavyko: {0}"),
        ("it said “{0}”", "„{0}”", "„{0}“"),
        ("no", "nie", "ne"),
    )
    assert told.of("the job failed: no") == Said("zadanie nie powiodło się: nie", "užduotis nepavyko: ne")
    assert told.of("it said “no”") == Said("„no”", "„no“")


def test_the_sentence_with_more_words_of_its_own_is_meant():
    told = translations(
        ("the {0} fails", "{0} zawodzi", "{0} neveikia"),
        ("the job of {0} fails", "zadanie {0} zawodzi", "{0} užduotis neveikia"),
        ("{0} is late once more", "{0} znów się spóźnia", "{0} vėl vėluoja"),
        ("job {0}", "zadanie {0}", "{0} užduotis"),
    )
    assert told.of("the job of 2 texts fails") == Said("zadanie 2 texts zawodzi", "2 texts užduotis neveikia")
    assert told.of("job 2 is late once more") == Said("zadanie 2 znów się spóźnia", "2 užduotis vėl vėluoja")


def test_what_somebody_else_said_is_taken_for_no_sentence():
    told = translations(
        ("{0} of {1} {2}", "{0} z {1} {2}", "{0} iš {1} {2}"),
        ("the model refuses it: {0}", "model to odrzuca: {0}", "modelis tai atmeta: {0}"),
    )
    answer = '404 {"detail": "The list of texts is empty."}'
    assert told.of(answer, quoted=True) is None
    assert told.of("Part of the tax is due", quoted=True) is None
    assert told.of("3 of 4 texts", quoted=True) == Said("3 z 4 texts", "3 iš 4 texts")
    assert told.of(f"the model refuses it: {answer}") == Said(f"model to odrzuca: {answer}", f"modelis tai atmeta: {answer}")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("- {en: a, pl: b}", "is no list of sentences"),
        ("- [", "is no list of sentences"),
        ('- {en: "{0} is", pl: "jest", lt: "{0} yra"}', "does not have the places"),
        ('- {en: "{1} is {0}", pl: "{0}{1}", lt: "{0}{1}"}', "does not number its places as they come"),
    ],
)
def test_a_broken_file_is_named(tmp_path, content, told):
    file = tmp_path / FILE
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ProfileError, match=told):
        Translations(read(file))


def test_what_is_longer_than_a_sentence_is_data() -> None:
    told = translations(("{0} of {1} of {2} of {3} is {4}", *["{0}{1}{2}{3}{4}"] * 2))
    assert told.of("a of " * 20_000) is None
