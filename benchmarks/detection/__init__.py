"""The detection benchmark: single faults derived from the profile's own document, and who finds them."""
