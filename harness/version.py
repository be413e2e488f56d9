"""The version of the installed distribution."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("govai-harness")
except PackageNotFoundError:  # run from a folder that was never installed
    VERSION = "0+unknown"

USER_AGENT = f"govai/{VERSION}"
