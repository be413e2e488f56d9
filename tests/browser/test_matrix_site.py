"""The matrix site in a browser: filters, languages, a large matrix, phones, keyboard, accessibility."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from harness.matrix.build import build
from harness.profile import LANGUAGES
from tests.browser.conftest import served, visit
from tests.matrix.samples import REFUSED, few, harmful, many, written

By = pytest.importorskip("selenium.webdriver.common.by", reason="selenium is not installed (pip install '.[test]')").By
Keys = pytest.importorskip("selenium.webdriver.common.keys").Keys

QUESTIONS = {
    "en": "Who can use whose AI service?",
    "pl": "Kto może korzystać z czyjej usługi AI?",
    "lt": "Kas gali naudotis kieno DI paslauga?",
}
KINDS = ("index", "requirements", "assessment", "input", "requirement/*", "provider/*", "consumer/*", "pair/*/*/*")
SITES = {"few": few, "harmful": harmful, "large": lambda: many(60)}

Visited = Callable[..., Any]


@pytest.fixture(scope="session")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A folder with the sites that tests look at, each built where it is asked for, and its address."""
    root = tmp_path_factory.mktemp("sites")
    with served(root) as address:
        yield root, address


@pytest.fixture
def visited(driver: Any, sites: tuple[Path, str], tmp_path: Path) -> Iterator[Visited]:
    """Opens a page: ``visited("few", "en/index", width=320)``, the first one where the name is a pattern. The browser must have no complaint."""
    root, base = sites

    def open_it(
        site: str,
        page: str,
        at: str = "",
        *,
        width: int = 1200,
        dark: bool = False,
        script: bool = True,
        media: str = "",
        file: bool = False,
    ) -> Any:
        if site == "demo" and not (root / site).exists():
            command = [Path(sys.executable).with_name("govai"), "demo", "--profile", "translation", "--out", tmp_path / site]
            subprocess.run(command, check=True, capture_output=True)
            (tmp_path / site / "site").rename(root / site)
        elif not (root / site).exists():
            folder = written(SITES[site](), tmp_path / site)
            for kind, content in REFUSED.items() if site == "harmful" else ():
                (folder / f"{kind}.json").write_bytes(content)
            build([str(folder)], root / site)
        path = sorted(root.glob(f"{site}/{page}.html"))[0]
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        features = [("prefers-color-scheme", "dark" if dark else "light"), ("prefers-reduced-motion", "reduce")]
        for method, parameters in {
            "setDeviceMetricsOverride": size,
            "setEmulatedMedia": {"media": media, "features": [{"name": name, "value": value} for name, value in features]},
            "setScriptExecutionDisabled": {"value": not script},
        }.items():
            driver.execute_cdp_cmd(f"Emulation.{method}", parameters)
        visit(driver, f"{path.as_uri() if file else f'{base}/{path.relative_to(root).as_posix()}'}{at}")
        return driver

    yield open_it
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    complaints = [entry for entry in driver.get_log("browser") if "favicon.ico" not in entry["message"]]
    assert complaints == [], "errors, warnings and violations of the page's own policy"


def one(page: Any, selector: str) -> Any:
    return page.find_element(By.CSS_SELECTOR, selector)


def every(page: Any, selector: str) -> list[Any]:
    return list(page.find_elements(By.CSS_SELECTOR, selector))


def choose(page: Any, field: str, value: str) -> None:
    one(page, f"#filter-{field} option[value='{value}']").click()


def cells(page: Any) -> list[str]:
    """What the cells that can be seen say."""
    script = (
        "return [...document.querySelectorAll('.matrix td')].filter((each) => each.checkVisibility()).map((each) => each.innerText.trim())"
    )
    return [str(each).replace("\n", " ") for each in page.execute_script(script)]


def test_the_start_page_leads_to_the_matrix(visited: Visited) -> None:
    page = visited("few", "index")
    page.execute_async_script("setTimeout(arguments[0], 200)")
    assert page.current_url.endswith("/en/index.html")
    assert one(page, "h1").text == QUESTIONS["en"]


def test_every_language_is_a_link_away_on_every_page(visited: Visited) -> None:
    for kind in KINDS:
        page = visited("few", f"en/{kind}")
        for language in ("pl", "lt", "en"):
            one(page, f".languages a[hreflang={language}]").click()
            assert one(page, "html").get_attribute("lang") == language
            assert one(page, ".languages [aria-current]").get_attribute("lang") == language


def test_filters_narrow_the_matrix_down_and_say_what_is_left(visited: Visited) -> None:
    page = visited("few", "en/index")
    assert len(cells(page)) == 6
    choose(page, "consumer", "lt")
    choose(page, "provider", "pl")
    assert cells(page) == ["✗ does not work"]
    assert one(page, "[role=status] output").text == "1"
    choose(page, "profile", "parting/1")
    assert cells(page) == []
    assert [each.get_attribute("data-profile") for each in every(page, "section.grid") if each.is_displayed()] == ["parting/1"]


def test_a_class_and_a_layer_are_judged_anew(visited: Visited) -> None:
    page = visited("few", "en/index")
    assert cells(page).count("○ not known") == 2
    choose(page, "class", "high-risk")
    assert cells(page).count("✗ does not work") == 4
    choose(page, "layer", "organisational")
    assert set(cells(page)) == {"✓ works"}
    assert one(page, "#narrowed").is_displayed()
    choose(page, "layer", "")
    choose(page, "class", "government")
    assert cells(page).count("○ not known") == 2
    assert not one(page, "#narrowed").is_displayed()


