"""Consumers against providers, derived from reports and only from them."""
