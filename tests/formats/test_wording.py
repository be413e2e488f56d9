"""What reports say by themselves: whole in every language, in the right form for every number."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from babel import Locale

from harness import formats, matrix
from harness.formats.wording import LOCALES, Words, catalogue
from harness.profile import CLASSES, LANGUAGES
from harness.report import REFUSALS, Outcome, VerdictName

FOLDERS = [Path(each).parent for each in (formats.__file__, matrix.__file__)]
SOURCES = [source for folder in FOLDERS for pattern in ("*.py", "templates/*.j2") for source in folder.glob(pattern)]


def leaves(group: Any = None, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for key, value in (catalogue() if group is None else group).items():
        if "en" in value:
            yield f"{path}{key}", value
        else:
            yield from leaves(value, f"{path}{key}.")


@pytest.mark.parametrize(("key", "leaf"), list(leaves()), ids=lambda value: value if isinstance(value, str) else "")
def test_every_text_is_whole_in_every_language(key: str, leaf: dict[str, Any]) -> None:
    assert set(leaf) == set(LANGUAGES)
    placeholders = set()
    for language, text in leaf.items():
        forms = text if isinstance(text, dict) else {"other": text}
        if isinstance(text, dict):
            assert set(forms) == {*Locale.parse(LOCALES[language]).plural_form.tags, "other"}, "the plural categories of CLDR"
        for form in forms.values():
            assert form == form.strip() != ""
            assert '"' not in form, "straight quotation marks"
            placeholders.add(frozenset(re.findall(r"{(\w+)}", form)) - ({"n"} if "one" in forms else set()))
    assert len(placeholders) == 1, "every language says the same"
    ends = {str(text)[-1:] in ".!" for text in leaf.values() if not isinstance(text, dict)}
    assert len(ends) <= 1 or key == "sentence.binds_from", "a sentence in one language is a sentence in all"


def test_every_name_that_a_report_can_hold_has_words() -> None:
    assert set(catalogue()["verdict"]) == set(catalogue()["verdict_meaning"]) == set(get_args(VerdictName))
    assert set(catalogue()["outcome"]) == set(get_args(Outcome))
    assert set(catalogue()["class"]) == set(catalogue()["class_meaning"]) == set(catalogue()["of_class"]) == set(CLASSES)


def test_why_a_file_is_refused_is_said_alike_everywhere() -> None:
    said = catalogue()["refusal"]
    assert set(said) == set(REFUSALS)
    assert [kind for kind, sentence in REFUSALS.items() if "{detail}" not in sentence and said[kind]["en"] != sentence] == []


def test_no_text_is_left_over() -> None:
    text = "\n".join(source.read_text(encoding="utf-8") for source in SOURCES)
    groups = set(re.findall(r'(?:name|"name", field|group)\(?"(\w+)"', text)) | {"verdict", "class", "layer", "side", "level", "outcome"}
    built = set(re.findall(r'"(\w+)\.(?:" ~|\{)', text)) | set(re.findall(r"f[\"'](\w+)\.\{", text))
    unused = [key for key, _ in leaves() if key not in text and key.partition(".")[0] not in groups | built]
    assert [key for key in unused if not re.search(rf'"{key.partition(".")[2]}"', text)] == []


@pytest.mark.parametrize(
    ("language", "n", "said"),
    [
        ("en", 1, "One requirement is still to be met for class base: A."),
        ("en", 2, "2 requirements are still to be met for class base: A."),
        ("pl", 1, "Do osiągnięcia klasy podstawowej trzeba jeszcze spełnić jedno wymaganie: A."),
        ("pl", 2, "Do osiągnięcia klasy podstawowej trzeba jeszcze spełnić 2 wymagania: A."),
        ("pl", 5, "Do osiągnięcia klasy podstawowej trzeba jeszcze spełnić 5 wymagań: A."),
        ("pl", 12, "Do osiągnięcia klasy podstawowej trzeba jeszcze spełnić 12 wymagań: A."),
        ("pl", 22, "Do osiągnięcia klasy podstawowej trzeba jeszcze spełnić 22 wymagania: A."),
        ("pl", 21, "Do osiągnięcia klasy podstawowej trzeba jeszcze spełnić 21 wymagań: A."),
        ("lt", 1, "Iki bazinės klasės liko neįvykdytas 1 reikalavimas: A."),
        ("lt", 2, "Iki bazinės klasės liko neįvykdyti 2 reikalavimai: A."),
        ("lt", 10, "Iki bazinės klasės liko neįvykdyta 10 reikalavimų: A."),
        ("lt", 11, "Iki bazinės klasės liko neįvykdyta 11 reikalavimų: A."),
        ("lt", 21, "Iki bazinės klasės liko neįvykdytas 21 reikalavimas: A."),
        ("lt", 22, "Iki bazinės klasės liko neįvykdyti 22 reikalavimai: A."),
    ],
)
def test_numbers_ask_for_the_right_form(language: str, n: int, said: str) -> None:
    words = Words(language)
    assert words.count("unmet", n, of_class=words.say("of_class.base"), ids="A") == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["The duty binds from 2 December 2027.", "1,234.5", "12 seconds", "12 milliseconds", "A, B and 7 more", "Lithuania"]),
        ("pl", ["Obowiązek wiąże od 2 grudnia 2027 r.", "1 234,5", "12 sekund", "12 milisekund", "A, B i jeszcze 7", "Litwa"]),
        ("lt", ["Pareiga taikoma nuo 2027 m. gruodžio 2 d.", "1 234,5", "12 sekundžių", "12 milisekundžių", "A, B ir dar 7", "Lietuva"]),
    ],
)
def test_dates_numbers_and_lists_are_written_as_in_the_country(language: str, said: list[str]) -> None:
    words = Words(language)
    ids = [chr(ord("A") + number) for number in range(9)]
    told = [words.say("sentence.binds_from", day=words.day(datetime.date(2027, 12, 2))), words.number(1234.5), words.seconds(12.04)]
    told += [words.seconds(0.0123), words.some(ids, 2), words.country("lt")]
    assert [text.replace("\u00a0", " ") for text in told] == said


def test_what_a_later_version_names_is_shown_as_it_is() -> None:
    assert Words("pl").name("layer", "temporal") == "temporal"
    assert Words("pl").country("xx") == "xx"


def test_nothing_is_said_to_comply_with_the_law() -> None:
    everything = str(list(leaves())).lower()
    for claim in ("complies with", "zgodny z aktem", "atitinka dirbtinio intelekto akt"):
        assert claim not in everything
