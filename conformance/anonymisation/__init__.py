"""Checks and mutants of profile anonymisation, one file for each area."""

from pathlib import Path

SPECIFICATION = Path(__file__).parents[2] / "specs" / "anonymisation"
"""Where the profile's data lies: one folder for each major version."""
