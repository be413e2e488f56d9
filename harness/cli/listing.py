"""``govai profiles``, ``requirements``, ``mutants`` and ``explain``: what there is, for people and (``--json``) for programs."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from harness import catalogue
from harness.adapters import ADAPTERS
from harness.checks import registry
from harness.cli.options import JSON, LANG, PROFILE_PATH
from harness.errors import UsageError
from harness.profile import Profile, Requirement
from harness.serve.mock import mutants_of

PROFILE = Annotated[str | None, typer.Option("--profile", metavar="NAME", help="Only this profile.")]


def profiles(json: JSON = False, profile_path: PROFILE_PATH = None) -> None:
    """List the profiles, and the adapters a participant may declare."""
    rows = [
        {
            "profile": profile.key,
            "title": profile.title,
            "version": profile.version,
            "requirements": len(profile.requirements),
            "operations": len(profile.operations),
            "vectors": len(profile.vectors),
            "digest": profile.digest,
        }
        for profile in _all(profile_path)
    ]
    if json:
        _print_json(rows)
        return
    for row in rows:
        typer.echo(
            f"{row['profile']:<16} {row['version']:<8} {row['requirements']:>3} requirements  {row['vectors']:>4} vectors  {row['title']}"
        )
    typer.echo("\nAdapters (govai run --adapter NAME):")
    for adapter in ADAPTERS.values():
        typer.echo(f"  {adapter.name:<16} {adapter.description}")


def requirements(profile: PROFILE = None, json: JSON = False, lang: LANG = "en", profile_path: PROFILE_PATH = None) -> None:
    """List the requirements, the checks that decide each, and why some cannot be decided."""
    chosen = _all(profile_path) if profile is None else [catalogue.load(profile, profile_path or ())]
    rows = [_row(each, requirement, lang) for each in chosen for requirement in each.requirements]
    if json:
        _print_json(rows)
        return
    for row in rows:
        typer.echo(f"{row['id']:<14} {row['level']:<7} {row['class']:<11} {row['side']:<9} {row['statement']}")
        if row["undecidable"]:
            typer.echo(f"{'':<14} not decidable by a black-box test: {row['undecidable']}")


def _row(profile: Profile, requirement: Requirement, lang: str) -> dict[str, Any]:
    return {
        "id": requirement.id,
        "profile": profile.key,
        "level": requirement.level,
        "class": requirement.class_,
        "side": requirement.side,
        "layer": requirement.layer,
        "applies_from": requirement.applies_from,
        "checks": [check.name for check in registry.of(requirement.id)],
        "undecidable": getattr(requirement.undecidable, lang) if requirement.undecidable else None,
        "statement": getattr(requirement.statement, lang),
    }


def mutants(profile: PROFILE = None, json: JSON = False) -> None:
    """List the mutants: faulty variations of the references, each caught under the requirement it breaks."""
    keys = [profile] if profile else [name for name in catalogue.names() if name != catalogue.CORE]
    rows = {
        mutant.id: {
            "id": mutant.id,
            "profile": owner,
            "side": requirement.side,
            "requirement": requirement.id,
            "description": mutant.description,
        }
        for key in keys
        for mutant, requirement, owner in mutants_of(key)
    }
    if json:
        _print_json(list(rows.values()))
        return
    for row in rows.values():
        typer.echo(f"{row['requirement']:<14} {row['side']:<9} {row['id']:<40} {row['description']}")


def explain(
    id: Annotated[str, typer.Argument(metavar="ID", help="Requirement id, e.g. CORE-ERR-001.")],
    lang: LANG = "en",
    json: JSON = False,
    profile_path: PROFILE_PATH = None,
) -> None:
    """Explain one requirement: what it asks for, why, how it is tested and what to do about a violation."""
    for profile in _all(profile_path):
        for requirement in profile.requirements:
            if requirement.id == id.upper():
                _print_json(_explained(profile, requirement, lang)) if json else _explain(profile, requirement, lang)
                return
    raise UsageError(f"There is no requirement {id}. List them with: govai requirements")


def _explained(profile: Profile, requirement: Requirement, lang: str) -> dict[str, Any]:
    return {
        **_row(profile, requirement, lang),
        "remedy": getattr(requirement.remedy, lang) if requirement.remedy else None,
        "basis": requirement.basis,
        "tested_by": {check.name: " ".join((check.function.__doc__ or "").split()) for check in registry.of(requirement.id)},
        "mutants": [mutant.id for mutant in registry.mutants.values() if mutant.requirement == requirement.id],
    }


def _explain(profile: Profile, requirement: Requirement, lang: str) -> None:
    told = _explained(profile, requirement, lang)
    typer.echo(
        f"{requirement.id}  {requirement.level}  class {requirement.class_}  {requirement.side}  {requirement.layer} layer  ({profile.key})\n"
    )
    _paragraph(told["statement"])
    if requirement.applies_from:
        _paragraph(f"The duty binds from {requirement.applies_from.isoformat()}; before that day a violation is a warning.")
    if told["remedy"]:
        _paragraph(told["remedy"])
    typer.echo("Basis")
    for basis in requirement.basis:
        typer.echo(f"  {basis}" + (f"  {basis.url}" if basis.url else ""))
    if told["undecidable"]:
        typer.echo("\nNot decidable by a black-box test")
        _paragraph(told["undecidable"])
    for name, doc in told["tested_by"].items():
        typer.echo(f"\nTested by {name}")
        _paragraph(doc)
    if told["mutants"]:
        typer.echo("Shown to catch the mutants")
        for mutant in told["mutants"]:
            typer.echo(f"  {mutant}: {registry.mutants[mutant].description}")


def _paragraph(text: str) -> None:
    typer.echo(textwrap.fill(text, 100, initial_indent="  ", subsequent_indent="  ") + "\n")


def _all(paths: list[Path] | None) -> list[Profile]:
    return [catalogue.load(key, paths or ()) for key in catalogue.names(paths or ())]


def _print_json(value: Any) -> None:
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
