"""Which language a text is in."""

from __future__ import annotations

from functools import cache, lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

_EUROPEAN = [
    *(
        "bg",
        "cs",
        "da",
        "de",
        "el",
        "en",
        "es",
        "et",
        "fi",
        "fr",
        "ga",
        "hr",
        "hu",
        "it",
        "lt",
        "lv",
        "mt",
        "nl",
        "pl",
        "pt",
        "ro",
        "sk",
        "sl",
        "sv",
    ),
    *("ru", "uk"),
]
"""The official languages of the Union, and the two others that people in both countries write to offices in."""


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_EUROPEAN)
    return identifier


@lru_cache(maxsize=1024)  # several rules ask about the same answer
def language_of(text: str) -> tuple[str, float]:
    """The language of a text as a BCP 47 tag, and how likely it is (0 to 1).

    A text of few words, or one that quotes another language, is a guess: below 0.9 it decides nothing.
    """
    tag, likelihood = _identifier().classify(text)
    return str(tag), float(likelihood)
