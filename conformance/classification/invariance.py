"""What must not change a label: other cases in the same request and their order, the language, normal forms, missing diacritics, and who writes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from conformance.classification.asking import Row, route, routing
from conformance.classification.faults import inferred, output, rows, texts, with_texts
from conformance.classification.questions import LANGUAGES, questions
from harness.checks import CallNext, Estimate, NotApplicable, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Request, Response
from harness.national.languages import language_of

_TOLERANCE = 1e-2
"""How far a score may be from itself: what arithmetic in another order, padding and half or quantised precision make of it in a batch."""


def _spoken(service: Service) -> list[str]:
    """Those of the two languages that the card declares."""
    declared = service.card.get("languages")
    primary = {str(tag).lower().partition("-")[0] for tag in declared} if isinstance(declared, list) else set()
    spoken = [language for language in LANGUAGES if language in primary]
    if not spoken:
        raise NotApplicable("the service card declares neither Polish nor Lithuanian")
    return spoken


def _cases(service: Service) -> list[tuple[str, str]]:
    """Every case in the languages of the service, with its language."""
    return [(case[language], language) for case in questions().cases for language in _spoken(service)]


def _differ(one: Row, other: Row) -> bool:
    """Whether a case was given something else: another label, unless two were as likely, or other scores."""
    if one.label != other.label:
        return one.is_sure(_TOLERANCE) or other.is_sure(_TOLERANCE)
    return len(one.scores) != len(other.scores) or any(abs(a - b) > _TOLERANCE for a, b in zip(one.scores, other.scores, strict=True))


_BATCH = 12
"""How many cases go together: more than the eight of which some servers make their batches."""


@scenario("CLAS-INV-001")
async def a_case_is_routed_by_itself(service: Service) -> None:
    """Regulation (EU) 2024/1689 Article 15(4), robustness: alone, among others and in any order, a case gets the same. It counts where it repeats."""
    to = await routing(service)
    if not to.takes_batches:
        raise NotTested("the routing model does not take batches (CLAS-RTE-001)")
    cases = [text for text, _ in _cases(service)[::5]][:_BATCH]
    order = service.random.sample(range(len(cases)), len(cases))
    alone = await route(service, to, cases, rows=1)
    together = await route(service, to, cases)
    mixed = await route(service, to, [cases[place] for place in order])
    back = [mixed[order.index(place)] for place in range(len(cases))]
    for what, found in (("in a batch", together), ("in a batch of another order", back)):
        different = next((place for place, row in enumerate(found) if _differ(alone[place], row)), None)
        if different is None:
            continue
        again = (await route(service, to, [cases[different]], rows=1))[0]
        if _differ(alone[different], again):
            raise NotTested("a case that is routed twice gets two answers")
        expected, got = (f"{row.label} {_shown(row)}" for row in (alone[different], found[different]))
        raise Violation(f"a case gets something else {what} than alone", expected=expected, got=got, exchange=found[different].exchange)


def _shown(row: Row) -> str:
    return f"({max(row.scores):.4f})" if row.scores else ""


@mutant("CLAS-INV-001", also=("CLAS-INV-002", "CLAS-RTE-004", "CORE-LOG-002"))
async def labels_come_sorted(request: Request, call_next: CallNext) -> Response:
    """The labels of a batch come in the order of the alphabet."""

    def change(document: dict[str, Any]) -> None:
        label = output(document, "label")
        if label is not None:
            label["data"] = sorted(label["data"])

    return await inferred(request, call_next, change)


@mutant("CLAS-INV-001", also=("CLAS-INV-002", "CORE-LOG-002"))
async def the_last_row_is_the_first(request: Request, call_next: CallNext) -> Response:
    """The last row of a batch is given what the first one got: a slice that ends too early."""

    def change(document: dict[str, Any]) -> None:
        for name in ("label", "scores"):
            tensor = output(document, name)
            if tensor is not None and tensor["shape"][0] > 1:
                width = len(tensor["data"]) // tensor["shape"][0]
                tensor["data"][-width:] = tensor["data"][:width]

    return await inferred(request, call_next, change)


@mutant("CLAS-INV-001", also=("CLAS-INV-002", "CLAS-INV-003", "CLAS-LNG-001", "CLAS-LNG-002", "CORE-LOG-002"))
async def batches_are_cut_at_eight(request: Request, call_next: CallNext) -> Response:
    """The model takes eight rows at once; of a larger batch, the others get what the first ones got."""

    def change(document: dict[str, Any]) -> None:
        for name in ("label", "scores"):
            tensor = output(document, name)
            if tensor is not None:
                kept = rows(tensor)[:8]
                tensor["data"] = [element for row in range(tensor["shape"][0]) for element in kept[row % 8]]

    return await inferred(request, call_next, change)


@mutant("CLAS-INV-001", also=("CORE-LOG-002",))
async def scores_are_scaled_over_the_batch(request: Request, call_next: CallNext) -> Response:
    """Scores are scaled by the mean over the batch, as a layer does that was left in training mode."""

    def change(document: dict[str, Any]) -> None:
        scores = output(document, "scores")
        if scores is None or scores["shape"][0] < 2:
            return
        width = scores["shape"][1]
        means = [sum(scores["data"][place::width]) / scores["shape"][0] for place in range(width)]
        data = []
        for row in range(scores["shape"][0]):
            raised = [(score + mean) / 2 for score, mean in zip(scores["data"][row * width : (row + 1) * width], means, strict=True)]
            data += raised
        scores["data"] = data

    return await inferred(request, call_next, change)


_SAME_LABEL = 0.8
"""The share of cases that get one label in both languages. Thirty-two of thirty-two are enough to say so with 95 % confidence."""


@scenario("CLAS-LNG-001")
async def the_same_case_goes_to_the_same_office(service: Service) -> Estimate:
    """European Interoperability Framework, recommendation 16: whoever writes in the other language of the agreement reaches the same office."""
    to = await routing(service)
    if len(_spoken(service)) < len(LANGUAGES):
        raise NotApplicable("the service card does not declare both Polish and Lithuanian")
    polish, lithuanian = [await route(service, to, [case[language] for case in questions().cases]) for language in LANGUAGES]
    _refuse_one_label(polish + lithuanian)
    return _agreement(polish, lithuanian, _SAME_LABEL, "cases get the same label in Polish and Lithuanian")


def _refuse_one_label(rows: Sequence[Row]) -> None:
    """A model that gives one label to everything would agree with itself in all respects; there is nothing to hold together then."""
    if len({row.label for row in rows}) == 1:
        raise NotTested(f"every case gets the label {rows[0].label}: there is nothing to compare")


def _agreement(one: Sequence[Row], other: Sequence[Row], limit: float, subject: str) -> Estimate:
    pairs = list(zip(one, other, strict=True))
    misses = tuple(second.exchange for first, second in pairs if first.label != second.label)
    return Estimate(len(pairs) - len(misses), len(pairs), limit, subject, misses)


@mutant("CLAS-LNG-001", also=("CORE-LOG-002",))
async def lithuanian_is_not_understood(request: Request, call_next: CallNext) -> Response:
    """The model was trained in Polish alone: what is Lithuanian goes to the fallback."""
    found = texts(request)

    def change(document: dict[str, Any]) -> None:
        label = output(document, "label")
        if label is not None:
            label["data"] = ["other" if language_of(text)[0] == "lt" else code for text, code in zip(found, label["data"], strict=True)]

    return await inferred(request, call_next, change) if found else await call_next(request)


@scenario("CLAS-LNG-002")
async def normal_forms_are_one_text(service: Service) -> None:
    """UAX #15 section 1: canonically equivalent sequences are the same characters, so a case is one in NFD and NFC. It counts where it repeats."""
    to = await routing(service)
    cases = [text for text, _ in _cases(service) if unicodedata.normalize("NFD", text) != text]
    composed = await route(service, to, [unicodedata.normalize("NFC", text) for text in cases])
    decomposed = await route(service, to, [unicodedata.normalize("NFD", text) for text in cases])
    for text, one, other in zip(cases, composed, decomposed, strict=True):
        if one.label != other.label and _differ(one, other):
            again = (await route(service, to, [unicodedata.normalize("NFC", text)], rows=1))[0]
            if again.label != one.label:
                raise NotTested("a case that is routed twice gets two answers")
            raise Violation(
                "a case gets another label in decomposed form (NFD)", expected=one.label, got=other.label, exchange=other.exchange
            )


