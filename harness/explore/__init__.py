"""Exploration: requests beyond the vectors, drawn by schemathesis and judged by the same rules (``govai run --explore 60s``).

schemathesis is an extra: what needs it is in :mod:`harness.explore.drawing`, :mod:`harness.explore.sequences` and
:mod:`harness.explore.explorer`, which are imported when exploring begins.
"""

from __future__ import annotations

import importlib.util

from harness.errors import UsageError
from harness.pace import parse_duration


def duration(text: str) -> float:
    """Seconds of a duration such as ``90s``, ``2m`` or ``1h``.

    Raises:
        UsageError: it is not written so, or what draws requests is not installed.
    """
    seconds = parse_duration(text, "--explore")
    if importlib.util.find_spec("schemathesis") is None:
        raise UsageError("Exploring needs schemathesis. Install it with: pip install 'govai-harness[explore]'")
    return seconds
