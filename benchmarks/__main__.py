"""``python -m benchmarks NAME``: one of the benchmarks of this folder."""

from __future__ import annotations

import importlib
import sys

BENCHMARKS = {
    "detection": "benchmarks.detection.command",
    "pace": "benchmarks.pace",
    "memory": "benchmarks.memory",
    "latency": "benchmarks.latency",
    "proxy": "benchmarks.proxy",
    "matrix": "benchmarks.matrix",
}


def main(argv: list[str]) -> int:
    """Run the benchmark that the first argument names with the others. Returns the exit code."""
    if not argv or argv[0] not in BENCHMARKS:
        print(f"usage: python -m benchmarks {{{','.join(BENCHMARKS)}}} [options]", file=sys.stderr)
        return 2
    code = importlib.import_module(BENCHMARKS[argv[0]]).main(argv[1:])
    return int(code or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
