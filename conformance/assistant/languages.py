"""The language of the question, its letters, and the same answer in every language and every normal form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conformance.assistant.assurance import assurances
from conformance.assistant.conversation import Reply, ask, is_reply, languages, plain, question, reply
from conformance.assistant.faults import altered, asked_in
from conformance.assistant.questions import Closed, questions
from conformance.core.languages import marked_letters, stripped, sure_language
from conformance.core.reading import excerpt, what_was_asked
from harness.checks import CallNext, Estimate, NotApplicable, NotTested, Service, Violation, mutant, rule, scenario
from harness.exchange import Exchange, Request, Response, parse_json

_SHARE = 0.8
"""The share of answers that have to be in the language of the question. Sixteen of sixteen are enough to say so with 95 % confidence."""

_TRIALS = 20
"""How many questions are asked in all languages together, at least."""

_ENOUGH = 150
"""Letters of running Polish or Lithuanian that do not go without a diacritic. Counted over this project's own texts, the references' knowledge and
the statements of requirements: of 3,800 stretches of that length in each language none did, of 100 letters one in 200 did."""


@scenario("CHAT-LNG-001")
async def answers_are_in_the_language_of_the_question(service: Service) -> Estimate:
    """European Interoperability Framework, recommendation 16: a multilingual service. Statistical: a model may slip, and so may who judges it.

    One exchange cannot tell, for a question may ask for an answer in another language. An answer whose language is in doubt is no trial.
    """
    spoken = languages(service)
    count, asked = -(-_TRIALS // len(spoken)), 0
    everything = Estimate(0, 0, _SHARE, "answers are in the language of the question")
    for position, language in enumerate(spoken):
        matters = questions().matters[position * count :][:count]
        one = Estimate(0, 0, _SHARE, f"answers to questions in {language} are in that language")
        for matter in matters:
            answered = await ask(service, matter[language])
            asked += 1
            written = sure_language(answered.text)
            if written is not None:
                one, everything = (_with_trial(each, written == language, answered.exchange) for each in (one, everything))
        if 2 * one.n >= len(matters) and one.interval[1] < _SHARE:
            return one
    if 2 * everything.n < asked:
        raise NotTested(f"the language of only {everything.n} of {asked} answers can be told")
    return everything


def _with_trial(estimate: Estimate, hit: bool, exchange: Exchange) -> Estimate:
    misses = estimate.misses if hit else (*estimate.misses, exchange)
    return Estimate(estimate.hits + hit, estimate.n + 1, estimate.limit, estimate.subject, misses)


@mutant("CHAT-LNG-001", also=("CHAT-LNG-003",))
async def lithuanian_is_answered_in_polish(request: Request, call_next: CallNext) -> Response:
    """The service takes every question that is not English for Polish."""
    text = "Odpowiedź na to pytanie znajduje się na stronie podanej w źródle. Proszę zapoznać się z jej treścią przed wizytą w urzędzie."
    return await _answering(request, call_next, "lt", text)


@mutant("CHAT-LNG-001", also=("CHAT-LNG-003",))
async def polish_is_answered_in_english(request: Request, call_next: CallNext) -> Response:
    """Polish questions are translated for the model, and its answer is never translated back."""
    text = "The answer to this question is on the page that is given as the source. Please read it before you visit the office."
    return await _answering(request, call_next, "pl", text)


async def _answering(request: Request, call_next: CallNext, language: str, instead: str) -> Response:
    """Answers from sources to questions in one language get another text."""

    def change(text: str, assurance: dict[str, Any]) -> str:
        return instead if assurance.get("sources") else text

    return await altered(request, call_next, change) if asked_in(request, language) else await call_next(request)


def _languages_with_marks(service: Service) -> list[str]:
    """Those of the service's languages that have such letters. Raises :class:`NotApplicable` where none has, and as :func:`languages` does."""
    marked = [language for language in languages(service) if marked_letters(language)]
    if not marked:
        raise NotApplicable("the service card declares neither Polish nor Lithuanian")
    return marked


def _letters(text: str) -> list[str]:
    return [letter for letter in unicodedata.normalize("NFC", text).lower() if letter.isalpha()]


