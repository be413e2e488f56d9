"""What changed from one report to the next, and what a build fails for."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from harness.difference import Apart, Change, Compared, Difference, Kind, difference
from harness.expected import Entry, applied
from harness.profile import ConformanceClass
from harness.report import SHOWN, Finding, ParticipantShown, ProfileUsed, Report, Verdict, VerdictName, encode_report
from tests.formats.samples import STARTED, faulty, fine, report, unreachable, verdict

GOVAI = Path(sys.executable).with_name("govai")
VERDICTS = get_args(VerdictName)


def of(name: VerdictName, class_: ConformanceClass = "government", *messages: str, **others: Any) -> Verdict:
    given = {"findings": [Finding(each) for each in messages]} if messages else {}
    return verdict("GREE-A-001", name, class_, **given, **others)


def compared(before: Verdict, after: Verdict, **options: Any) -> Difference:
    return difference(report(before), report(after), **options)


def only(found: Difference) -> Change:
    (change,) = found.changes
    return change


@pytest.mark.parametrize(
    ("before", "after", "kind", "regression"),
    [
        ("passed", "failed", "worse", True),
        ("passed-with-adapter", "failed", "worse", True),
        ("not-applicable", "failed", "worse", True),
        ("warning", "failed", "worse", True),
        ("passed", "warning", "worse", False),
        ("passed", "passed-with-adapter", "worse", False),
        ("passed", "not-tested", "undecided", True),
        ("passed", "needs-review", "undecided", True),
        ("passed", "harness-error", "undecided", True),
        ("failed", "not-tested", "undecided", False),
        ("not-applicable", "not-tested", "undecided", False),
        ("not-tested", "failed", "found", False),
        ("needs-review", "failed", "found", False),
        ("harness-error", "warning", "found", False),
        ("failed", "passed", "better", False),
        ("failed", "warning", "better", False),
        ("not-tested", "passed", "better", False),
        ("passed-with-adapter", "passed", "better", False),
        ("not-applicable", "passed", "better", False),
        ("passed", "not-applicable", "inapplicable", False),
        ("failed", "not-applicable", "inapplicable", False),
    ],
)
def test_what_became_of_a_requirement(before: VerdictName, after: VerdictName, kind: str, regression: bool) -> None:
    change = only(compared(of(before), of(after)))
    assert (change.kind, change.regression, change.before, change.after) == (kind, regression, before, after)


@pytest.mark.parametrize("name", VERDICTS)
def test_what_is_as_it_was_is_no_change(name: VerdictName) -> None:
    assert compared(of(name), of(name)).changes == []
    assert compared(of(name), of(name)).unchanged == 1


@pytest.mark.parametrize("before", ["not-tested", "needs-review", "harness-error"])
@pytest.mark.parametrize("after", ["not-tested", "needs-review", "harness-error"])
def test_nothing_is_known_then_or_now(before: VerdictName, after: VerdictName) -> None:
    assert compared(of(before), of(after)).changes == []


def test_only_what_decides_is_a_regression() -> None:
    for after in (of("failed", "high-risk"), of("failed", level="SHOULD"), of("not-tested", decidable=False)):
        change = only(compared(of("passed"), after))
        assert (change.decides, change.regression) == (False, False)


def test_the_class_that_decides_now_is_the_one_that_counts() -> None:
    old, new = report(of("passed", "high-risk")), report(of("failed", "high-risk"), decided_by="high-risk")
    found = difference(old, new)
    assert (found.apart, found.regressions) == (["class"], ["GREE-A-001"])


def test_what_is_undecided_now_may_be_allowed() -> None:
    assert compared(of("passed"), of("not-tested"), allow_incomplete=True).regressions == []
    assert compared(of("passed"), of("failed"), allow_incomplete=True).regressions == ["GREE-A-001"]


def test_a_run_that_reached_nobody_is_worse_than_one_that_did() -> None:
    untested = [of("not-tested", cause="no answer")]
    found = difference(report(of("passed")), report(*untested, outcome="unreachable"))
    assert (found.after.outcome, found.regressions) == ("unreachable", ["GREE-A-001"])


def test_another_finding_of_what_failed_before_is_a_regression() -> None:
    change = only(compared(of("failed", "government", "no name"), of("failed", "government", "no name", "no tea")))
    assert (change.kind, change.regression, change.new, change.gone) == ("findings", True, ["no tea"], [])
    change = only(compared(of("failed", "government", "no name", "no tea"), of("failed", "government", "no name")))
    assert (change.kind, change.regression, change.new, change.gone) == ("findings", False, [], ["no tea"])


@pytest.mark.parametrize(("before", "after"), [("11 of 20 greetings", "9 of 20 greetings"), ("“Ona” is missing", "“Jonas” is missing")])
def test_values_in_a_message_make_no_other_finding(before: str, after: str) -> None:
    assert compared(of("failed", "government", before), of("failed", "government", after)).changes == []


def test_a_list_that_may_be_cut_proves_nothing_of_what_is_not_in_it() -> None:
    many = [f"no {letter}" for letter in "abcdefg"[:SHOWN]]
    assert compared(of("failed", "government", *many), of("failed", "government", *many[1:], "no tea")).changes == []
    assert compared(of("failed", "government", "no name"), of("failed", "government", *many)).changes[0].gone == []


def test_what_is_known_is_no_regression() -> None:
    entry = Entry("GREE-A-001", "the gateway is replaced", "integration team", datetime.date(2027, 3, 31))
    change = only(difference(report(of("passed")), applied(report(of("failed")), [entry])))
    assert (change.kind, change.regression) == ("worse", False)
    assert change.known is not None
    assert change.known.owner == "integration team"
    one = Entry("GREE-A-001", "the gateway is replaced", "integration team", datetime.date(2027, 3, 31), "no name")
    again = applied(report(of("failed", "government", "no name", "no tea")), [one])
    assert difference(report(of("failed", "government", "no name")), again).regressions == ["GREE-A-001"]


def test_requirements_that_are_new_or_gone_are_no_regressions() -> None:
    old = report(of("passed"), verdict("GREE-A-002", "passed"))
    new = report(of("passed"), verdict("GREE-A-003", "failed"))
    found = difference(old, new)
    assert [(each.requirement, each.kind) for each in found.changes] == [("GREE-A-003", "added"), ("GREE-A-002", "removed")]
    assert (found.regressions, found.unchanged) == ([], 1)


def test_another_edition_of_a_profile_is_named() -> None:
    def profile(digest: str, name: str = "greeting") -> ProfileUsed:
        return ProfileUsed(name, 1, "1.0.0", name, digest, 4)

    found = difference(report(profiles=[profile("a"), profile("a", "core")]), report(profiles=[profile("b"), profile("a", "core")]))
    assert [(each.before, each.after) for each in found.profiles] == [(profile("a"), profile("b"))]
    assert found.apart == []
    found = difference(report(profiles=[profile("a")]), report(profiles=[profile("a", "core")]))
    assert [(each.before, each.after) for each in found.profiles] == [(profile("a"), None), (None, profile("a", "core"))]
    assert found.apart == ["profiles"]


def test_what_makes_two_reports_hard_to_compare_is_named() -> None:
    other = report(participant=ParticipantShown("Another", None, "pl", "consumer"), started=STARTED - datetime.timedelta(days=1))
    assert difference(fine(), other).apart == ["name", "side", "order"]


def test_what_is_translated_stays_so() -> None:
    found = difference(fine(), faulty())
    assert found.said("the name is missing", "lt") == "trūksta vardo"
    assert set(found.translations) == {"the name is missing", "the request budget was spent"}


def diff(*words: str | Path, old: Report | None = None, new: Report | None = None, folder: Path) -> subprocess.CompletedProcess[str]:
    """``govai diff`` as a process."""
    files: Sequence[Path] = [folder / "old.json", folder / "new.json"]
    for path, each in zip(files, (old, new), strict=True):
        if each is not None:
            path.write_bytes(encode_report(each))
    return subprocess.run([GOVAI, "diff", *files, *words], capture_output=True, text=True, timeout=60, check=False)


WORSE, SAME = report(of("failed")), report(of("passed"))


@pytest.mark.parametrize(
    ("old", "new", "words", "code"),
    [(SAME, WORSE, [], 1), (WORSE, SAME, [], 0), (SAME, report(of("not-tested")), [], 1), (SAME, unreachable(), ["--allow-incomplete"], 0)],
)
def test_the_exit_code_is_1_for_regressions_alone(old: Report, new: Report, words: list[str], code: int, tmp_path: Path) -> None:
    done = diff(*words, old=old, new=new, folder=tmp_path)
    assert (done.returncode, done.stderr) == (code, "")


def test_json_says_it_all(tmp_path: Path) -> None:
    told = json.loads(diff("--json", old=SAME, new=WORSE, folder=tmp_path).stdout)
    assert told["regressions"] == ["GREE-A-001"]
    assert (told["changes"][0]["before"], told["changes"][0]["after"]) == ("passed", "failed")
    assert msgspec.convert({name: value for name, value in told.items() if name != "regressions"}, Difference) == difference(SAME, WORSE)


@pytest.mark.parametrize("kind", [Difference, Change, Compared])
def test_every_member_is_described(kind: Any) -> None:
    page = (Path(__file__).parents[1] / "docs" / "how-to" / "diff.md").read_text(encoding="utf-8")
    assert [each for each in (*kind.__struct_fields__, *get_args(Kind), *get_args(Apart)) if f"`{each}`" not in page] == []


def test_markdown_is_written_beside_the_summary(tmp_path: Path) -> None:
    done = diff("--to", "markdown", "--out", tmp_path / "made" / "comment.md", "--lang", "pl", old=SAME, new=WORSE, folder=tmp_path)
    assert done.returncode == 1
    assert done.stdout.startswith("✗ Jedno pogorszenie: GREE-A-001.")
    assert (
        (tmp_path / "made" / "comment.md").read_text(encoding="utf-8").startswith("## ✗ Greeter of the Ministry: Jedno pogorszenie: GREE")
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--json", "--to", "markdown"], "--json and --to markdown: choose one of them."),
        (["--out", "x.md"], "--out x.md: say what to write, --to markdown or --json."),
        (["--to", "pdf"], "--to pdf: choose one of markdown."),
        (["--to", "markdown", "--out", "/dev/null/x"], "The markdown report cannot be written to /dev/null/x"),
        ([], "new.json cannot be read: No such file or directory."),
    ],
)
def test_wrong_usage_is_one_sentence(words: list[str], said: str, tmp_path: Path) -> None:
    done = diff(*words, old=SAME, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
