"""Checks and mutants of profile classification, one file for each area."""

from pathlib import Path

SPECIFICATION = Path(__file__).parents[2] / "specs" / "classification"
"""Where the profile's data lies: one folder for each major version."""