def _refuse_stripped(text: str, language: str, exchange: Exchange) -> None:
    letters = _letters(text)
    if not marked_letters(language).intersection(letters):
        raise Violation(
            f"{len(letters)} letters of {language} hold not one diacritic",
            expected=f"letters such as {''.join(sorted(marked_letters(language)))}",
            got=excerpt(text),
            exchange=exchange,
        )


@rule("CHAT-LNG-002", when=lambda exchange: is_reply(exchange) and len(_letters(reply(exchange).text)) >= _ENOUGH)
def answers_are_written_with_diacritics(exchange: Exchange) -> None:
    """Without diacritics words change their meaning: „sąd” and „sad”, „šalis“ and „salis“. A text of 150 letters without one was stripped."""
    text = reply(exchange).text
    language = sure_language(text)
    if language is None or not marked_letters(language):
        raise NotTested("the answer is not surely Polish or Lithuanian")
    _refuse_stripped(text, language, exchange)


@scenario("CHAT-LNG-002")
async def short_answers_are_written_with_diacritics_too(service: Service) -> None:
    """Short answers are put together until they are long enough to judge. English has no diacritics to lose."""
    judged = 0
    for language in _languages_with_marks(service):
        text, shown = "", None
        for matter in questions().matters[:6]:
            answered = await ask(service, matter[language])
            if sure_language(answered.text) == language:
                text, shown = f"{text} {answered.text}", answered
            if shown and len(_letters(text)) >= _ENOUGH:
                _refuse_stripped(text, language, shown.exchange)
                judged += 1
                break
    if not judged:
        raise NotTested("no answers that are surely Polish or Lithuanian are long enough to judge")


def _has_a_notice(exchange: Exchange) -> bool:
    notice = reply(exchange).assurance.get("ai_notice") if is_reply(exchange) else None
    return isinstance(notice, dict) and all(isinstance(notice.get(member), str) for member in ("language", "text"))


@rule("CHAT-LNG-002", when=_has_a_notice)
def notices_are_written_with_diacritics(exchange: Exchange) -> None:
    """The AI notice is short and says its language: words in it that are none without diacritics show that they were lost."""
    for assurance in assurances(exchange):
        notice = assurance.get("ai_notice")
        language, text = (str(notice.get(member)) for member in ("language", "text")) if isinstance(notice, dict) else ("", "")
        evidence = stripped(text, language.lower().partition("-")[0], what_was_asked(exchange.request))
        if evidence:
            raise Violation(
                f"the AI notice has lost its diacritics ({evidence})",
                expected="words as they are written",
                got=excerpt(text),
                pointer="/assurance/ai_notice/text",
            )


@scenario("CHAT-LNG-002")
async def streams_are_written_like_whole_answers(service: Service) -> None:
    """Where a stream says the same as the whole answer but for diacritics, the one that has fewer of them has lost some.

    Models vary in words; that two answers are the same in all but their marks is no chance. Answers in other words say nothing.
    """
    for language in _languages_with_marks(service):
        for matter in questions().matters[:2]:
            whole, streamed = await ask(service, matter[language]), await ask(service, matter[language], stream=True)
            for one, other in zip(_read(whole), _read(streamed), strict=True):
                if one != other and plain(one) == plain(other) and _marks(one) != _marks(other):
                    lost = streamed if _marks(other) < _marks(one) else whole
                    raise Violation(
                        "a stream and a whole answer differ in diacritics alone",
                        expected=excerpt(one),
                        got=excerpt(other),
                        exchange=lost.exchange,
                    )


def _read(answered: Reply) -> tuple[str, str]:
    """What a person reads of a reply: its text and its notice."""
    notice = answered.assurance.get("ai_notice")
    return answered.text, str(notice.get("text") or "") if isinstance(notice, dict) else ""


def _marks(text: str) -> int:
    return sum(unicodedata.combining(each) != 0 or each in "łŁ" for each in unicodedata.normalize("NFD", text))


@mutant("CHAT-LNG-002", also=("CORE-LOG-002",))
async def notices_are_kept_in_ascii(request: Request, call_next: CallNext) -> Response:
    """The AI notice is kept in a configuration that knows ASCII only."""

    def change(text: str, assurance: dict[str, Any]) -> str:
        notice = assurance["ai_notice"]
        letters = unicodedata.normalize("NFD", notice["text"].replace("ł", "l"))
        assurance["ai_notice"] = {**notice, "text": letters.encode("ascii", errors="ignore").decode()}
        return text

    return await altered(request, call_next, change)


