"""Which of the service's languages a text is in, with how much confidence."""

from __future__ import annotations

from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from conformance.reference.translation.engine import LANGUAGES

_SHOWN = 1.0
"""The least confidence, in per cent, with which a language is named beside the likeliest."""


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(LANGUAGES))
    return identifier


def detected(text: str) -> list[dict[str, object]]:
    """The languages that a text may be in, the likeliest first: ``language``, and ``confidence`` from 0 to 100."""
    ranked = [(str(language), 100 * float(likelihood)) for language, likelihood in _identifier().rank(text)]
    return [
        {"confidence": round(confidence, 1), "language": language}
        for place, (language, confidence) in enumerate(ranked)
        if place == 0 or confidence >= _SHOWN
    ]
