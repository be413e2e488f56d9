"""Checks of the profile discovery, one file for each area."""

from pathlib import Path

SPECIFICATION = Path(__file__).parents[2] / "specs" / "discovery"
