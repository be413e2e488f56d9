"""Compiling: the hand-written corpus of a profile, joined with what drawing adds to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import ProfileError
from harness.vectors.corpus import read_corpus
from harness.vectors.distil import assumed, distil
from harness.vectors.draw import draw, versions
from harness.vectors.model import Vector, fill

if TYPE_CHECKING:
    from harness.profile import Profile


def compiled(profile: Profile, documents: Mapping[str, Any], texts: Path) -> tuple[list[Vector], dict[str, str]]:
    """The vectors of a profile, the hand-written first, and the versions that decided what was drawn.

    ``documents`` are the profile's OpenAPI document and those it refers to, by ``name/major``; ``texts`` is the folder of the named texts.

    Raises:
        ProfileError: the corpus is broken, or names an operation that the profile does not have.
        UsageError: schemathesis is not installed.
    """
    drawn_with = versions()
    hand = read_corpus(profile.folder / "corpus", texts)
    known = {operation.id for operation in profile.operations}
    for vector in hand:
        if vector.operation is not None and vector.operation not in known:
            raise ProfileError(
                f"{profile.folder / 'corpus'}: {vector.id} names the operation {vector.operation}, which openapi.yaml lacks. "
                f"It has: {', '.join(sorted(known))}."
            )
    variables = assumed(documents[profile.key])
    plain = {
        str(vector.operation): fill(vector.request.json, variables)
        for vector in reversed(hand)
        if vector.kind == "valid" and isinstance(vector.request.json, dict)
    }
    drawn = draw(documents, profile.key, plain)
    return hand + distil(profile.operations, documents, hand, drawn), drawn_with
