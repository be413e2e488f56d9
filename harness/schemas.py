"""JSON Schemas of what govai reads and writes, made of the structs that it does so with."""

from __future__ import annotations

import re
from typing import Any

import msgspec


def schema_of(kind: type[msgspec.Struct], title: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a struct; docstrings are its descriptions. ``$defs`` may be added to."""
    made = msgspec.json.schema(kind)
    for each in made["$defs"].values():
        if "description" in each:
            each["description"] = _plain(each["description"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **made}


def _plain(docstring: str) -> str:
    """A docstring for readers who know neither Python nor its markup."""
    paragraphs = re.sub(r":\w+:(?=`)", "", docstring).replace("``", "`").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
