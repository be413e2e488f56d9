"""Exploration: requests beyond the vectors, drawn by schemathesis and judged by the same rules (``govai run --explore 60s``).

schemathesis is an extra: what needs it is in :mod:`harness.explore.drawing`, :mod:`harness.explore.sequences` and
:mod:`harness.explore.explorer`, which are imported when exploring begins.
"""

from __future__ import annotations

import importlib.util
import re

from harness.errors import UsageError

_UNITS = {"s": 1, "m": 60, "h": 3600}


def duration(text: str) -> float:
    """Seconds of a duration such as ``90s``, ``2m`` or ``1h``.

    Raises:
        UsageError: it is not written so, or what draws requests is not installed.
    """
    match = re.fullmatch(r"([0-9]+)([smh])", text.strip())
    if match is None or not int(match[1]):
        raise UsageError(f"--explore {text}: write a duration as 90s, 2m or 1h.")
    if importlib.util.find_spec("schemathesis") is None:
        raise UsageError("Exploring needs schemathesis. Install it with: pip install 'govai-harness[explore]'")
    return float(int(match[1]) * _UNITS[match[2]])
