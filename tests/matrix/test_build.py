"""The matrix site: what it is made of, what it says, and that nothing gets lost, run or overwritten."""

from __future__ import annotations

import csv
import html.parser
import io
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import jsonschema_rs
import pytest

from harness.errors import UsageError
from harness.formats.wording import catalogue
from harness.matrix import data
from harness.matrix.addresses import participant_id, requirement_slug, slug
from harness.matrix.build import Built, build
from harness.matrix.collation import order
from harness.matrix.pairs import pair
from harness.profile import CLASSES, LANGUAGES
from harness.report import REFUSALS, encode_report
from tests.formats.samples import HOSTILE
from tests.matrix.samples import PROFILE, REFUSED, UNTESTED, few, harmful, on, written

GOVAI = Path(sys.executable).with_name("govai")
VOID = {"meta", "link", "br", "img"}


class Page(html.parser.HTMLParser):
    """A page as a browser would see it: elements, links, ids, scripts, text."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.text = ""
        self.lang: str | None = None
        self.open: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        assert self.open == [], "every element is closed"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attributes]
        given = dict(attributes)
        if tag == "html":
            self.lang = given["lang"]
        self.links += [str(given[name]) for name in ("href", "src") if given.get(name)]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def pages(site: Path) -> dict[str, Page]:
    return {str(path.relative_to(site)): Page(path) for language in LANGUAGES for path in (site / language).rglob("*.html")}


def matrix_of(site: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((site / "matrix.json").read_bytes())
    return loaded


def built(reports: Any, tmp_path: Path, **options: Any) -> tuple[Path, Built]:
    folder = written(reports, tmp_path / "reports")
    return tmp_path / "site", build([str(folder)], tmp_path / "site", **options)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(few(), tmp_path_factory.mktemp("few"))[0]


def test_the_matrix_says_of_each_pair_what_two_reports_say(site: Path) -> None:
    reports = few()
    made = matrix_of(site)
    assert len(made["pairs"]) == 6
    names = {each["id"]: each["name"] for each in made["participants"]}
    newest = {each.participant.name: each for key, each in reports.items() if key not in ("good-before", "good-at-first")}
    for each in made["pairs"]:
        consumer, provider = newest[names[each["consumer"]]], newest[names[each["provider"]]]
        for name in CLASSES:
            judged = pair(consumer, provider, PROFILE, name)
            assert each["states"][name][""] == judged.state
        judged = pair(consumer, provider, PROFILE)
        assert (each["state"], each["weaker"]) == (judged.state, judged.weaker)
    assert {(names[each["provider"]], each["state"]) for each in made["pairs"]} == {
        ("Šiaulių paslauga", "works"),
        ("Zła usługa", "fails"),
        ("Żadna usługa", "unknown"),
    }


def test_a_layer_is_judged_by_its_own_requirements(site: Path) -> None:
    states = next(each["states"] for each in matrix_of(site)["pairs"] if "none-" in each["provider"])
    assert states["high-risk"] == {"": "fails", "legal": "fails", "organisational": "works", "semantic": "unknown", "technical": "works"}


def test_json_is_valid_by_its_schema_and_beside_it_stand_csv_and_markdown(site: Path) -> None:
    schema = json.loads((site / "matrix.schema.json").read_bytes())
    assert schema == json.loads(json.dumps(data.schema()))
    jsonschema_rs.validator_for(schema).validate(matrix_of(site))
    rows = list(csv.DictReader(io.StringIO((site / "matrix.csv").read_text(encoding="utf-8-sig"))))
    assert [(each["consumer"], each["provider"], each["state"]) for each in rows][:1] == [
        ("client.example.lt", "Šiaulių paslauga", "works")
    ]
    assert "✗ does not work" in (site / "matrix.md").read_text(encoding="utf-8")


def test_every_link_leads_somewhere_and_every_page_is_in_its_language(site: Path) -> None:
    found = pages(site)
    assert len(found) == 3 * 19
    for name, page in found.items():
        assert page.lang == name[:2]
        for link in page.links:
            parts = urlsplit(link)
            if link.startswith("#"):
                assert f'id="{link[1:]}"' in (site / name).read_text(encoding="utf-8")
            elif not parts.scheme:
                assert (site / Path(name).parent / unquote(parts.path)).is_file(), f"{name}: {link}"
            else:
                assert parts.scheme in ("http", "https", "data")


def test_every_page_is_in_the_sitemap(site: Path) -> None:
    listed = (site / "sitemap.txt").read_text(encoding="utf-8").split()
    assert listed == sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))


def test_a_page_has_no_word_of_another_language(site: Path) -> None:
    for name, own, others in (
        ("en/index.html", "does not work", ("nie działa", "neveikia", "Powitanie")),
        ("pl/index.html", "nie działa", ("does not work", "neveikia", "Greeting")),
        ("lt/index.html", "neveikia", ("does not work", "nie działa", "Greeting")),
    ):
        text = Page(site / name).text
        assert own in text
        assert not [each for each in others if each in text]


CHECKLIST = [
    "1. General information",
    *("Union entity or public sector body providing the report, and other relevant information", "Initiative, project or action concerned"),
    "2. Requirements",
    *("Trans-European digital public services concerned", "Binding requirements assessed", "Public and private stakeholders affected"),
    "Identified effects on cross-border interoperability",
    "3. Results",
    "Interoperable Europe solutions identified for use",
    "Other relevant interoperability solutions, including machine-to-machine interfaces",
    "Remaining barriers to cross-border interoperability",
]
"""The Annex of Regulation (EU) 2024/903."""


def test_the_assessment_follows_the_annex(site: Path) -> None:
    headings = {
        language: re.findall("<(h[23])[^>]*>(.*?)</", (site / language / "assessment.html").read_text(encoding="utf-8"))
        for language in LANGUAGES
    }
    assert [text for _, text in headings["en"]] == CHECKLIST
    assert [tag for tag, _ in headings["pl"]] == [tag for tag, _ in headings["lt"]] == [tag for tag, _ in headings["en"]]


@pytest.mark.parametrize(
    ("own", "said"),
    [
        (["client-pl", "good"], ["The tests found no barrier"]),
        (["client-pl", "open-lt"], ["The tests found no barrier", "1 cross-border pair is not decided. Further barriers are possible."]),
        (["client-lt", "good"], ["No pair crosses a border."]),
        (["client-lt", "bad"], ["Each of these stands between"]),
    ],
)
def test_what_was_not_decided_is_never_said_to_be_free_of_barriers(tmp_path: Path, own: list[str], said: list[str]) -> None:
    reports = few() | {"open-lt": on("provider", "open.example.lt", "lt", UNTESTED)}
    site, _ = built({name: reports[name] for name in own}, tmp_path)
    barriers = Page(site / "en/assessment.html").text.rpartition(CHECKLIST[-1])[2]
    told = ["The tests found no barrier", "is not decided. Further", "No pair crosses a border.", "Each of these stands between"]
    assert [each for each in told if each in barriers] == [each for each in told if any(each in sentence for sentence in said)]


def test_names_stand_in_the_order_of_the_language() -> None:
    polish = ["Zła", "Żadna", "Łódź", "Lublin", "ćma", "cud", "Ćwik", "Agencja 10", "agencja 9"]
    assert sorted(polish, key=lambda name: order(name, "pl")) == [
        *("agencja 9", "Agencja 10", "cud", "ćma", "Ćwik", "Lublin", "Łódź", "Zła", "Żadna"),
    ]
    lithuanian = ["Šiauliai", "Sudargas", "Ylakiai", "Jonava", "Iki", "Čekiškė", "Cirkliškis", "Žagarė", "Zarasai", "Įmonė"]
    assert sorted(lithuanian, key=lambda name: order(name, "lt")) == [
        *("Cirkliškis", "Čekiškė", "Iki", "Ylakiai", "Įmonė", "Jonava", "Sudargas", "Šiauliai", "Zarasai", "Žagarė"),
    ]


def test_the_newest_report_counts_and_the_others_are_its_history(site: Path) -> None:
    made = matrix_of(site)
    row = next(each for each in made["rows"] if each["participant"].startswith("provider/lt-"))
    assert [each["file"] for each in row["reports"]] == ["reports/good.json", "reports/good-before.json", "reports/good-at-first.json"]
    page = (site / "en" / f"{row['participant']}.html").read_text(encoding="utf-8")
    assert page.count("<time") == 3
    assert "<svg" in page


def test_nothing_that_cannot_be_read_is_lost(tmp_path: Path) -> None:
    folder = written(few(), tmp_path / "reports")
    whole = encode_report(few()["bad"])
    (folder / "cut.json").write_bytes(whole[:-400])
    (folder / "newer.json").write_bytes(whole.replace(b"govai-report/1", b"govai-report/9"))
    (folder / "again.json").write_bytes(whole)
    (folder / "package.json").write_text('{"name": "x"}')
    (folder / "notes.txt").write_text("not looked at")
    os.mkfifo(folder / "pipe.json")
    done = build([str(folder)], tmp_path / "site")
    assert done.files == {"counts": 6, "history": 2, "duplicate": 1, "refused": 2}
    assert done.passed_over == 2
    text = Page(tmp_path / "site/en/input.html").text
    for name in ("cut.json", "newer.json", "again.json"):
        assert f"reports/{name}" in text
    assert {each["file"] for each in matrix_of(tmp_path / "site")["files"] if each["standing"] == "refused"} == {
        "reports/cut.json",
        "reports/newer.json",
    }


@pytest.mark.parametrize("kind", REFUSED)
def test_why_a_file_is_refused_is_said_in_the_language_of_the_page(tmp_path: Path, kind: str) -> None:
    folder = written({"good": few()["good"]}, tmp_path / "reports")
    (folder / "refused.json").write_bytes(REFUSED[kind])
    build([str(folder)], tmp_path / "site")
    about = next(each["about"] for each in matrix_of(tmp_path / "site")["files"] if each["standing"] == "refused")
    assert about.startswith(REFUSALS[kind].partition("{")[0])
    for language in LANGUAGES:
        path = tmp_path / "site" / language / "input.html"
        page = Page(path)
        sentence = catalogue()["refusal"][kind][language]
        assert [each for each in re.split(r"\{\w+\}", sentence) if each not in page.text] == []
        assert len(path.read_bytes()) < 20_000, "what stands in it is shortened"
        assert '<span class="cause" lang="en">' not in path.read_text(encoding="utf-8")
        assert not {"b", "img", "script"} & set(page.tags)
        assert not re.search("[\u202e\x1b\x00\x85\uffff]", page.text)


def test_a_site_built_again_writes_only_what_changed(tmp_path: Path) -> None:
    site, first = built(few(), tmp_path)
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*") if path.is_file() and ".cache" not in path.parts}
    _, again = built(few(), tmp_path)
    assert (again.written, again.removed, again.unchanged) == (0, 0, first.written)
    written({"new": on("consumer", "new.example.lt", "lt", day=30)}, tmp_path / "reports")
    _, grown = built(few(), tmp_path)
    assert 0 < grown.written < first.written
    untouched = [path for path, when in before.items() if path.stat().st_mtime_ns == when]
    assert len([path for path in untouched if "pair/greeting-1/lt-client.example.lt" in str(path)]) == 12
    (tmp_path / "reports/new.json").unlink()
    _, shrunk = built(few(), tmp_path)
    assert shrunk.removed > 5
    assert {path for path in site.rglob("*") if path.is_file() and ".cache" not in path.parts} == set(before)


def test_what_it_says_does_not_hang_on_the_cache(tmp_path: Path) -> None:
    site, _ = built(few(), tmp_path)
    (tmp_path / "reports/good.json").unlink()
    reports = {name: each for name, each in few().items() if name != "good"}
    built(reports, tmp_path)
    other = tmp_path / "other"
    build([str(tmp_path / "reports")], other)
    names = {path.relative_to(site) for path in site.rglob("*") if path.is_file() and ".cache" not in path.parts}
    assert names == {path.relative_to(other) for path in other.rglob("*") if path.is_file() and ".cache" not in path.parts}
    assert [name for name in names if (site / name).read_bytes() != (other / name).read_bytes()] == []


def test_a_page_that_somebody_changed_is_made_anew(tmp_path: Path) -> None:
    site, _ = built(few(), tmp_path)
    before = (site / "en/index.html").read_bytes()
    (site / "en/index.html").write_bytes(b"defaced")
    assert built(few(), tmp_path)[1].written == 1
    assert (site / "en/index.html").read_bytes() == before


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    folder = written(few(), tmp_path / "reports")
    with pytest.raises(UsageError, match="no matrix site"):
        build([str(folder)], folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{name}.json" for name in few())


def test_only_own_files_are_removed(tmp_path: Path) -> None:
    site, _ = built(few(), tmp_path)
    (site / "CNAME").write_text("matrix.example.lt")
    outside = tmp_path / "outside.html"
    outside.write_text("precious")
    pages_file = site / ".cache/pages.json"
    listed = json.loads(pages_file.read_bytes())
    listed["../outside.html"] = listed[str(outside)] = {"key": "x", "size": 1, "changed": 1}
    pages_file.write_text(json.dumps(listed))
    built(few(), tmp_path)
    assert outside.read_text() == "precious"
    assert (site / "CNAME").exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_others_wrote_is_shown_and_runs_nothing(tmp_path: Path, language: str) -> None:
    site, _ = built(harmful(), tmp_path)
    assert not (tmp_path / "etc").exists()
    for path in site.rglob("*"):
        assert re.fullmatch(r"[A-Za-z0-9./-]+", path.relative_to(site).as_posix())
    for name, page in pages(site).items():
        if name.startswith(language):
            scripts = 2 if name.endswith("/index.html") and name.count("/") == 1 else 0
            assert page.tags.count("script") == scripts, name
            assert page.tags.count("img") == sum(link.endswith(".svg") for link in page.links)
            assert not [each for each in page.attributes if each.startswith("on")]
            assert not [link for link in page.links if link.lower().startswith("javascript")]
            assert not re.search("[\u202e\x1b\x00\x85\uffff]", page.text)
    index = Page(site / language / "index.html").text
    assert "</script><script>alert(1)</script><img src=x onerror=alert(1)>" in index
    for svg in site.rglob("*.svg"):
        assert {each.tag.rpartition("}")[2] for each in ET.parse(svg).iter()} <= {"svg", "title", "rect", "text"}
    rows = csv.reader(io.StringIO((site / "matrix.csv").read_text(encoding="utf-8-sig")))
    assert not [cell for row in rows for cell in row if cell[:1] in "=+-@" and cell]
    assert "<script" not in (site / "matrix.md").read_text(encoding="utf-8")


def test_an_address_follows_from_a_name_alone() -> None:
    assert slug("translate.example.lt") == "translate.example.lt"
    assert slug("Łódź") != slug("Lodz") != slug("lodz")
    assert slug("Łódź").startswith("lodz-")
    assert slug(slug("Łódź")) != slug("Łódź"), "nobody takes another's address"
    for name in ("..", "../x", "", "a/b", "a\\b", "CON", HOSTILE, "x" * 500, "\ud800"):
        for made in (slug(name), participant_id("provider", name, name).partition("/")[2], requirement_slug(name)):
            assert re.fullmatch(r"[a-z0-9]+([.-][a-z0-9]+)*", made), name
            assert len(made) < 80


def test_files_folders_and_patterns(tmp_path: Path) -> None:
    folder = written(few(), tmp_path / "reports")
    (tmp_path / "other.json").write_text("{}")
    by_pattern = build([f"{tmp_path}/**/*.json"], tmp_path / "site-1")
    assert (by_pattern.files["counts"], by_pattern.passed_over) == (6, 1)
    by_file = build([str(folder / "bad.json"), str(tmp_path / "other.json"), str(folder)], tmp_path / "site-2")
    assert (by_file.files["counts"], by_file.files["refused"]) == (6, 1)
    with pytest.raises(UsageError, match="names no file"):
        build([str(tmp_path / "nothing")], tmp_path / "site-3")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no report"):
        build([str(tmp_path / "empty")], tmp_path / "site-3")


def govai(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([GOVAI, "matrix", "build", *map(str, arguments)], capture_output=True, text=True, check=False)


def test_the_command_says_what_it_did(tmp_path: Path) -> None:
    folder = written(few(), tmp_path / "reports")
    (folder / "cut.json").write_bytes(encode_report(few()["bad"])[:-400])
    done = govai(folder, "--out", tmp_path / "site", "--lang", "lt", "--class", "base", "--title", "Matrica [b]<i>")
    assert done.returncode == 0, done.stderr
    assert "1 refused" in done.stdout
    assert 'lang="lt"' in (tmp_path / "site/index.html").read_text(encoding="utf-8")
    assert "Matrica [b]&lt;i&gt;" in (tmp_path / "site/pl/index.html").read_text(encoding="utf-8")
    assert matrix_of(tmp_path / "site")["class"] == "base"


@pytest.mark.parametrize("arguments", [("--class", "best"), ("--lang", "de"), ("--out", "/proc/none")])
def test_a_wrong_argument_gets_a_sentence(tmp_path: Path, arguments: tuple[str, str]) -> None:
    done = govai(written(few(), tmp_path / "reports"), "--out", tmp_path / "site", *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
