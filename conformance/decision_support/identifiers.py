"""National identifiers that cannot be right: never scored (DECN-INP-001, DECN-INP-002), and never sent (DECN-REQ-004)."""

from __future__ import annotations

from harness.national import personal_identifiers

_KINDS = {"pl-pesel": "PESEL", "lt-asmens-kodas": "asmens kodas"}
"""Schemes of the profile, and the kinds of identifiers that they stand for."""


def cannot_be_right(scheme: str, value: str) -> bool:
    """Whether a value is certainly no identifier of its scheme: it is not the raw form, holds no date or has another check digit.

    Of schemes that the profile does not name nothing is certain, and of codes that begin with 9, which hold no date.
    """
    kind = _KINDS.get(scheme)
    if kind is None or (kind == "asmens kodas" and value.startswith("9")):
        return False
    return not any(each.kind == kind and each.value == value for each in personal_identifiers(value))
