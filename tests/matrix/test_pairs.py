"""Pairs: a consumer and a provider work together where what the one uses is what the other serves, whatever else either of them does."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

from harness.errors import UsageError
from harness.matrix.pairs import Pair, pair
from harness.matrix.terminal import show
from harness.profile import LANGUAGES
from harness.report import ParticipantShown, ProfileUsed, Report, UseMade, UseShown, Verdict, VerdictName, encode_report
from tests.formats.samples import HOSTILE, report, verdict

PROFILE = "greeting/1"
GOVAI = Path(sys.executable).with_name("govai")


def made(operation: str, *parts: str, made: int = 1, served: int | None = None) -> UseMade:
    return UseMade(PROFILE, operation, list(parts), made, made if served is None else served)


def consumer(*verdicts: Verdict, uses: Sequence[UseMade], name: str = "Client of Warsaw", **others: Any) -> Report:
    own = [msgspec.structs.replace(each, side="consumer") for each in verdicts]
    return report(*own, participant=ParticipantShown(name, None, "pl", "consumer"), uses=list(uses), **others)


def provider(*verdicts: Verdict, uses: Sequence[UseMade], **others: Any) -> Report:
    return report(*verdicts, uses=list(uses), **others)


def violated(*parts: str, operation: str = "greet", name: VerdictName = "failed", **others: Any) -> Verdict:
    return verdict("GRTG-TXT-001", name, violated_by=[UseShown(PROFILE, operation, list(parts))], **others)


def kinds(result: Pair) -> list[str]:
    return [each.kind for each in result.reasons]


PLAIN, FORMAL = made("greet", "name"), made("greet", "name", "formal=true")


def test_they_work_where_everything_used_is_served() -> None:
    result = pair(consumer(uses=[PLAIN]), provider(verdict("GRTG-TXT-001", "passed"), uses=[PLAIN, FORMAL]), "greeting")
    assert (result.state, result.weaker, result.reasons, result.exit_code) == ("works", None, [], 0)


def test_a_violation_concerns_who_uses_what_shows_it() -> None:
    of_formal = provider(violated("name", "formal=true"), uses=[PLAIN, FORMAL])
    concerned = pair(consumer(uses=[FORMAL]), of_formal, "greeting")
    assert (concerned.state, concerned.weaker, concerned.exit_code) == ("fails", "provider", 1)
    assert concerned.deciding[0].requirement == "GRTG-TXT-001"
    unconcerned = pair(consumer(uses=[PLAIN]), of_formal, "greeting")
    assert (unconcerned.state, kinds(unconcerned)) == ("works", ["elsewhere"])


def test_what_shows_itself_in_no_single_use_concerns_everybody() -> None:
    everywhere = verdict("GRTG-TXT-001", "failed", violated_by=[UseShown("*", "*", [])])
    assert pair(consumer(uses=[PLAIN]), provider(everywhere, uses=[PLAIN]), "greeting").state == "fails"


@pytest.mark.parametrize("class_", ["base", "government"])
def test_a_violation_counts_in_its_class_and_those_above(class_: Any) -> None:
    at_fault = provider(violated("name", class_="government"), uses=[PLAIN])
    assert pair(consumer(uses=[PLAIN]), at_fault, "greeting", class_).state == ("works" if class_ == "base" else "fails")


def test_recommendations_and_duties_to_come_are_told_without_weight() -> None:
    recommended = provider(violated("name", name="warning", level="SHOULD"), uses=[PLAIN])
    assert pair(consumer(uses=[PLAIN]), recommended, "greeting").reasons == []
    to_come = provider(violated("name", name="warning"), uses=[PLAIN])
    result = pair(consumer(uses=[PLAIN]), to_come, "greeting")
    assert (result.state, kinds(result)) == ("works", ["warning"])


def test_a_fault_of_the_consumer_lies_with_the_consumer() -> None:
    result = pair(consumer(violated("name"), uses=[PLAIN]), provider(uses=[PLAIN]), "greeting")
    assert (result.state, result.weaker, result.deciding[0].side) == ("fails", "consumer", "consumer")


@pytest.mark.parametrize(
    ("offered", "kind", "use"),
    [
        pytest.param([], "never-asked", [], id="operation never asked for"),
        pytest.param([made("greet", "name", served=0)], "refused", [], id="operation refused"),
        pytest.param([PLAIN], "never-asked", ["formal=true"], id="part never asked for"),
        pytest.param([PLAIN, made("greet", "name", "formal=true", served=0)], "refused", ["formal=true"], id="part refused"),
        pytest.param(
            [PLAIN, made("greet", "name", "formal=true", "slang=true", served=0)],
            "never-asked",
            ["formal=true"],
            id="refused for what else?",
        ),
        pytest.param([PLAIN, made("greet", "name", "formal=true", "(invalid)", served=0)], "never-asked", ["formal=true"], id="invalid"),
    ],
)
def test_what_the_provider_does_not_serve(offered: list[UseMade], kind: str, use: list[str]) -> None:
    result = pair(consumer(uses=[FORMAL]), provider(uses=offered), "greeting")
    assert [(each.kind, each.use and each.use.parts) for each in result.reasons] == [(kind, use)]
    assert result.state == ("fails" if kind == "refused" else "unknown")


def test_of_what_lies_within_another_part_the_outer_one_is_told() -> None:
    asked = made("greet", "name", "name.given", "name.titles[]", "names", "name{}")
    result = pair(consumer(uses=[asked]), provider(uses=[made("greet")]), "greeting")
    assert [each.use and each.use.parts for each in result.reasons] == [["name"], ["names"], ["name{}"]]


def test_a_header_field_is_nothing_that_a_provider_has_to_serve() -> None:
    result = pair(consumer(uses=[made("greet", "name", "Accept-Language:")]), provider(uses=[PLAIN]), "greeting")
    assert result.state == "works"


def test_a_language_served_in_one_operation_is_served_in_another() -> None:
    polish, uses = made("greet", "language=pl"), [made("greet", "language=lt"), made("take-leave", "language=pl")]
    assert pair(consumer(uses=[polish]), provider(uses=uses), "greeting").state == "works"
    uses.append(made("greet", "language=pl", served=0))
    assert pair(consumer(uses=[polish]), provider(uses=uses), "greeting").state == "fails"


def test_what_the_consumer_was_never_served_is_no_use_of_its() -> None:
    asked = [PLAIN, made("greet", "name", "formal=true", served=0)]
    assert pair(consumer(uses=asked), provider(uses=[PLAIN]), "greeting").state == "works"


@pytest.mark.parametrize("name", ["not-tested", "needs-review", "harness-error"])
def test_what_is_not_decided_is_not_passed(name: Any) -> None:
    undecided = verdict("GRTG-TXT-001", name, cause="the budget was spent")
    for reports in (
        (consumer(undecided, uses=[PLAIN]), provider(uses=[PLAIN])),
        (consumer(uses=[PLAIN]), provider(undecided, uses=[PLAIN])),
    ):
        result = pair(*reports, "greeting")
        assert (result.state, result.exit_code, result.deciding[0].message) == ("unknown", 5, "the budget was spent")


def test_reports_of_different_editions_are_not_compared() -> None:
    older = consumer(uses=[PLAIN], profiles=[ProfileUsed("greeting", 1, "0.9.0", "Greeting", "sha256:9999", 4)])
    result = pair(older, provider(violated("name"), uses=[PLAIN]), "greeting")
    assert (result.state, kinds(result)) == ("unknown", ["other-edition"])


def test_a_report_on_nobody_says_nothing() -> None:
    result = pair(consumer(uses=[], outcome="unreachable"), provider(uses=[PLAIN]), "greeting")
    assert (result.state, [each.side for each in result.reasons]) == ("unknown", ["consumer"])


def test_reports_have_to_be_of_the_right_sides_and_of_the_profile() -> None:
    with pytest.raises(UsageError, match="is on a provider, where that on a consumer"):
        pair(provider(uses=[]), provider(uses=[]), "greeting")
    with pytest.raises(UsageError, match="does not speak of translation, but of greeting/1"):
        pair(consumer(uses=[]), provider(uses=[]), "translation")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_is_told_in_every_language(language: str) -> None:
    told = provider(
        violated("name"),
        verdict("GRTG-TXT-002", "not-tested", cause="no time"),
        violated("name", "formal=true"),
        verdict("GRTG-TXT-004", "passed-with-adapter", cause="through greeting-errors"),
        uses=[PLAIN, made("take-leave", "name", served=0)],
    )
    result = pair(consumer(uses=[PLAIN, made("take-leave", "name")], name=HOSTILE), told, "greeting")
    assert {*kinds(result)} == {"violated", "undecided", "elsewhere", "adapter", "refused"}
    output = io.StringIO()
    show(result, (), Console(file=output, width=400), language)
    said = output.getvalue()
    for word in ("GRTG-TXT-001", "greet name", "take-leave"):
        assert word in said
    assert not {"\x1b", "\u202e"} & set(said)


def test_the_command_says_it_and_ends_with_it(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(encode_report(consumer(uses=[FORMAL])))
    (tmp_path / "b.json").write_bytes(encode_report(provider(violated("name", "formal=true"), uses=[FORMAL])))

    def check(*options: str) -> subprocess.CompletedProcess[str]:
        words = ["matrix", "check", "--consumer", "a.json", "--provider", "b.json", "--profile", "greeting", *options]
        return subprocess.run(
            [GOVAI, *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    failed = check()
    assert failed.returncode == 1
    assert failed.stdout.startswith("✗ No: Client of Warsaw cannot use Greeter of the Ministry")
    assert "The weaker side is the provider." in " ".join(failed.stdout.split())
    assert json.loads(check("--json").stdout)["state"] == "fails"
    assert check("--class", "base").returncode == 0
    missing = check("--consumer", "c.json")
    assert (missing.returncode, "c.json cannot be read: No such file or directory" in missing.stderr) == (2, True)
