"""The id and the purpose of a drawn vector, from the feature it is kept for."""

from __future__ import annotations

import re

from harness.form import Feature

_SENTENCES = {
    ("minimum", "at the limit"): "{place} at its minimum",
    ("maximum", "at the limit"): "{place} at its maximum",
    ("minLength", "at the limit"): "{place} as short as it may be",
    ("maxLength", "at the limit"): "{place} as long as it may be",
    ("minItems", "at the limit"): "{place} of as few items as there may be",
    ("maxItems", "at the limit"): "{place} of as many items as there may be",
    ("minimum", "beyond the limit"): "{place} below its minimum",
    ("maximum", "beyond the limit"): "{place} above its maximum",
    ("minLength", "beyond the limit"): "{place} shorter than it may be",
    ("maxLength", "beyond the limit"): "{place} longer than it may be",
    ("minItems", "beyond the limit"): "{place} of fewer items than there may be",
    ("maxItems", "beyond the limit"): "{place} of more items than there may be",
    ("type", "null"): "null for {place}",
    ("type", "wrong"): "a value of the wrong type for {place}, which a service may ignore",
    ("enum", "another value"): "{place} that is none of those there are",
    ("additionalProperties", "not named"): "{place} with a member that the profile does not name",
}


def named(feature: Feature) -> str:
    """The part of an id that says what the vector is for: the place, and what is with it; letters, digits and hyphens."""
    if feature.keyword == "type" and feature.place.startswith("header "):
        feature = feature._replace(keyword="any", state="form")
    words = f"{feature.place or 'body'} {feature.keyword} {feature.state}".replace("[]", " item").replace("{}", " member")
    return re.sub(r"[^A-Za-z0-9_]+", "-", words).strip("-")


def purpose(feature: Feature) -> str:
    """The same in words."""
    place = feature.place or "the body"
    sentence = _SENTENCES.get((feature.keyword, feature.state))
    if sentence is not None:
        return sentence.format(place=place)
    if feature.keyword == "required":
        return f"{place} without {feature.state}"
    if feature.keyword == "text":
        return f"a text with {feature.state}"
    if feature.keyword == "type" and place.startswith("header "):
        return f"{place} of any form"
    if feature.keyword == "type":
        return f"{feature.state} for {place}"
    if feature.keyword == "value":
        return f"{place}, {feature.state}"
    return f"{place}: {feature.keyword}, {feature.state}"
