"""Slips of the pen in YAML that no reader refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
FILES = [path for folder in ("harness", "specs", "conformance") for path in sorted((ROOT / folder).rglob("*.yaml"))]


class _AnyTag(yaml.SafeLoader):
    pass


_AnyTag.add_multi_constructor("!", lambda loader, suffix, node: None)


def cut_sentences(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (name for name, each in value.items() if each is None and " " in str(name))
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from cut_sentences(each)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_sentence_is_cut_at_a_comma(path: Path) -> None:
    """Within braces a sentence without quotation marks ends at its first comma, and the rest becomes a key without a value."""
    assert list(cut_sentences(yaml.load(path.read_text(encoding="utf-8"), Loader=_AnyTag))) == []
