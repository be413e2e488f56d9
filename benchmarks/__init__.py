"""Benchmarks of the harness itself: ``python -m benchmarks NAME``."""
