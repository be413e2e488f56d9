"""Entity tags, and requests that depend on them (RFC 9110 section 13)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from conformance.reference.wire import Answer
from harness.exchange import Request

_TAG = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def revalidated(request: Request, answer: Answer) -> Answer:
    """The answer to a GET or HEAD under the tag of its content; 304 in its place where the caller has that content already.

    Tags are compared weakly (section 13.1.2). ``If-Modified-Since`` is disregarded: nothing here has a modification date (section 13.1.3).
    """
    if request.method not in ("GET", "HEAD") or answer.status != 200:
        return answer
    tag = f'"{hashlib.sha256(b"".join(answer.parts)).hexdigest()[:32]}"'
    held = request.headers.get("if-none-match") or ""
    if held.strip() == "*" or tag in _TAG.findall(held):
        return Answer(304, "", (b"",), {"ETag": tag})
    return replace(answer, headers={**answer.headers, "ETag": tag})
