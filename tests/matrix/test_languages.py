"""A page is in the language that it says it is in: nothing English is left on Polish and Lithuanian pages but what is marked so."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import lxml.html
import pytest

import harness
from harness.client import asgi_transport
from harness.matrix.build import build
from harness.report import encode_report
from harness.serve.mock import reference_app

ENGLISH = re.compile(r"\b(the|of|and|is|was|are|with|not|which|that|for|from|by|each|only|an|it|its|has|have|must|should|does)\b")
NO_TEXT = ("code", "pre", "script", "style")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a service with many faults and of one that was hardly tested."""
    folder: Path = tmp_path_factory.mktemp("languages")
    for country, mutant in (("pl", "errors-leave-the-trace"), ("lt", "short-texts-are-done-first")):
        transport = asgi_transport(reference_app("translation", country, mutant=mutant))
        made = harness.run(
            "http://127.0.0.1", ["translation", "discovery"], name=f"Tarnyba {country}", country=country, transport=transport
        )
        (folder / f"{country}.json").write_bytes(encode_report(made))
    build([str(folder)], folder / "site")
    return folder / "site"


def texts(element: lxml.html.HtmlElement) -> Iterator[tuple[str, lxml.html.HtmlElement]]:
    """Each text of a page, with the element that it stands in."""
    for each in element.iter():
        if isinstance(each.tag, str):
            yield each.text or "", each
            if each.getparent() is not None:
                yield each.tail or "", each.getparent()


def is_text(element: lxml.html.HtmlElement, language: str) -> bool:
    """Whether what stands here is to be in the language of the page."""
    for each in (element, *element.iterancestors()):
        if each.tag in NO_TEXT or each.get("translate") == "no":
            return False
        if each.get("lang") is not None:
            return bool(each.get("lang") == language)
    return True


@pytest.mark.parametrize("language", ["pl", "lt"])
def test_no_english_is_left_on_the_pages_of_the_site(site: Path, language: str) -> None:
    left = set()
    for page in (site / language).rglob("*.html"):
        root = lxml.html.fromstring(page.read_bytes())
        left |= {
            " ".join(text.split())
            for text, place in texts(root)
            if ENGLISH.search(text.replace("no-store", "")) and is_text(place, language)
        }
    assert left == set()


@pytest.mark.parametrize("language", ["pl", "lt"])
def test_no_english_is_left_in_what_a_report_switches_to(site: Path, language: str) -> None:
    for page in (site / "report").glob("*.html"):
        root = lxml.html.fromstring(page.read_bytes())
        table = json.loads(root.get_element_by_id("texts").text)[language]
        assert [text for text in table if ENGLISH.search(text)] == []
        untranslated = [
            place.text_content() for text, place in texts(root) if text.strip() and place.get("lang") == "en" and place.tag == "span"
        ]
        assert [
            text for text in untranslated if not re.search(r"RFC|W3C|Profile|LibreTranslate|draft|OpenAPI|NL API|UAX|UAPI|Unicode", text)
        ] == []