@mutant("CHAT-LNG-002", also=("CORE-LOG-002",))
async def first_pieces_lose_their_marks(request: Request, call_next: CallNext) -> Response:
    """What of a stream is sent at once, before the model is warm, goes through another encoder, and loses its marks there."""

    def change(text: str, assurance: dict[str, Any]) -> str:
        first = unicodedata.normalize("NFD", text[:60])
        return "".join(letter for letter in first if not unicodedata.combining(letter)) + text[60:]

    wants_stream = isinstance(request.document, dict) and request.document.get("stream") is True
    return await altered(request, call_next, change) if wants_stream else await call_next(request)


@mutant("CHAT-LNG-002")
async def polish_is_stripped_to_ascii(request: Request, call_next: CallNext) -> Response:
    """Polish answers pass through a system that knows ASCII only."""
    return await _stripped(request, call_next, "pl")


@mutant("CHAT-LNG-002")
async def lithuanian_loses_its_marks(request: Request, call_next: CallNext) -> Response:
    """Lithuanian answers are decomposed and their combining marks dropped."""
    return await _stripped(request, call_next, "lt")


async def _stripped(request: Request, call_next: CallNext, language: str) -> Response:
    def change(text: str, assurance: dict[str, Any]) -> str:
        decomposed = unicodedata.normalize("NFD", text.replace("ł", "l").replace("Ł", "L"))
        return "".join(letter for letter in decomposed if not unicodedata.combining(letter))

    return await altered(request, call_next, change) if asked_in(request, language) else await call_next(request)


def _declares_its_language(exchange: Exchange) -> bool:
    return is_reply(exchange) and "content-language" in exchange.answer.headers


@rule("CHAT-LNG-003", when=_declares_its_language)
def answers_are_in_the_language_they_declare(exchange: Exchange) -> None:
    """RFC 9110 section 8.5: Content-Language describes the language of the intended audience. A reader aloud chooses its voice by it.

    Several tags are for several audiences; an answer whose language is in doubt, and one that quotes, say nothing.
    """
    declared = (exchange.answer.headers.get("content-language") or "").strip().lower()
    written = sure_language(reply(exchange).text)
    if "," in declared or written is None:
        raise NotTested("the answer's language cannot be told")
    if declared.partition("-")[0] != written:
        raise Violation(
            "an answer is not in the language that it declares", expected=written, got=declared, pointer="header:Content-Language"
        )


@scenario("CHAT-LNG-003")
async def languages_of_answers_are_optional(service: Service) -> None:
    """RFC 9110 section 8.5 lets a sender leave Content-Language out; where it stands, the rule above has looked at it."""
    answered = await ask(service, questions().matters[0][languages(service)[0]])
    if "content-language" not in answered.exchange.answer.headers:
        raise NotApplicable("answers have no Content-Language")


@mutant("CHAT-LNG-003")
async def answers_declare_the_language_of_the_office(request: Request, call_next: CallNext) -> Response:
    """Content-Language is that of the administration, whatever the language of the answer."""
    answer = await call_next(request)
    return answer.with_header("Content-Language", "et") if answer.status == 200 and "content-language" in answer.headers else answer


@scenario("CHAT-ENC-001")
async def normal_forms_get_the_same_answer(service: Service) -> None:
    """UAX #15 section 1: canonically equivalent strings are to be treated as the same; NFC and NFD are two forms of one text.

    Models vary. A difference counts where it repeats, while the same form gets the same answer twice.
    """
    compared = False
    for language in _languages_with_marks(service):
        for matter in questions().matters[:3]:
            composed, decomposed = (unicodedata.normalize(form, matter[language]) for form in ("NFC", "NFD"))
            first, other = await ask(service, composed), await ask(service, decomposed)
            if first.outcome is None:
                raise NotTested("answers carry no assurance.outcome to compare")
            compared = compared or bool(first.sources or other.sources)
            if _found(first) == _found(other):
                continue
            again, other_again = await ask(service, composed), await ask(service, decomposed)
            if _found(again) == _found(first) and _found(other_again) == _found(other):
                raise Violation(
                    "a question in NFD ends otherwise than in NFC", expected=_shown(first), got=_shown(other), exchange=other.exchange
                )
    if not compared:
        raise NotTested("none of the questions was answered from a source")


