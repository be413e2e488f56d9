"""The documentation site: it is built without a warning, every link in it leads somewhere, and every requirement has its place."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import lxml.html
import pytest

from harness import catalogue

DOCS = Path(__file__).parent.parent / "docs"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out: Path = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", DOCS, out], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    return out


def pages(site: Path) -> Iterator[tuple[Path, lxml.html.HtmlElement]]:
    for path in sorted(site.rglob("*.html")):
        yield path, lxml.html.fromstring(path.read_bytes())


def test_every_link_leads_somewhere(site: Path) -> None:
    places = {path: {each.get("id") for each in page.iter() if each.get("id")} for path, page in pages(site)}
    broken = []
    for path, page in pages(site):
        for link in (each.get("href") for each in page.iter("a")):
            parts = urlsplit(link or "")
            if parts.scheme or parts.netloc or path.name in ("genindex.html", "search.html", "py-modindex.html"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists() or (parts.fragment and target in places and unquote(parts.fragment) not in places[target]):
                broken.append(f"{path.relative_to(site)}: {link}")
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    loaded = {each.get("src") or each.get("href") for _, page in pages(site) for each in page.iter("script", "img", "link")}
    assert [each for each in loaded if each and urlsplit(each).netloc] == []


@pytest.mark.parametrize("key", catalogue.names())
def test_every_requirement_has_its_place_in_three_languages(site: Path, key: str) -> None:
    profile = catalogue.load(key)
    page = lxml.html.fromstring((site / "reference" / "made" / f"{profile.name}.html").read_bytes())
    anchors = {each.get("id") for each in page.iter() if each.get("id")}
    assert {each.id.lower() for each in profile.requirements} <= anchors
    for language in ("pl", "lt"):
        said = [each.text_content() for each in page.iter("p") if each.get("lang") == language]
        assert said == [each.statement.in_language(language) for each in profile.requirements]
