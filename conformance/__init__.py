"""The checks, profile by profile, and the reference participants with their mutants."""
