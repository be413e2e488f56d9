"""What a translation has to say: negation, duty, the sense of time limits, and how close it comes to what a translator wrote."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from conformance.core.metrics import metrics
from conformance.core.reading import excerpt
from conformance.translation.asking import Translated, agreed_pairs, in_target, spoken_pairs, translated
from conformance.translation.faults import altered
from conformance.translation.pairs import AGREED, Pair, primary
from conformance.translation.sentences import Minimal, sentences
from harness.checks import CallNext, Mean, NeedsReview, NotApplicable, Service, Violation, mutant, scenario
from harness.exchange import Request, Response

TOLERANCE = 10.0
"""Points of chrF that the profile's sentences may lie below what a provider measured on its own."""


async def _compared(service: Service, *kinds: str) -> None:
    """Translate minimal pairs and look for the cue of each sentence in its translation.

    Two translations that are the same, or that have each other's cues, have lost the difference. What the cues do not find a person has to look at:
    there are more ways to say a thing than a list has.

    Raises:
        Violation: a difference is lost.
        NeedsReview: whether it is kept cannot be told.
        NotTested: the translations are not without doubt in the language asked for.
    """
    doubtful: list[tuple[Minimal, Translated, Translated]] = []
    for pair in await spoken_pairs(service):
        chosen = [each for each in sentences().minimal if each.kind in kinds]
        texts = [text for each in chosen for text in each.sentences(primary(pair[0]))]
        found = await translated(service, texts, pair)
        in_target(found, pair)
        for number, each in enumerate(chosen):
            first, second = found[2 * number : 2 * number + 2]
            if not _told_apart(each.kind, first, second, pair):
                doubtful.append((each, first, second))
    if doubtful:
        _, first, second = doubtful[0]
        said = f"“{excerpt(first.translation)}” and “{excerpt(second.translation)}”"
        raise NeedsReview(f"whether {said} differ as the originals do cannot be told", exchange=second.exchange)


def _told_apart(kind: str, first: Translated, second: Translated, pair: Pair) -> bool:
    """Whether the cues show that two translations differ as they should; False in doubt. Raises :class:`Violation` where they do not differ."""
    language = primary(pair[1])
    cues = sentences().cues[kind]
    one, other = (wording.get(language) for wording in (cues.first, cues.second))

    def has(cue: str | None, said: Translated) -> bool:
        return cue is not None and re.search(cue, said.translation, re.IGNORECASE) is not None

    if first.translation.strip().lower() == second.translation.strip().lower():
        what = "two sentences that differ in {} get one translation"
    elif has(other, first) and not has(other, second) and (one is None or (has(one, second) and not has(one, first))):
        what = "two sentences that differ in {} get each other's translation"
    else:
        return has(other, second) and not has(other, first) and (one is None or (has(one, first) and not has(one, second)))
    raise Violation(
        what.format({"negation": "a negation", "duty": "duty and permission"}.get(kind, "the sense of a time limit")),
        expected=f"what tells apart “{first.text}” and “{second.text}”",
        got=f"{excerpt(first.translation)} | {excerpt(second.translation)}",
        exchange=second.exchange,
    )


@scenario("TRNS-QUA-002")
async def negations_are_kept(service: Service) -> None:
    """Profile translation/1, QUA: who reads that a fee is required does not ask whether it is not."""
    await _compared(service, "negation")


@scenario("TRNS-QUA-003")
async def duty_is_no_permission(service: Service) -> None:
    """Profile translation/1, QUA: must and may are two legal effects."""
    await _compared(service, "duty")


@scenario("TRNS-QUA-004")
async def time_limits_keep_their_sense(service: Service) -> None:
    """Profile translation/1, QUA: an appeal within 14 days is heard, one after 14 days is not."""
    await _compared(service, "period", "day")


async def _replacing(request: Request, call_next: CallNext, pattern: str, new: str | Callable[[re.Match[str]], str]) -> Response:
    return await altered(request, call_next, lambda text, said: re.sub(pattern, new, said))


