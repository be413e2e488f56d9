"""The reference services, with a mutant's fault where one is wanted."""

from __future__ import annotations

from typing import Any

from harness import catalogue
from harness.checks import Mutant, registry
from harness.errors import UsageError
from harness.profile import Requirement
from harness.serve.faulty import Faulty


def reference_app(name: str, country: str, *, mutant: str | None = None, token: str | None = None) -> Any:
    """The reference service for profile ``name``, with a mutant's fault if one is named.

    Raises:
        UsageError: there is no such service, country or provider mutant.
    """
    catalogue.load_with_core([name])
    try:
        app = catalogue.reference(name)(country, token=token)
    except ValueError as error:
        raise UsageError(f"{error}") from None
    return app if mutant is None else Faulty(app, find_mutant(name, mutant))


def mutants_of(name: str) -> list[tuple[Mutant, Requirement, str]]:
    """The mutants that a run of profile ``name`` concerns (core's are among them), each with its requirement and that one's profile."""
    profiles = catalogue.load_with_core([name])
    owner = {requirement.id: (requirement, profile.key) for profile in profiles for requirement in profile.requirements}
    return [(mutant, *owner[mutant.requirement]) for mutant in registry.mutants.values() if mutant.requirement in owner]


def find_mutant(name: str, id: str) -> Mutant:
    """The provider mutant with this id. Raises :class:`UsageError` when there is none."""
    for mutant, requirement, _ in mutants_of(name):
        if mutant.id == id:
            if requirement.side != "provider":
                raise UsageError(f"{id} is a mutant of the consumer; a mock service cannot show it.")
            return mutant
    raise UsageError(f"There is no mutant {id} for {name}. List them with: govai mutants --profile {name}")
