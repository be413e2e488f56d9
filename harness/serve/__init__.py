"""Everything that listens."""
