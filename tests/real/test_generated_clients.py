"""Clients that openapi-python-client makes of our documents, under ``govai consumer``, and what was found out about them by hand.

``tox -e real-generated`` installs it and runs this. What each finding is, and why it is right, stands in docs/real-world.md.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

import harness
from harness import catalogue
from harness.report import Report
from harness.serve.listening import running
from harness.serve.mock import reference_app

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        importlib.util.find_spec("openapi_python_client") is None,
        reason="openapi-python-client is not installed: tox -e real-generated does that",
    ),
]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the client of each profile, generated from what its reference publishes, with no warning."""
    folder = tmp_path_factory.mktemp("generated")
    for name in catalogue.references():
        with running(reference_app(name, "pl")) as url:
            document = folder / f"{name}.json"
            document.write_bytes(httpx.get(f"{url}/openapi.json", trust_env=False).content)
        package = folder / name.replace("-", "_")
        words = [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(document), "--output-path", str(package)]
        subprocess.run([*words, "--meta", "none", "--fail-on-warning"], check=True)
    return folder


def report(packages: Path, profile: str, *how: str, situations: list[str] | None = None) -> Report:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(packages))
        program = str(Path(__file__).with_name("generated_program.py"))
        return harness.consume([sys.executable, program, profile, *how], [profile], situations=situations)


@pytest.mark.parametrize("profile", ["translation", "decision-support"])
def test_a_program_around_generated_code_passes_all_that_can_be_decided(packages: Path, profile: str) -> None:
    told = report(packages, profile)
    assert told.class_reached == "high-risk"
    assert [each.requirement for each in told.verdicts if each.verdict in ("failed", "warning", "needs-review", "harness-error")] == []


def test_generated_enumerations_are_closed_and_that_is_found(packages: Path) -> None:
    told = report(packages, "decision-support", "strict", situations=["later-values"])
    assert told.of("CORE-TOL-002").verdict == "warning"
    assert told.of("CORE-TOL-002").findings[0].message.startswith("the client ends with an error")


def test_generated_code_passes_over_members_that_it_does_not_know(packages: Path) -> None:
    told = report(packages, "decision-support", "strict", situations=["later-members"])
    assert told.of("CORE-TOL-001").verdict == "passed"
