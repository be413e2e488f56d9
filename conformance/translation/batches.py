"""Several texts at once, and long ones."""

from __future__ import annotations

import re
from typing import Any

from conformance.core.reading import excerpt
from conformance.translation.asking import TRANSLATE, asked_texts, plain_content, spoken_pairs, translation, translations
from conformance.translation.faults import altered, rewritten
from conformance.translation.pairs import primary
from conformance.translation.sentences import sentences
from harness.checks import CallNext, NotApplicable, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Request, Response

_TIMES = 120
"""How many sentences a long text has: some 7000 characters, more than an engine takes at once."""
_PIECE = 10
"""How many sentences in a row are no slip of an engine any more."""
_MARK = re.compile(r"SPR-\d{4}")


@scenario("TRNS-BAT-001")
async def lists_keep_their_order(service: Service) -> None:
    """LibreTranslate, app.py, translate: the texts of a list are translated one after the other.

    Each text is translated by itself, and all of them as a list in two orders. Engines that vary are no fault: only a translation that stands at
    another text's place, and is not that text's own, counts.
    """
    plain = plain_content(service)
    pair = (plain["source"], plain["target"])
    language = primary(pair[0])
    texts = [letter.get(language, letter["en"]) for letter in sentences().letters[:4]]
    alone = [(await translation(service, text, pair)).translation for text in texts]
    for order in ([0, 1, 2, 3], [2, 0, 3, 1]):
        content = {"q": [texts[place] for place in order], "source": pair[0], "target": pair[1]}
        exchange = await service.send("POST", TRANSLATE, json=content)
        if exchange.status in (400, 413, 422):
            raise NotApplicable(f"the service does not take a list of four texts: {excerpt(exchange.answer.text)}")
        found = translations(exchange)
        if not exchange.succeeded or found is None or len(found) != len(order):
            raise NotTested(f"a list of four texts is answered with {exchange.status}")
        for place, (text, said) in enumerate(zip(order, found, strict=True)):
            others = [alone[other] for other in order if other != text]
            if said != alone[text] and said in others:
                raise Violation(
                    "a translation stands at the place of another text",
                    expected=excerpt(alone[text]),
                    got=excerpt(said),
                    pointer=f"/translatedText/{place}",
                    exchange=exchange,
                )


@mutant(
    "TRNS-BAT-001",
    also=(
        "TRNS-INV-001",
        "TRNS-INV-002",
        "TRNS-INV-003",
        "TRNS-INV-004",
        "TRNS-INV-005",
        "TRNS-QUA-001",
        "TRNS-QUA-002",
        "TRNS-QUA-003",
        "TRNS-QUA-004",
        "CORE-LOG-002",
    ),
)
async def short_texts_are_done_first(request: Request, call_next: CallNext) -> Response:
    """The translations of a list come in the order in which they were done: short ones first."""

    def change(asked: dict[str, Any], answer: dict[str, Any]) -> None:
        if isinstance(answer["translatedText"], list):
            done = sorted(zip(asked["q"], answer["translatedText"], strict=True), key=lambda each: len(each[0]))
            answer["translatedText"] = [said for _, said in done]

    return await rewritten(request, call_next, change)


@scenario("TRNS-BAT-002")
async def long_texts_are_not_cut(service: Service) -> None:
    """Profile translation/1, Batches: each sentence holds a number of its own, and what is left out is seen by it: the end, or a piece between.

    Judged where the first sentences keep theirs: else nothing tells what was cut from what was garbled (TRNS-INV-001).
    """
    pair = (await spoken_pairs(service))[0]
    marks = [f"SPR-{number:04}" for number in range(1, _TIMES + 1)]
    text = " ".join(sentences().long[primary(pair[0])].replace("{}", mark) for mark in marks)
    exchange = await service.send("POST", TRANSLATE, json={"q": text, "source": pair[0], "target": pair[1]})
    if exchange.status in (401, 403, 429) or exchange.status >= 500:
        raise NotTested(f"a text of {len(text)} characters is answered with {exchange.status}")
    if not exchange.succeeded:
        await translation(service, marks[0], pair)
        return
    said = translations(exchange) or [""]
    found = _MARK.findall(said[0])
    if len(set(marks[:10]) & set(found)) < 8:
        raise NotTested("the translation does not keep the numbers at the beginning of a long text")
    lost = next(
        (marks[place : place + _PIECE] for place in range(len(marks) - _PIECE + 1) if not set(marks[place:][:_PIECE]) & set(found)), None
    )
    if lost:
        got = f"{len(said[0])} characters, without {lost[0]} to {lost[-1]}"
        raise Violation(f"a text of {len(text)} characters is cut", expected="the whole text, or 4xx", got=got, exchange=exchange)


@mutant("TRNS-BAT-002")
async def long_texts_end_where_the_engine_does(request: Request, call_next: CallNext) -> Response:
    """The engine takes 2000 characters, and what comes after is dropped."""
    content = request.document
    texts = asked_texts(content)
    if request.path != TRANSLATE or not any(3000 < len(text) < 20000 for text in texts):
        return await call_next(request)
    return await altered(request, call_next, lambda text, said: said[:2000])


@mutant("TRNS-BAT-002")
async def a_piece_of_a_long_text_is_lost(request: Request, call_next: CallNext) -> Response:
    """Long texts are cut into pieces for the engine, and the answer to one of them comes too late."""
    return await altered(request, call_next, lambda text, said: said[:2000] + said[4000:] if 3000 < len(text) < 20000 else said)
