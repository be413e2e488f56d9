"""Checks and mutants of profile decision-support, one file for each area."""

from pathlib import Path

SPECIFICATION = Path(__file__).parents[2] / "specs" / "decision-support"
"""Where the profile's data lies: one folder for each major version."""
