"""The HTML report in a browser: language, filters, copying, phones, keyboard, accessibility."""

from __future__ import annotations

from importlib import resources
from typing import Any

import pytest

from harness.profile import LANGUAGES
from tests.browser.conftest import Opened
from tests.formats.samples import CURL, HOSTILE, SAMPLES, evidence, faulty, fine, hostile, report, verdict

By = pytest.importorskip("selenium.webdriver.common.by", reason="selenium is not installed (pip install '.[test]')").By
Keys = pytest.importorskip("selenium.webdriver.common.keys").Keys

HEADLINES = {"en": "Reaches no class yet.", "pl": "Nie osiąga jeszcze żadnej klasy.", "lt": "Kol kas nepasiekia jokios klasės."}


def one(page: Any, selector: str) -> Any:
    return page.find_element(By.CSS_SELECTOR, selector)


def every(page: Any, selector: str) -> list[Any]:
    return list(page.find_elements(By.CSS_SELECTOR, selector))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_switch_changes_every_word_and_says_so(opened: Opened, language: str) -> None:
    page = opened(faulty())
    one(page, f"button[data-lang={language}]").click()
    assert one(page, "html").get_attribute("lang") == language
    assert one(page, "h1").text == HEADLINES[language]
    assert HEADLINES[language] in page.title
    assert [each.get_attribute("data-lang") for each in every(page, "[aria-pressed=true]")] == [language]
    assert page.current_url.endswith(f"#lang={language}")
    page.refresh()
    assert one(page, "h1").text == HEADLINES[language], "the address keeps the language"


def test_a_link_into_the_report_keeps_language_and_place(opened: Opened) -> None:
    page = opened(faulty(), "#lang=lt&at=f-GREE-A-004")
    assert one(page, "h1").text == HEADLINES["lt"]
    assert page.execute_script("return document.getElementById('f-GREE-A-004').getBoundingClientRect().top < innerHeight")


def test_an_address_with_nonsense_does_no_harm(opened: Opened) -> None:
    page = opened(faulty(), "#lang=__proto__&at=%3Cimg%3E")
    assert one(page, "h1").text == HEADLINES["en"]


def test_without_javascript_everything_can_be_read_in_english(opened: Opened) -> None:
    page = opened(faulty(), script=False)
    assert one(page, "h1").text == HEADLINES["en"]
    assert [each for each in every(page, ".needs-script") if each.is_displayed()] == []
    assert len([each for each in every(page, "table.all tbody tr") if each.is_displayed()]) == len(faulty().verdicts)


def test_filters_narrow_the_list_and_say_how_many_are_left(opened: Opened) -> None:
    page = opened(faulty())
    shown = lambda: [each.get_attribute("id") for each in every(page, "table.all tbody tr") if each.is_displayed()]  # noqa: E731
    choose = lambda field, value: one(page, f"#filter-{field} option[value='{value}']").click()  # noqa: E731
    choose("verdict", "failed")
    assert shown() == ["GREE-A-010", "GREE-A-011"]
    choose("class", "base")
    assert shown() == ["GREE-A-011"]
    assert one(page, "[role=status] output#shown").text == "1"
    choose("layer", "legal")
    assert shown() == []
    every(page, ".causes a[href='#GREE-A-007']")[0].click()
    assert "GREE-A-007" in shown(), "a link to a line that is filtered away clears the filters"


def test_copying_takes_the_whole_line_as_it_was_sent(opened: Opened) -> None:
    steering = CURL + " # \u202e"
    page = opened(report(verdict("GREE-A-001", "failed"), exchanges={"x.1": evidence(curl=steering)}))
    page.execute_cdp_cmd("Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]})
    one(page, "button.copy").click()
    page.execute_async_script("setTimeout(arguments[0], 100)")
    assert one(page, ".copied").is_displayed()
    assert page.execute_async_script("navigator.clipboard.readText().then(arguments[0])") == steering
    assert one(page, ".curl [role=status]").get_attribute("textContent") == "Copied", "screen readers are told"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["faulty", "fine", "hostile", "unreachable"])
def test_a_small_phone_needs_no_scrolling_sideways(opened: Opened, name: str, language: str) -> None:
    """WCAG 2.1, 1.4.10: content reflows at 320 pixels."""
    page = opened(SAMPLES[name](), f"#lang={language}", width=320)
    for each in every(page, "details"):
        page.execute_script("arguments[0].open = true", each)
    page.execute_script("document.querySelectorAll('.skip, .unseen, thead').forEach((each) => each.remove())")
    beyond_the_edge = "(each) => each.getBoundingClientRect().right > 321 && !each.closest('pre, svg')"
    wide = f"return [...document.querySelectorAll('body *')].filter({beyond_the_edge}).map((each) => each.outerHTML)"
    assert page.execute_script(wide) == []
    assert page.execute_script("return document.documentElement.scrollWidth") <= 320


def test_the_keyboard_reaches_the_answer_first_and_shows_where_it_is(opened: Opened) -> None:
    page = opened(faulty())
    one(page, "body").send_keys(Keys.TAB)
    focused = page.switch_to.active_element
    assert focused.text == "Skip to the answer"
    assert focused.rect["y"] >= 0
    assert page.execute_script("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    focused.send_keys(Keys.ENTER)
    assert page.switch_to.active_element.get_attribute("id") == "answer"


def test_a_hostile_participant_runs_nothing(opened: Opened) -> None:
    page = opened(hostile(), "#lang=pl")
    assert every(page, "img, iframe, object, embed, form, base") == []
    assert len(every(page, "script")) == 2
    assert one(page, "bdi.who").text.startswith(HOSTILE[:9])


def test_it_loads_nothing(opened: Opened) -> None:
    page = opened(faulty())
    assert (
        page.execute_script(
            "return performance.getEntriesByType('resource').map((each) => each.name).filter((name) => !name.startsWith('data:'))"
        )
        == []
    )


def test_print_shows_no_buttons(opened: Opened) -> None:
    page = opened(faulty(), media="print", dark=True)
    assert [each for each in every(page, "button, select") if each.is_displayed()] == []
    assert page.execute_script("return getComputedStyle(document.body).color") == "rgb(26, 36, 48)", "dark ink, whatever the screen prefers"


@pytest.mark.parametrize(("width", "dark"), [(1200, False), (320, True)], ids=["desktop-light", "phone-dark"])
@pytest.mark.parametrize("made", [faulty, fine, hostile], ids=lambda made: str(made.__name__))
def test_axe_finds_nothing(opened: Opened, made: Any, width: int, dark: bool) -> None:
    """The rules of axe-core for WCAG 2.1, levels A and AA, and its best practices."""
    pytest.importorskip("axe_core_python", reason="axe-core is not installed (pip install axe-core-python)")
    page = opened(made(), "#lang=lt", width=width, dark=dark)
    for each in every(page, "details"):
        page.execute_script("arguments[0].open = true", each)
    page.execute_script(resources.files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    found = page.execute_async_script("axe.run(document).then(arguments[0])")["violations"]
    assert [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]] == []
