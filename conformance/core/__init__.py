"""Checks and mutants of profile core, one file for each area."""

from pathlib import Path

SPECIFICATION = Path(__file__).parents[2] / "specs" / "core"
"""Where the profile's data lies: one folder for each major version."""