@mutant("TRNS-QUA-002")
async def negations_are_stop_words(request: Request, call_next: CallNext) -> Response:
    """Short words are left out before the text reaches the engine, and „nie“ is short."""
    return await _replacing(request, call_next, r"\bnie ", "")


@mutant("TRNS-QUA-002")
async def everything_is_negated(request: Request, call_next: CallNext) -> Response:
    """The engine has seen more refusals than grants: what is valid becomes invalid."""
    return await _replacing(request, call_next, r"\bgalioja (?=įstaigoje)", "negalioja ")


@mutant("TRNS-QUA-003")
async def permissions_are_duties(request: Request, call_next: CallNext) -> Response:
    """May is put into the language as must."""
    return await _replacing(request, call_next, r"\bmoże (?=stawić|wydać)", "musi ")


@mutant("TRNS-QUA-003")
async def duty_and_permission_are_swapped(request: Request, call_next: CallNext) -> Response:
    """Must becomes may, and may becomes must."""
    swapped = {"privalo": "gali", "gali": "privalo"}
    return await _replacing(request, call_next, r"\b(?:privalo|gali)(?= (?:atvykti|išduoti))", lambda match: swapped[match.group()])


@mutant("TRNS-QUA-004")
async def after_is_within(request: Request, call_next: CallNext) -> Response:
    """After so many days becomes within so many days."""
    return await _replacing(request, call_next, r"\bpo (?=\d+ dienų)", "per ")


@mutant("TRNS-QUA-004")
async def before_is_after(request: Request, call_next: CallNext) -> Response:
    """Before a day becomes after it, and the other way round."""
    swapped = {"przed dniem": "po dniu", "po dniu": "przed dniem"}
    return await _replacing(request, call_next, r"przed dniem|po dniu", lambda match: swapped[match.group()])


def _declared(card: Any) -> dict[Pair, float]:
    """The chrF that a service card declares, by pair of languages: ``metrics`` with the name chrF, and the two languages in order.

    A share (unit 1) is the hundredth of it.
    """
    found: dict[Pair, float] = {}
    for each, value in metrics(card, "chrF"):
        languages = each.get("languages")
        if isinstance(languages, list) and len(languages) == 2:
            found[primary(str(languages[0])), primary(str(languages[1]))] = value * 100 if each.get("unit") == "1" and value <= 1 else value
    return found


@scenario("TRNS-QUA-001")
async def chrf_is_what_the_card_declares(service: Service) -> Mean:
    """AI Act Article 15(3): levels of accuracy are declared. chrF (Popović 2015) as sacrebleu computes it, 0 to 100, sentence by sentence.

    The sentences are not those that the provider measured on, so ten points less are no contradiction, and the mean has an interval.
    """
    from sacrebleu.metrics.chrf import CHRF  # takes half a second to import

    declared = _declared(service.card)
    if not declared:
        raise NotApplicable("the service card declares no chrF for a pair of languages")
    metric = CHRF()
    differences: list[tuple[float, Translated]] = []
    for pair in await agreed_pairs(service, AGREED):
        source, target = primary(pair[0]), primary(pair[1])
        if (source, target) not in declared:
            continue
        found = await translated(service, [letter[source] for letter in sentences().letters], pair)
        for letter, said in zip(sentences().letters, found, strict=True):
            score = metric.sentence_score(said.translation, [letter[target]]).score
            differences.append((score - declared[source, target], said))
    if not differences:
        raise NotApplicable("the pairs for which the service card declares chrF are not listed")
    lowest = sorted(differences, key=lambda each: each[0])[:3]
    values = tuple(difference for difference, _ in differences)
    return Mean(values, -TOLERANCE, "points of chrF above the card's value", tuple(said.exchange for _, said in lowest))


@mutant("TRNS-QUA-001")
async def the_engine_that_was_measured_is_another(request: Request, call_next: CallNext) -> Response:
    """The card declares what the supplier's large engine reached. The small one is installed, which leaves out every second word of a sentence."""
    plain = {text for letter in sentences().letters for text in letter.values()}
    return await altered(request, call_next, lambda text, said: " ".join(said.split()[::2]) if text in plain else said)
