"""What a reference service is made from: the settings of its country, and the profiles that it serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

import conformance.core
from harness.profile import Profile, load_profile


@cache
def settings_of(folder: Path, country: str) -> Mapping[str, Any]:
    """The settings (card, texts) of a country's reference service: ``<country>.yaml`` in its folder.

    Args:
        folder: where the reference service lies.
        country: ISO 3166-1 alpha-2 code in lower case.

    Raises:
        ValueError: there is no such service for the country.
    """
    known = sorted(path.stem for path in folder.glob("[a-z][a-z].yaml"))
    if country not in known:
        raise ValueError(f"There is no reference {folder.name} service for {country}. There is one for: {', '.join(known)}.")
    settings: Mapping[str, Any] = yaml.safe_load((folder / f"{country}.yaml").read_text(encoding="utf-8"))
    return settings


@cache
def profiles_served(*packages: ModuleType) -> Sequence[Profile]:
    """The profiles of these packages of checks at their first major version, core before them."""
    core = load_profile(conformance.core.SPECIFICATION / "1", with_vectors=False, trusting=True)
    return core, *(load_profile(each.SPECIFICATION / "1", (core,), with_vectors=False, trusting=True) for each in packages)


def merged(card: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """A card with the members of ``more``: objects are merged member by member, all else takes the place of what was there."""
    both = dict(card)
    for name, value in more.items():
        known = both.get(name)
        both[name] = merged(known, value) if isinstance(known, Mapping) and isinstance(value, Mapping) else value
    return both
