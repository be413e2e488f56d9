"""Checks and mutants of profile assistant, one file for each area."""

from pathlib import Path

SPECIFICATION = Path(__file__).parents[2] / "specs" / "assistant"
"""Where the profile's data lies: one folder for each major version."""
