"""Acts of the European Union as its Polish and Lithuanian texts cite them; specifications keep their own names.

>>> cited(Basis("Regulation (EU) 2024/1689", "Article 13(3)(b)(ii)"), "pl")
'Rozporządzenie (UE) 2024/1689, art. 13 ust. 3 lit. b) ppkt (ii)'
>>> cited(Basis("Regulation (EU) 2024/1689", "Article 13(3)(b)(ii)"), "lt")
'Reglamentas (ES) 2024/1689, 13 straipsnio 3 dalies b punkto ii papunktis'
"""

from __future__ import annotations

import re
from functools import cache

from harness.profile import Basis, Language

_NAMES: dict[str, dict[Language, str]] = {
    "Implementing Regulation (EU)": {"pl": "Rozporządzenie wykonawcze (UE)", "lt": "Įgyvendinimo reglamentas (ES)"},
    "Regulation (EU)": {"pl": "Rozporządzenie (UE)", "lt": "Reglamentas (ES)"},
    "European Interoperability Framework": {"pl": "Europejskie ramy interoperacyjności", "lt": "Europos sąveikumo sistema"},
    "Charter of Fundamental Rights of the European Union": {
        "pl": "Karta praw podstawowych Unii Europejskiej",
        "lt": "Europos Sąjungos pagrindinių teisių chartija",
    },
    "semantic interoperability": {"pl": "interoperacyjność semantyczna", "lt": "semantinis sąveikumas"},
}
_UNITS: dict[str, dict[Language, tuple[str, str]]] = {
    "article": {"pl": ("art. {}", ""), "lt": ("{} straipsnis", "{} straipsnio")},
    "annex": {"pl": ("załącznik {}", ""), "lt": ("{} priedas", "{} priedo")},
    "only annex": {"pl": ("załącznik{}", ""), "lt": ("priedas{}", "priedo{}")},
    "section": {"pl": ("sekcja {}", ""), "lt": ("{} skirsnis", "{} skirsnio")},
    "paragraph": {"pl": ("ust. {}", ""), "lt": ("{} dalis", "{} dalies")},
    "point": {"pl": ("pkt {}", ""), "lt": ("{} punktas", "{} punkto")},
    "letter": {"pl": ("lit. {})", ""), "lt": ("{} punktas", "{} punkto")},
    "subpoint": {"pl": ("ppkt ({})", ""), "lt": ("{} papunktis", "{} papunkčio")},
    "recommendation": {"pl": ("zalecenie {}", ""), "lt": ("{} rekomendacija", "")},
}
"""Each unit by itself, and, in Lithuanian, with another one behind it: the last alone stands in the nominative."""
_IN_POINTS = {("2024/1689", "3"), ("2016/679", "4"), ("2026/1744", "1")}
"""Articles that have points where others have paragraphs: definitions and amendments."""
_PLACE = re.compile(
    r"Article (?P<article>\d+)(?P<below>(?:\(\w+\))*)|Annex(?: (?P<annex>[IVX]+))?(?P<parts>(?:, (?:Section|point) \w+)*)"
    r"|[Rr]ecommendation (?P<recommendation>\d+)"
)


@cache
def cited(basis: Basis, language: Language) -> str:
    """A basis in one language: the act, and where in it."""
    if language == "en":
        return str(basis)
    said = str(basis)
    for name, translated in _NAMES.items():
        said = said.replace(name, translated[language])
    number = re.search(r"\d{4}/\d+", basis.act)
    return said if said == str(basis) else _PLACE.sub(lambda match: _place(match, number[0] if number else "", language), said)


def _place(match: re.Match[str], act: str, language: Language) -> str:
    units = _units(match, act)
    forms = [_UNITS[unit][language][0 if place == len(units) or language == "pl" else 1] for place, (unit, _) in enumerate(units, start=1)]
    return " ".join(form.format(value) for form, (_, value) in zip(forms, units, strict=True))


def _units(match: re.Match[str], act: str) -> list[tuple[str, str]]:
    if match["recommendation"]:
        return [("recommendation", match["recommendation"])]
    if match["article"] is None:
        first = ("annex", match["annex"]) if match["annex"] else ("only annex", "")
        return [first, *((kind.lower(), value) for kind, value in re.findall(r"(Section|point) (\w+)", match["parts"]))]
    units = [("article", match["article"])]
    for value in re.findall(r"\((\w+)\)", match["below"]):
        if value.isdigit():
            units.append(("point" if (act, match["article"]) in _IN_POINTS else "paragraph", value))
        else:
            units.append(("subpoint" if units[-1][0] == "letter" else "letter", value))
    return units
