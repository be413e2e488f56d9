"""The page: whole in itself, inert, and built so that everybody can read it. What only a browser can show is in ``tests/browser``."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from pathlib import Path

import msgspec
import pytest

from harness import formats
from harness.formats import html
from tests.formats.page import Page
from tests.formats.samples import HOSTILE, SAMPLES, beyond, faulty, fine, hostile, hundreds, unreachable

TAGS = re.findall(
    "[a-z0-9]+",
    "html head meta link title style body header main section footer article div p span strong b bdi a button h1 h2 h3 svg rect ul ol li time "
    "dl dt dd code pre table caption thead tbody tr th td details summary label select option output script",
)
"""What the template writes."""


@pytest.fixture(scope="module", params=list(SAMPLES))
def page(request: pytest.FixtureRequest) -> Page:
    return Page(html.render(SAMPLES[request.param]()))


def test_nothing_is_loaded_from_anywhere(page: Page) -> None:
    for tag, attributes in page.tags:
        assert not {"src", "srcset", "poster", "data", "action", "background", "style"} & set(attributes)
        assert not [name for name in attributes if name.startswith("on")]
        if "href" in attributes:
            allowed = ("#", "https://www.rfc-editor.org/") if tag == "a" else ("data:,",)
            assert attributes["href"].startswith(allowed)
    style = html._own("report.css")
    assert "url(" not in style
    assert "@import" not in style


def test_only_the_pages_own_style_and_script_may_run(page: Page) -> None:
    policy = next(each["content"] for each in page.all("meta") if each.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for name in ("report.css", "report.js"):
        digest = base64.b64encode(hashlib.sha256(html._own(name).encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert len(page.all("script")) == 2
    assert len(page.all("style")) == 1


def test_what_participants_wrote_is_text_and_never_markup(page: Page) -> None:
    assert {tag for tag, _ in page.tags} <= set(TAGS)
    assert not [
        attributes for _, attributes in page.tags if "evil" in str(attributes.get("href")) or "javascript:" in str(attributes.get("href"))
    ]


def test_characters_that_steer_the_display_are_written_out() -> None:
    content = html.render(hostile()).decode()
    assert not [char for char in "\u202e\x1b\x00\x85\uffff" if char in content]
    assert '<span class="char" data-code="202e">U+202E</span>' in content
    shown = Page(content.encode())
    assert HOSTILE.partition("\u202e")[0].strip() in "".join(text for inside, text in shown.texts if inside == "bdi")


def test_ids_are_unique_and_every_inner_link_leads_somewhere(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    referred = [each["href"][1:] for each in page.all("a") if each["href"].startswith("#")]
    referred += [attributes[name] for _, attributes in page.tags for name in ("for", "aria-labelledby") if name in attributes]
    assert set(referred) <= set(ids)


def test_headings_go_down_one_step_at_a_time(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_tables_have_captions_and_every_header_says_what_it_heads(page: Page) -> None:
    assert len(page.all("caption")) == len(page.all("table"))
    assert {each.get("scope") for each in page.all("th")} <= {"col", "row"}


def test_it_reads_without_javascript_in_english() -> None:
    content = html.render(faulty())
    page = Page(content)
    assert page.all("html") == [{"lang": "en"}]
    for said in ("Reaches no class yet.", "A greeting MUST be polite (GREE-A-011).", "Be polite.", "11 of 20 friendly greetings"):
        assert said in content.decode()
    needs_script = [tag for tag, attributes in page.tags if "needs-script" in attributes.get("class", "")]
    assert set(needs_script) <= {"div", "button"}, "what only the script can work is hidden until it runs"


def test_every_text_is_there_in_every_language() -> None:
    content = html.render(faulty()).decode()
    texts = json.loads(re.findall(r'<script type="application/json" id="texts">(.*?)</script>', content, re.DOTALL)[0])
    numbers = {int(number) for number in re.findall(r'data-t="(\d+)"', content)}
    assert {language: len(all_texts) for language, all_texts in texts.items()} == dict.fromkeys(("en", "pl", "lt"), len(numbers))
    assert numbers == set(range(len(numbers)))
    for said in ("Nie osiąga jeszcze żadnej klasy.", "A greeting MUST be polite (GREE-A-011). (po polsku)"):
        assert said in texts["pl"]
    assert "Kol kas nepasiekia jokios klasės." in texts["lt"]


def test_the_answer_comes_first_then_the_reasons_worst_first_then_the_facts() -> None:
    content = html.render(faulty()).decode()
    order = ["Reaches no class yet.", 'id="classes"', 'id="f-GREE-A-011"', 'id="f-GREE-A-010"', 'id="f-GREE-A-009"', 'id="f-GREE-A-006"']
    order += ['id="f-GREE-A-005"', 'id="untested"', 'id="all"', 'id="tested"', 'id="measured"', 'id="legend"']
    places = [content.index(each, content.index("<body>")) for each in order]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("made", "headline"),
    [(fine, "Reaches class high-risk, the highest there is."), (beyond, "Reaches class government."), (unreachable, "Unreachable")],
    ids=["fine", "beyond", "unreachable"],
)
def test_the_headline_is_the_answer(made: object, headline: str) -> None:
    content = html.render(made()).decode()  # type: ignore[operator]
    assert f">{headline}</span></h1>" in content


def test_nothing_found_and_nothing_looked_at_are_told_apart() -> None:
    assert b"Nothing was found that breaks a requirement." in html.render(fine())
    assert b"Nothing could be tested." in html.render(unreachable())


def test_it_is_evidence_and_never_compliance() -> None:
    content = html.render(fine()).decode().lower()
    assert "this report is evidence for" in content
    assert "complies with" not in content


def test_it_says_how_it_was_measured() -> None:
    content = html.render(faulty()).decode().replace("\u00a0", " ")
    for said in ("16,777,216 bytes", "no limit", "Longest wait for an answer", "12 milliseconds", "httpx</dt><dd>0.28.1"):
        assert said in content
    for said in ("16 777 216 bajtów", "bez ograniczeń", "12 milisekund", "16 777 216 baitų", "neribojama", "12 milisekundžių"):
        assert f'"{said}"' in content
    watched = html.render(msgspec.structs.replace(faulty(), limits=None)).decode()
    assert "The traffic was not the harness&#39;s own" in watched
    older = msgspec.structs.replace(faulty(), software={}, limits=None, timing=[])
    assert 'id="measured"' not in html.render(older).decode(), "a report of an earlier version does not say"


def test_a_profile_is_called_by_its_title_in_each_language() -> None:
    content = html.render(fine()).decode()
    assert ">Greeting</span>" in content
    assert '"Powitanie"' in content
    assert '"Pasisveikinimas"' in content
    assert '<span lang="en">Greeting</span>' in html.render(msgspec.structs.replace(fine(), translations={})).decode()


def test_hundreds_of_findings_stay_a_page_that_can_be_sent() -> None:
    content = html.render(hundreds())
    assert len(content) < 4_000_000
    assert content.count(b'class="finding') == 400


def test_a_long_text_is_cut_and_a_long_block_can_be_scrolled_from_the_keyboard() -> None:
    page = Page(html.render(hostile()))
    assert max(len(text) for inside, text in page.texts if inside == "code" and "x" * 100 not in text) < 2 * html.LONGEST
    assert {"tabindex": "0", "class": "long"} in page.all("pre")


def _colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block))


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(scheme: str) -> None:
    """WCAG 2.1: 4.5 to 1 for text (1.4.3), 3 to 1 for the edges of what can be operated (1.4.11)."""
    style = (Path(html.__file__).parent / "templates" / "report.css").read_text()
    light, dark = re.findall(r":root \{(.*?)\n\s*\}", style, re.DOTALL)[:2]
    colours = _colours(light) if scheme == "light" else {**_colours(light), **_colours(dark)}
    tones = ("good", "bad", "warn", "open", "none", "fault")
    pairs = [(ink, ground) for ink in ("ink", "quiet", "link") for ground in ("page", "surface", "code")]
    pairs += [(tone, ground) for tone in tones for ground in (f"{tone}-ground", "surface")] + [("top-ink", "top")]
    assert {
        pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs if contrast(colours[pair[0]], colours[pair[1]]) < 4.5
    } == {}
    assert min(contrast(colours["edge"], colours[ground]) for ground in ("page", "surface")) >= 3


def test_the_format_is_known_by_its_name() -> None:
    assert formats.FORMATS["html"](fine()).startswith(b"<!DOCTYPE html>\n")