def test_the_address_and_the_other_languages_keep_what_was_chosen(visited: Visited) -> None:
    page = visited("few", "en/index")
    choose(page, "provider", "pl")
    choose(page, "class", "base")
    page.refresh()
    assert len(cells(page)) == 2
    one(page, ".languages a[hreflang=lt]").click()
    assert one(page, "#filter-class").get_property("value") == "base"
    assert len(cells(page)) == 2


def test_an_address_with_nonsense_does_no_harm(visited: Visited) -> None:
    page = visited("few", "en/index", "#class=__proto__&layer=%3Cimg%3E&profile=x")
    assert len(cells(page)) == 6


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_javascript_everything_is_shown(visited: Visited, language: str) -> None:
    page = visited("few", f"{language}/index", script=False)
    assert one(page, "h1").text == QUESTIONS[language]
    assert len(every(page, ".matrix td a")) == 6
    assert [each for each in every(page, ".needs-script") if each.is_displayed()] == []


def test_it_works_from_a_folder(visited: Visited) -> None:
    page = visited("few", "pl/index", file=True)
    assert page.execute_script("return getComputedStyle(document.querySelector('.top')).backgroundColor") == "rgb(18, 48, 77)"
    choose(page, "provider", "pl")
    assert len(cells(page)) == 2


def test_a_cell_opens_the_reason_and_the_evidence(visited: Visited) -> None:
    page = visited("few", "en/index")
    next(each for each in every(page, ".matrix td.f a") if each.is_displayed()).click()
    assert "cannot use" in one(page, "h1").text
    assert "weaker side is the provider" in one(page, ".lead").text
    reason = one(page, ".finding.k-violated")
    assert "A greeting MUST be polite (GREE-A-001)." in reason.text
    assert "the name is missing" in reason.text
    one(reason, "a[href*='report/']").click()
    assert page.execute_script("return document.getElementById('f-GREE-A-001').getBoundingClientRect().top < innerHeight")


def test_a_large_matrix_is_usable_at_once(visited: Visited) -> None:
    page = visited("large", "lt/index")
    assert len(every(page, ".matrix td")) == 3600
    loaded = page.execute_script("return performance.getEntriesByType('navigation')[0].domComplete")
    assert loaded < 5_000, "milliseconds"
    script = "const begun = performance.now(); const box = document.querySelector('#filter-layer'); box.value = 'technical';"
    script += "box.dispatchEvent(new Event('change')); document.body.getBoundingClientRect(); return performance.now() - begun"
    assert page.execute_script(script) < 2_000
    scrolled = one(page, ".scroll")
    page.execute_script("arguments[0].scrollTo(3000, 2000)", scrolled)
    corner = one(page, ".matrix .corner").rect
    assert abs(corner["x"] - scrolled.rect["x"]) < 5, "the heads stay where they are seen"
    assert page.execute_script("return document.documentElement.scrollWidth") <= 1200


@pytest.mark.parametrize("site", ["few", "harmful", "demo"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_small_phone_needs_no_scrolling_sideways(visited: Visited, kind: str, site: str) -> None:
    """WCAG 2.1, 1.4.10; tables whose two dimensions mean something scroll in a region of their own."""
    page = visited(site, f"pl/{kind}", width=320)
    assert page.execute_script("return document.documentElement.scrollWidth") <= 320


def test_the_keyboard_reaches_filters_regions_and_cells(visited: Visited) -> None:
    page = visited("few", "en/index")
    one(page, "body").send_keys(Keys.TAB)
    assert page.switch_to.active_element.text == "Skip to the content"
    page.switch_to.active_element.send_keys(Keys.ENTER)
    reached = []
    for _ in range(12):
        page.switch_to.active_element.send_keys(Keys.TAB)
        focused = page.switch_to.active_element
        reached.append(focused.get_attribute("id") or focused.get_attribute("class") or focused.tag_name)
        assert page.execute_script("return getComputedStyle(document.activeElement).outlineStyle") == "solid", reached
    assert reached[:6] == ["filter-profile", "filter-consumer", "filter-provider", "filter-class", "filter-layer", "scroll"]
    assert page.execute_script("return Boolean(document.activeElement.closest('.matrix'))")


def test_print_shows_whole_tables_in_dark_ink(visited: Visited) -> None:
    page = visited("few", "en/index", media="print", dark=True)
    assert [each for each in every(page, "select, nav") if each.is_displayed()] == []
    assert page.execute_script("return getComputedStyle(document.querySelector('.scroll')).overflow") == "visible"
    assert page.execute_script("return getComputedStyle(document.body).color") == "rgb(26, 36, 48)"


@pytest.mark.parametrize(("width", "dark"), [(1200, False), (320, True)], ids=["desktop-light", "phone-dark"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("site", ["few", "harmful", "demo"])
def test_axe_finds_nothing(visited: Visited, site: str, kind: str, width: int, dark: bool) -> None:
    """The rules of axe-core for WCAG 2.1, levels A and AA, and its best practices."""
    pytest.importorskip("axe_core_python", reason="axe-core is not installed (pip install axe-core-python)")
    page = visited(site, f"lt/{kind}", width=width, dark=dark)
    page.execute_script(resources.files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    found = page.execute_async_script("axe.run(document).then(arguments[0])")["violations"]
    assert [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]] == []