def _found(answered: Reply) -> tuple[str | None, frozenset[str]]:
    return answered.outcome, frozenset(answered.sources)


def _shown(answered: Reply) -> str:
    return " ".join([answered.outcome or "–", *sorted(answered.sources)])


@mutant("CHAT-ENC-001")
async def marks_split_words(request: Request, call_next: CallNext) -> Response:
    """The search for sources takes a combining mark for the end of a word."""
    return await _asking(request, call_next, lambda text: "".join(" " if unicodedata.combining(letter) else letter for letter in text))


@mutant("CHAT-ENC-001")
async def decomposed_words_are_unknown(request: Request, call_next: CallNext) -> Response:
    """The index holds composed words, and what is not in it is left out: words with combining marks are never found."""
    mark = re.compile("\\S*[\u0300-\u036f]\\S*")
    return await _asking(request, call_next, lambda text: mark.sub("", text))


async def _asking(request: Request, call_next: CallNext, change: Callable[[str], str]) -> Response:
    """Ask the reference what becomes of the last message when ``change`` was made to it, if that changes it and leaves something."""
    asked = question(request)
    content = parse_json(request.body) if change(asked).strip() and change(asked) != asked else {}
    last = content["messages"][-1] if content else None
    if not isinstance(last, dict) or last.get("content") != asked:
        return await call_next(request)
    last["content"] = change(asked)
    return await call_next(request.with_json(content))


@scenario("CHAT-XLC-001")
async def languages_agree_on_numbers(service: Service) -> None:
    """European Interoperability Framework, recommendation 16. That languages agree counts here, not that they are right.

    Only a number beside its unit is read, so words and other numbers lead to no accusation; a disagreement counts where it repeats.
    """
    spoken = languages(service)
    if len(spoken) < 2:
        raise NotApplicable("the service card declares fewer than two of the languages pl, lt and en")
    compared = False
    for closed in questions().closed:
        values = {language: await _numbers(service, closed, language) for language in spoken}
        apart = next(_disagreements(values), None)
        compared = compared or sum(bool(numbers) for numbers, _ in values.values()) > 1
        if apart is None:
            continue
        again = {language: await _numbers(service, closed, language) for language in apart}
        if next(_disagreements(again), None) is not None:
            one, other = apart
            raise Violation(
                f"“{closed.question[one]}” and “{closed.question[other]}” get different numbers",
                expected=f"{one}: {_listed(again[one][0])}",
                got=f"{other}: {_listed(again[other][0])}",
                exchange=again[other][1].exchange,
            )
    if not compared:
        raise NotTested("no question got a number in two languages")


async def _numbers(service: Service, closed: Closed, language: str) -> tuple[frozenset[str], Reply]:
    answered = await ask(service, closed.question[language])
    return frozenset(re.findall(closed.number[language], answered.text, re.IGNORECASE)), answered


def _disagreements(values: Mapping[str, tuple[frozenset[str], Reply]]) -> Iterator[tuple[str, str]]:
    """Pairs of languages whose answers have numbers, but none in common."""
    told = [language for language, (numbers, _) in values.items() if numbers]
    return ((one, other) for one in told for other in told if one < other and not values[one][0] & values[other][0])


def _listed(numbers: frozenset[str]) -> str:
    return ", ".join(sorted(numbers))


@mutant("CHAT-XLC-001")
async def lithuanian_answers_are_out_of_date(request: Request, call_next: CallNext) -> Response:
    """The Lithuanian texts were translated before the law changed, and never again: they still say 7 days."""

    def change(text: str, assurance: dict[str, Any]) -> str:
        return re.sub(r"\b14 dien", "7 dien", text)

    return await altered(request, call_next, change)


@mutant("CHAT-XLC-001")
async def polish_counts_the_union_of_28(request: Request, call_next: CallNext) -> Response:
    """The Polish model was trained before a Member State left the Union."""

    def change(text: str, assurance: dict[str, Any]) -> str:
        return re.sub(r"\b27 państw", "28 państw", text)

    return await altered(request, call_next, change)
