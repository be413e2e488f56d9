"""``govai demo``: both countries' reference services and a faulty one, tested on this machine, with reports to look at."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from harness import api, formats
from harness.cli.output import Output
from harness.errors import HarnessFault
from harness.report import Report
from harness.serve.mock import reference_app, running

FAULT = "polish-documents-give-orders"
"""The mutant the third service has: one that a general fuzzer cannot see."""


def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the reports.")] = Path("govai-demo"),
) -> None:
    """Start the Polish and the Lithuanian reference assistant and a faulty one, test all three, and write reports."""
    console = Output(highlight=False)
    for file in ("pl.html", "lt.html", "faulty.html"):
        formats.check_target("html", out / file)
    reports = {
        "pl": _tested("Reference, Poland", "pl"),
        "lt": _tested("Reference, Lithuania", "lt"),
        "faulty": _tested("Faulty, Poland", "pl", FAULT),
    }
    for key, report in reports.items():
        for format in ("html", "json"):
            formats.write(report, format, out / f"{key}.{format}")
    console.print(_table(reports))
    for verdict in reports["faulty"].verdicts:
        if verdict.verdict == "failed":
            console.print(f"\nThe faulty service ({FAULT}) fails {verdict.requirement}: {verdict.findings[0].message}.", soft_wrap=True)
    console.print()
    for key in reports:
        console.print(f"HTML report: {out / key}.html", soft_wrap=True)
    _check(reports)


def _table(reports: dict[str, Report]) -> Table:
    table = Table("participant", "outcome", "class reached", "passed", "requests", "seconds", box=None, pad_edge=False)
    for report in reports.values():
        passed = sum(verdict.verdict == "passed" for verdict in report.verdicts)
        numbers = (str(passed), str(report.requests), f"{report.duration_s:.1f}")
        table.add_row(report.participant.name, report.outcome, report.class_reached or "none", *numbers)
    return table


def _tested(name: str, country: str, mutant: str | None = None) -> Report:
    with running(reference_app("assistant", country, mutant=mutant)) as url:
        return api.run(url, ["assistant"], name=name, country=country)


def _check(reports: dict[str, Report]) -> None:
    """The demonstration proves itself: anything but two conformant references and one justly failed service is a harness error."""
    wrong = [key for key in ("pl", "lt") if reports[key].class_reached != "high-risk" or reports[key].outcome != "conformant"]
    if wrong or reports["faulty"].outcome != "not-conformant":
        raise HarnessFault(f"The demonstration did not come out as it must ({', '.join(wrong) or 'the faulty service was not caught'}).")
    sys.exit(0)