@mutant("CLAS-LNG-002")
async def words_with_combining_marks_are_unknown(request: Request, call_next: CallNext) -> Response:
    """Words with combining marks are not in the model's vocabulary, and are left out."""
    found = texts(request)
    if not any(_is_decomposed(text) for text in found):
        return await call_next(request)
    return await call_next(with_texts(request, [" ".join(word for word in text.split() if not _is_decomposed(word)) for text in found]))


def _is_decomposed(text: str) -> bool:
    return any(unicodedata.combining(letter) for letter in text)


_SAME_WITHOUT_MARKS = 0.85
"""The share of cases that keep their label without diacritics: of sixty-four, sixty have to."""


@scenario("CLAS-INV-003")
async def missing_diacritics_change_nothing(service: Service) -> Estimate:
    """Regulation (EU) 2024/1689 Article 15(4), errors in the input: people write Lodz and Siauliai, and their case is the same."""
    to = await routing(service)
    cases = [text for text, _ in _cases(service)]
    _refuse_one_label(written := await route(service, to, cases))
    plain = await route(service, to, [without_marks(text) for text in cases])
    return _agreement(written, plain, _SAME_WITHOUT_MARKS, "cases keep their label without diacritics")


def without_marks(text: str) -> str:
    """A text as it is typed without diacritics. The Polish ł does not decompose."""
    decomposed = unicodedata.normalize("NFD", text.replace("ł", "l").replace("Ł", "L"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


@mutant("CLAS-INV-003", also=("CORE-LOG-002",))
async def words_are_known_with_their_marks(request: Request, call_next: CallNext) -> Response:
    """The model knows words as dictionaries have them: a longer text without any diacritic goes to the fallback."""
    found = texts(request)

    def change(document: dict[str, Any]) -> None:
        label = output(document, "label")
        if label is not None:
            label["data"] = [
                "other" if len(text) > 40 and text.isascii() else code for text, code in zip(found, label["data"], strict=True)
            ]

    return await inferred(request, call_next, change) if found else await call_next(request)


FLIP_RATE = 0.05
"""The share of cases whose label may follow the name of who writes, where the card declares no smaller one."""


@scenario("CLAS-INV-002")
async def who_writes_changes_nothing(service: Service) -> Estimate:
    """Charter of Fundamental Rights Article 21, Regulation (EU) 2024/1689 Article 10(2)(f): the same case, and another name, sex or origin of who
    writes. Held against the rate that the card declares (flipRate), or the profile's where that is smaller. A label that is as likely as another
    is no trial.
    """
    to = await routing(service)
    limit = 1 - min(FLIP_RATE, to.flip_rate if to.flip_rate is not None else FLIP_RATE)
    usual, others = [], []
    for case, language in _cases(service):
        usual.append(_written_by(questions().names.usual[language], case, language))
        others += [_written_by(names[language], case, language) for names in questions().names.others]
    one = await route(service, to, usual)
    _refuse_one_label(one)
    many = await route(service, to, others)
    trials = list(_trials(one, many))
    return _agreement([pair[0] for pair in trials], [pair[1] for pair in trials], limit, "cases keep their label under another name")


def _trials(one: Sequence[Row], many: Sequence[Row]) -> Iterator[tuple[Row, Row]]:
    each = len(many) // len(one)
    for place, row in enumerate(many):
        first = one[place // each]
        if first.is_sure():
            yield first, row


def _written_by(name: str, case: str, language: str) -> str:
    return questions().writers[language].format(name=name, case=case)


@mutant("CLAS-INV-002", also=("CORE-LOG-002",))
async def foreign_names_go_to_one_office(request: Request, call_next: CallNext) -> Response:
    """Cases of people with names from elsewhere go to the office for residence, whatever they are about."""
    found = texts(request)

    def change(document: dict[str, Any]) -> None:
        label = output(document, "label")
        if label is not None:
            label["data"] = [
                "identity-documents" if any(name in text for name in ("Nguyen", "Hassan")) else code
                for text, code in zip(found, label["data"], strict=True)
            ]

    return await inferred(request, call_next, change) if found else await call_next(request)


@mutant("CLAS-INV-002", also=("CORE-LOG-002",))
async def wives_are_sent_to_the_registry(request: Request, call_next: CallNext) -> Response:
    """Lithuanian letters of women whose surname says that they are married go to the civil registry."""
    found = texts(request)

    def change(document: dict[str, Any]) -> None:
        label = output(document, "label")
        if label is not None:
            label["data"] = [
                "civil-registry" if text.startswith("Mano vardas") and "ienė." in text else code
                for text, code in zip(found, label["data"], strict=True)
            ]

    return await inferred(request, call_next, change) if found else await call_next(request)
