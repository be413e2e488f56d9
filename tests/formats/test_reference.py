"""``docs/reference/`` says what the code does: members, exit codes, verdicts, formats, credentials, commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
import typer.main

import harness
from harness import formats
from harness.cli import app
from harness.participant import AUTH_HELP, parse_credential
from harness.profile import Basis, Translated
from harness.report import (
    EXIT_CODES,
    ClassResult,
    Evidence,
    Finding,
    ParticipantShown,
    ProfileUsed,
    Report,
    Verdict,
    VerdictName,
    encode_report,
)
from tests.formats.samples import faulty

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
COMMANDS = typer.main.get_command(app)


def page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    assert found, f"there is no section {heading}"
    return found[1]


def first_cells(text: str) -> list[str]:
    """The names in code spans in the first column of a section's tables."""
    return [name for row in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)]


@pytest.mark.parametrize(
    ("heading", "kinds"),
    [("Report", [Report]), ("Verdict", [Verdict]), ("Finding", [Finding]), ("Exchange", [Evidence])],
    ids=lambda value: str(value),
)
def test_every_member_of_the_report_is_described_and_no_other(heading: str, kinds: list[Any]) -> None:
    described = first_cells(section(page("report.md"), heading))
    assert sorted(described) == sorted(field.encode_name for kind in kinds for field in msgspec.structs.fields(kind))


@pytest.mark.parametrize("kind", [ParticipantShown, ProfileUsed, ClassResult, Basis, Translated])
def test_members_of_members_are_described(kind: Any) -> None:
    for field in msgspec.structs.fields(kind):
        assert f"`{field.encode_name}`" in page("report.md")


def test_the_example_of_reading_a_report_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("report.json").write_bytes(encode_report(faulty()))
    exec(re.findall(r"```python\n(.*?)```", page("report.md"), re.DOTALL)[0], {})
    assert capsys.readouterr().out.splitlines() == [
        f"GREE-A-{number} A greeting MUST be polite (GREE-A-{number}). (po polsku)" for number in ("010", "011")
    ]


def test_exit_codes_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| (\d) \| `?([\w-]+)`?", page("exit-codes.md"), re.MULTILINE)
    assert {outcome: int(code) for code, outcome in rows if outcome != "none"} == EXIT_CODES
    usage = next(int(code) for code, outcome in rows if outcome == "none")
    assert usage == harness.errors.UsageError.exit_code


def test_verdicts_and_outcomes_are_those_of_the_code() -> None:
    text = page("verdicts-and-classes.md")
    assert set(first_cells(section(text, "The verdict on one requirement"))) == set(get_args(VerdictName))
    assert set(first_cells(section(text, "The outcome"))) == set(EXIT_CODES)
    assert first_cells(section(text, "The three classes")) == list(harness.profile.CLASSES)


def test_formats_are_those_of_the_code() -> None:
    assert first_cells(page("formats.md").partition("## ")[0]) == list(formats.FORMATS)


def test_every_form_of_credential_is_described_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    described = first_cells(page("credentials.md"))
    assert {form.removesuffix("[:SCOPES]") for form in AUTH_HELP.split(", ")} == {form.removesuffix(":SCOPES") for form in described}
    monkeypatch.setenv("VARIABLE", "s3cret")
    (tmp_path / "PATH").write_text("s3cret\n")
    monkeypatch.chdir(tmp_path)
    for form in described:
        credential = parse_credential(form.replace("TOKEN_URL", "https://login.example.lt:8443/token").replace("SCOPES", "a,b"))
        assert credential.kind == form.partition(":")[0]
        assert credential.secret == ("" if credential.kind == "mtls" else "s3cret")
        assert credential.scopes in ("", "a b")
        assert "s3cret" not in repr(credential)


def commands(group: Any = COMMANDS, path: str = "govai") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


@pytest.mark.parametrize(("path", "command"), list(commands()), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_and_option_is_described_and_no_other(path: str, command: Any) -> None:
    described = [name.split()[0] for name in first_cells(section(page("command-line.md"), path))]
    options = [option for parameter in command.params for option in parameter.opts if option.startswith("--")]
    assert sorted(name for name in described if name.startswith("--")) == sorted(options)
    for parameter in command.params:
        if parameter.param_type_name == "option" and parameter.default not in (None, False, [], ()) and not parameter.required:
            option, default = parameter.opts[0], str(parameter.default).removesuffix(".0")
            assert re.search(rf"\| `{option}\b.*default: `?{re.escape(default)}", section(page("command-line.md"), path)), (option, default)


def test_no_command_is_described_that_does_not_exist() -> None:
    assert set(re.findall(r"^## (govai .+)$", page("command-line.md"), re.MULTILINE)) == {path for path, _ in commands()}


def examples() -> list[tuple[str, str]]:
    pages = sorted(REFERENCE.glob("*.md"))
    return [(each.name, line) for each in pages for line in re.findall(r"^    (govai .+)$", each.read_text(encoding="utf-8"), re.MULTILINE)]


@pytest.mark.parametrize(("name", "line"), [each for each in examples() if "[" not in each[1] and not re.search(r"\b[A-Z]{2,}$", each[1])])
def test_every_example_of_a_command_line_can_be_read(name: str, line: str) -> None:
    COMMANDS.make_context("govai", shlex.split(line)[1:], resilient_parsing=False)
    command, arguments = shlex.split(line)[1], shlex.split(line)[2:]
    COMMANDS.commands[command].make_context(command, arguments)  # type: ignore[attr-defined]


@pytest.mark.parametrize("each", sorted(REFERENCE.glob("*.md")), ids=lambda each: str(each.name))
def test_links_lead_to_pages_that_exist(each: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", each.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (each.parent / target).exists(), target
