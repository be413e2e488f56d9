"""The caller's trace, taken up and named in the answer (W3C Trace Context)."""

from __future__ import annotations

import re
import secrets

_TRACEPARENT = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?")


def traceresponse(traceparent: str | None) -> str:
    """The traceresponse to a request: its trace-id with a span of our own.

    A traceparent that is missing or not valid is ignored and a trace of our own begun (section 3.2.2.3); of a version that is not known the
    fields of version 00 are read (section 3.2.4).
    """
    match = _TRACEPARENT.fullmatch((traceparent or "").strip())
    if match is None or (match.group(1) == "00" and match.group(4)):
        return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-00"
    return f"00-{match.group(2)}-{secrets.token_hex(8)}-{match.group(3)}"
