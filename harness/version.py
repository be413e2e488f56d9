"""The version of the installed distribution, and of what it measures with."""

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("govai-harness")
except PackageNotFoundError:  # run from a folder that was never installed
    VERSION = "0+unknown"

USER_AGENT = f"govai/{VERSION}"

_MEASURES_WITH = ("aiohttp", "httpx", "httpx-aiohttp", "jsonschema-rs", "py3langid", "python-stdnum", "sacrebleu")
_EXPLORES_WITH = ("hypothesis", "schemathesis")


@cache
def software(*, explored: bool) -> dict[str, str]:
    """The versions of Python and of the packages that a verdict may hang on: the client, the validator, what tells languages and identifiers."""
    names = (*_MEASURES_WITH, *(_EXPLORES_WITH if explored else ()))
    return {"python": platform.python_version(), **{name: version(name) for name in sorted(names)}}
