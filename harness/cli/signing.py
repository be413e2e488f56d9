"""``--sign``: a signature beside each JSON report that a command writes."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import formats, trust
from harness.errors import UsageError
from harness.recorded import recorded_in


@dataclass(frozen=True)
class Signing:
    """The key, and the recording whose digest is signed with the report."""

    key: trust.SigningKey
    evidence: Path | None

    def beside(self, report: Path) -> None:
        """Write what goes beside a JSON report. Raises :class:`UsageError` where it cannot be written."""
        evidence = trust.digest(recorded_in(self.evidence)) if self.evidence else None
        made = trust.sign(report.read_bytes(), self.key, int(time.time()), name=report.name, evidence=evidence, url=_run_url(os.environ))
        for suffix, content in made.items():
            formats.replace(trust.beside(report, suffix), content)


def parse_signing(source: str | None, targets: Sequence[tuple[str, Path]], evidence: Path | None = None) -> Signing | None:
    """What ``--sign`` asks for, checked before anything is sent.

    Raises:
        UsageError: there is no such key, there is no JSON report to sign, or no file can stand beside it.
    """
    if source is None:
        return None
    key = trust.read_signing_key(source)
    reports = [path for format, path in targets if format == "json"]
    if not reports:
        raise UsageError("--sign signs JSON reports, and none is written. Add --report json=PATH.")
    for each in reports:
        if formats.is_special(each):
            raise UsageError(f"--sign: no signature can stand beside {each}. Write the JSON report to a file.")
        for suffix in trust.SUFFIXES:
            formats.check_target("json", trust.beside(each, suffix))
    return Signing(key, evidence)


def _run_url(environment: Mapping[str, str]) -> str | None:
    """Where GitLab or GitHub shows the job that this runs in."""
    github = [environment.get(name) for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    return environment.get("CI_JOB_URL") or ("{}/{}/actions/runs/{}".format(*github) if all(github) else None)
