"""The Containerfile: what it says, and, with ``tox -e container``, what its steps make in a folder of their own, where no engine is at hand.

What the steps copy is all there is, and the environment that they name the whole environment. Tests that run
as root become the container's user for it, where others may run this Python.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest
import typer.main

from harness.cli import app

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "how-to" / "container.md"
NAMED = {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "HEALTHCHECK", "ENTRYPOINT", "CMD"}


class Statement(NamedTuple):
    """An instruction of the Containerfile and what follows it."""

    instruction: str
    text: str

    @property
    def words(self) -> list[str]:
        """The JSON array of a command."""
        return list(json.loads(self.text[self.text.index("[") :]))


def statements() -> list[Statement]:
    lines = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    return [Statement(*line.split(maxsplit=1)) for line in lines if line and not line.startswith("#")]


def last_stage() -> list[Statement]:
    said = statements()
    return said[max(number for number, each in enumerate(said) if each.instruction == "FROM") :]


def only(instruction: str) -> Statement:
    (found,) = (each for each in last_stage() if each.instruction == instruction)
    return found


def test_it_runs_govai_as_nobody_in_particular() -> None:
    assert {each.instruction for each in statements()} <= NAMED
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", only("USER").text)
    assert only("ENTRYPOINT").words == ["govai"]
    assert last_stage()[-2:] == [only("ENTRYPOINT"), only("CMD")]


def test_it_looks_after_itself_by_its_own_demonstration() -> None:
    assert only("HEALTHCHECK").words[:2] == ["govai", "demo"]


def test_nothing_stays_that_it_was_built_with() -> None:
    built = [each for each in last_stage() if re.search(r"\b(pip|apt-get|gcc|curl)\b", each.text)]
    copied = [each.text for each in last_stage() if each.instruction == "COPY"]
    assert (built, copied) == ([], ["--from=build /opt/govai /opt/govai"])
    assert all("--no-cache-dir" in each.text for each in statements() if "install" in each.text)


def test_it_holds_no_secret_and_copies_nothing_but_the_package() -> None:
    copied = {word for each in statements() if each.instruction == "COPY" and "--from" not in each.text for word in each.text.split()[:-1]}
    assert copied == {"pyproject.toml", "README.md", "LICENSE", "harness", "conformance", "specs"}
    assert not [each for each in statements() if re.search("token|secret|password|key", each.text, re.IGNORECASE)]


@pytest.mark.parametrize("line", re.findall(r"^    (?:podman|docker) run .*? govai (.+)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
def test_what_the_page_runs_can_be_read(line: str) -> None:
    name, *arguments = shlex.split(line)
    typer.main.get_command(app).commands[name].make_context(name, arguments)  # type: ignore[attr-defined]


@pytest.mark.skipif("GOVAI_CONTAINER" not in os.environ, reason="its steps take a minute and the network: tox -e container")
def test_its_steps_make_a_govai_that_works() -> None:
    with tempfile.TemporaryDirectory() as name:
        root, built = Path(name, "run"), Path(name, "build")
        Path(name).chmod(0o755)
        root.mkdir()
        place, environment = made(root, built)
        shutil.rmtree(built)
        may_be_another = os.geteuid() == 0 and all(
            each.stat().st_mode & 0o001 for each in (Path(sys.base_prefix), *Path(sys.base_prefix).parents)
        )
        who = int(only("USER").text.partition(":")[0]) if may_be_another else None
        govai, health = only("ENTRYPOINT").words, [within(root, word) for word in only("HEALTHCHECK").words]
        (root / "tmp").mkdir()
        (root / "tmp").chmod(0o1777)
        for command in ([*govai, *only("CMD").words], [*govai, "--version"], health):
            done(command, place, environment, who)


def made(root: Path, built: Path) -> tuple[Path, dict[str, str]]:
    """Do what the statements say. Gives the folder and the environment in which the container's command would run."""
    environment = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": "/"}
    place = root
    for instruction, text in statements():
        said = within(root, text)
        if instruction == "FROM" and place != root:
            root.rename(built)
            root.mkdir()
        elif instruction == "COPY":
            *sources, target = (word for word in said.split() if not word.startswith("--"))
            for source in sources:
                bring(built / Path(source).relative_to(root) if "--from" in said else ROOT / source, place / target)
        elif instruction == "WORKDIR":
            place = Path(said)
            place.mkdir(parents=True)
        elif instruction == "ENV":
            variable, value = said.split("=", 1)
            environment[variable] = value.replace("$PATH", "/usr/bin:/bin")
        elif instruction == "RUN":
            done(["sh", "-euc", said], place, {**environment, **NETWORK})
    return place, environment


NETWORK = {name: value for name, value in os.environ.items() if name.lower().startswith(("pip_", "ssl_", "http"))}


def within(root: Path, text: str) -> str:
    """A statement whose absolute paths lie in ``root``."""
    return re.sub(r"(?<![\w.])/(?=(opt|source|work|tmp)\b)", f"{root}/", text)


def bring(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy(source, target)


def done(command: list[str], place: Path, environment: dict[str, str], user: int | None = None) -> None:
    program = shutil.which(command[0], path=environment["PATH"])
    assert program, command
    ended = subprocess.run(
        [program, *command[1:]], cwd=place, env=environment, user=user, group=user, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, f"{command}\n{ended.stdout[-2000:]}\n{ended.stderr[-2000:]}"
