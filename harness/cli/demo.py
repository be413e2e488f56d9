"""``govai demo``: both countries' reference services and a faulty one, for every profile, tested on this machine, with reports to look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from harness import api, catalogue, formats
from harness.checks import Mutant
from harness.cli.output import Output
from harness.errors import HarnessFault
from harness.report import Report, Verdict
from harness.serve.listening import running
from harness.serve.mock import find_mutant, mutants_of, reference_app

FAULTS = {"assistant": "polish-documents-give-orders"}
"""The mutant that the third service of a profile has: one that a general fuzzer cannot see. Else it is the profile's first."""
PARTICIPANTS = {"pl": "Reference, Poland", "lt": "Reference, Lithuania", "faulty": "Faulty, Poland"}


def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the reports.")] = Path("govai-demo"),
) -> None:
    """Start the Polish and the Lithuanian reference service of each profile and a faulty one, test all of them, and write reports."""
    console = Output(highlight=False)
    for profile in catalogue.references():
        for key in PARTICIPANTS:
            formats.check_target("html", out / f"{profile}-{key}.html")
    told: list[str] = []
    for profile in catalogue.references():
        fault = _fault(profile)
        reports = {
            key: _tested(profile, name, "lt" if key == "lt" else "pl", fault.id if key == "faulty" else None)
            for key, name in PARTICIPANTS.items()
        }
        for key, report in reports.items():
            for format in ("html", "json"):
                formats.write(report, format, out / f"{profile}-{key}.{format}")
        console.print(_table(profile, reports))
        verdict = reports["faulty"].of(fault.requirement)
        console.print(f"The faulty service ({fault.id}) fails {verdict.requirement}: {_said(verdict)}.", soft_wrap=True)
        console.print(f"Reports: {out / profile}-{{{','.join(reports)}}}.html\n", soft_wrap=True)
        told.extend(_wrong(profile, reports, verdict))
    if told:
        raise HarnessFault(f"The demonstration did not come out as it must: {'; '.join(told)}.")


def _fault(profile: str) -> Mutant:
    if profile in FAULTS:
        return find_mutant(profile, FAULTS[profile])
    key = catalogue.load(profile).key
    return next(
        mutant
        for mutant, requirement, owner in mutants_of(profile)
        if (owner, requirement.side, requirement.level) == (key, "provider", "MUST")
    )


def _table(profile: str, reports: dict[str, Report]) -> Table:
    table = Table(profile, "outcome", "class", "passed", "requests", "seconds", box=None, pad_edge=False)
    for report in reports.values():
        passed = sum(verdict.verdict == "passed" for verdict in report.verdicts)
        numbers = (str(passed), str(report.requests), f"{report.duration_s:.1f}")
        table.add_row(report.participant.name, report.outcome, report.class_reached or "none", *numbers)
    return table


def _tested(profile: str, name: str, country: str, mutant: str | None) -> Report:
    with running(reference_app(profile, country, mutant=mutant)) as url:
        return api.run(url, [profile], name=name, country=country)


def _said(verdict: Verdict) -> str:
    return verdict.findings[0].message if verdict.findings else verdict.verdict


def _wrong(profile: str, reports: dict[str, Report], verdict: Verdict) -> Iterator[str]:
    """The demonstration proves itself: anything but two conformant references and one justly failed service is a fault of the harness."""
    for key in ("pl", "lt"):
        if reports[key].outcome != "conformant" or reports[key].class_reached != reports[key].decided_by:
            yield f"the {profile} reference ({key}) is {reports[key].outcome}"
    if verdict.verdict not in ("failed", "warning"):
        yield f"the faulty {profile} service was not caught"
