"""``govai demo``: both countries' reference services and clients and a faulty service, for every profile, tested on this machine, with reports and
the matrix of who can work with whom.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from harness import api, catalogue, formats
from harness.checks import Mutant
from harness.cli.output import Output
from harness.errors import HarnessFault, UsageError
from harness.formats.wording import Words
from harness.matrix.build import build
from harness.matrix.pairs import Pair, pair
from harness.matrix.terminal import SIGNS, reason_said
from harness.report import Report, Verdict
from harness.serve.listening import running
from harness.serve.mock import find_mutant, mutants_of, reference_app

FAULTS = {"assistant": "polish-documents-give-orders"}
"""The mutant that the third service of a profile has: one that a general fuzzer cannot see. Else it is the profile's first."""
PROVIDERS = {"pl": "Poland", "lt": "Lithuania", "faulty": "Poland, faulty"}
CONSUMERS = {"client-pl": "Client, Poland", "client-lt": "Client, Lithuania"}
VISITS = 8
"""How often a client asks: as often as it takes to have met every situation."""


def demo(
    only: Annotated[list[str] | None, typer.Option("--profile", metavar="NAME", help="Only this profile (repeatable).")] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the reports and the site.")] = Path("govai-demo"),
) -> None:
    """Test both countries' reference services and clients of each profile and a faulty service, and say who can use whom."""
    console = Output(highlight=False)
    known = catalogue.references()
    for each in only or ():
        if each not in known:
            raise UsageError(f"There is no reference service of {each}. Choose among {', '.join(known)}.")
    profiles = list(dict.fromkeys(only or known))
    for profile in profiles:
        for key in (*PROVIDERS, *CONSUMERS):
            formats.check_target("html", out / f"{profile}-{key}.html")
    reports: dict[str, dict[str, Report]] = {}
    told: list[str] = []
    with ThreadPoolExecutor(max_workers=len(profiles) * len(CONSUMERS)) as visits:  # clients wait most of the time
        visiting = {profile: {key: visits.submit(_visited, profile, key) for key in CONSUMERS} for profile in profiles}
        for profile in profiles:
            fault = _fault(profile)
            reports[profile] = {key: _tested(profile, key, fault.id if key == "faulty" else None) for key in PROVIDERS}
            console.print(_table(profile, {PROVIDERS[key]: report for key, report in reports[profile].items()}))
            verdict = reports[profile]["faulty"].of(fault.requirement)
            console.print(f"The faulty service ({fault.id}) fails {verdict.requirement}: {_said(verdict)}.\n", soft_wrap=True)
            told.extend(_wrong(profile, reports[profile], verdict))
        for profile in profiles:
            reports[profile] |= {key: visit.result() for key, visit in visiting[profile].items()}
            told.extend(
                f"the {profile} client ({key}) is {reports[profile][key].outcome}" for key in CONSUMERS if reports[profile][key].exit_code
            )
    clients = {f"{profile}, {key[-2:]}": reports[profile][key] for profile in profiles for key in CONSUMERS}
    console.print(_table("clients", clients))
    for profile, own in reports.items():
        for key, report in own.items():
            for format in ("html", "json"):
                formats.write(report, format, out / f"{profile}-{key}.{format}")
    pairs = {
        profile: {(consumer, provider): pair(own[consumer], own[provider], profile) for consumer in CONSUMERS for provider in PROVIDERS}
        for profile, own in reports.items()
    }
    console.print("", _matrix(pairs))
    for reason in _why_not(pairs):
        console.print(reason, soft_wrap=True)
    console.print(f"\nReports: {out}/{{{','.join(profiles)}}}-{{{','.join((*PROVIDERS, *CONSUMERS))}}}.html", soft_wrap=True)
    build([str(out)], out / "site")
    console.print(f"Site: {out}/site/index.html", soft_wrap=True)
    told.extend(_apart(pairs))
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


def _tested(profile: str, key: str, mutant: str | None) -> Report:
    country = "lt" if key == "lt" else "pl"
    with running(reference_app(profile, country, mutant=mutant)) as url:
        return api.run(url, [profile], name=f"Service, {PROVIDERS[key]}", country=country)


def _visited(profile: str, key: str) -> Report:
    country = key[-2:]
    command = catalogue.client_command(profile, country, VISITS)
    return api.consume(command, [profile], name=CONSUMERS[key], country=country)


def _table(title: str, reports: Mapping[str, Report]) -> Table:
    table = Table(title, "outcome", "class", "passed", "requests", "seconds", box=None, pad_edge=False)
    for name, report in reports.items():
        passed = sum(verdict.verdict == "passed" for verdict in report.verdicts)
        numbers = (str(passed), str(report.requests), f"{report.duration_s:.1f}")
        table.add_row(name, report.outcome, report.class_reached or "none", *numbers)
    for column, width in zip(table.columns, (20, 15, 10), strict=False):
        column.min_width = width
    return table


def _said(verdict: Verdict) -> str:
    return verdict.findings[0].message if verdict.findings else verdict.verdict


Pairs = Mapping[str, Mapping[tuple[str, str], Pair]]


def _matrix(pairs: Pairs) -> Table:
    table = Table("Who can use whom", "", *PROVIDERS.values(), box=None, pad_edge=False)
    for profile, of_profile in pairs.items():
        for consumer, name in CONSUMERS.items():
            states = [of_profile[consumer, provider].state for provider in PROVIDERS]
            table.add_row(profile, name, *(Text(f"{SIGNS[state][0]} {state}", SIGNS[state][1]) for state in states))
    return table


def _why_not(pairs: Pairs) -> Iterator[Text]:
    """A line for each pair that does not work, with its first reason."""
    for profile, of_profile in pairs.items():
        for each in of_profile.values():
            if each.state != "works":
                more = f" (and {len(each.deciding) - 1} more)" if len(each.deciding) > 1 else ""
                yield Text(f"{profile}, {each.consumer} with {each.provider}: {reason_said(each.deciding[0], Words('en'))}{more}")


def _wrong(profile: str, reports: Mapping[str, Report], verdict: Verdict) -> Iterator[str]:
    """The demonstration proves itself: anything but two conformant references and one justly failed service is a fault of the harness."""
    for key in ("pl", "lt"):
        if reports[key].outcome != "conformant" or reports[key].class_reached != reports[key].decided_by:
            yield f"the {profile} reference ({key}) is {reports[key].outcome}"
    if verdict.verdict not in ("failed", "warning"):
        yield f"the faulty {profile} service was not caught"


def _apart(pairs: Pairs) -> Iterator[str]:
    """Anything but clients and services of both countries that work together, and a pair that fails on the faulty side, is one too."""
    for profile, of_profile in pairs.items():
        for (consumer, provider), each in of_profile.items():
            if provider != "faulty" and each.state != "works":
                yield f"{consumer} and {provider} ({profile}): {each.state}"
    if set(pairs) == set(catalogue.references()) and not any(
        each.weaker == "provider" for of_profile in pairs.values() for each in of_profile.values()
    ):
        yield "no pair fails"
