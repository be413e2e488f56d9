"""What a model that routes cases has to keep to: what it takes, which categories it gives, and how sure it is (profile classification/1)."""

from __future__ import annotations

from typing import Any

from conformance.classification.asking import Routing, Row, label_and_scores, route, routing
from conformance.classification.faults import described, inferred, output, problem, rows, texts
from conformance.classification.questions import LANGUAGES, questions
from conformance.core.asking import ABSENT, not_now
from conformance.core.faults import changed
from conformance.core.reading import excerpt
from harness.checks import CallNext, NotTested, Service, Violation, mutant, scenario
from harness.exchange import Request, Response
from harness.operation import SchemaError

_CARD = "/service-card"
_EXACT = 1e-3
"""How far the scores of one text may be from 1 in all, and two of them from one another to count as equal: what FP16 keeps of a sum of a few."""


def card_errors(service: Service, value: Any) -> list[SchemaError]:
    """How the member ``routing`` of a card fails its schema."""
    operation = next(each for each in service.operations if each.id == "infer")
    return operation.schema("Routing").errors(value)


@scenario("CLAS-CRD-001")
async def the_card_declares_the_model_and_its_categories(service: Service) -> None:
    """openapi.yaml, Routing: model, and the categories by code with their names in the languages of the agreement, in the order of the scores."""
    if not service.card:
        raise NotTested("the service has no service card")
    declared = service.card.get("routing")
    if declared is None:
        raise Violation("the card declares no routing model", expected="routing", got="nothing", pointer="/routing")
    errors = card_errors(service, declared)
    if errors:
        raise Violation(
            f"routing of the card does not fit the profile: {excerpt(errors[0].message)}", pointer=f"/routing{errors[0].pointer}"
        )
    codes = [category["code"] for category in declared["categories"]]
    twice = next((code for code in codes if codes.count(code) > 1), None)
    if twice is not None:
        raise Violation("a category stands twice in the card", expected="one of each", got=twice, pointer="/routing/categories")
    fallback = declared.get("fallback")
    if fallback is not None and fallback not in codes:
        raise Violation(
            "the fallback is none of the categories", expected=f"one of {', '.join(codes)}", got=fallback, pointer="/routing/fallback"
        )


@mutant("CLAS-CRD-001")
async def categories_have_codes_alone(request: Request, call_next: CallNext) -> Response:
    """The card lists the codes of the categories, without names for people."""

    def change(card: dict[str, Any]) -> None:
        for category in card["routing"]["categories"]:
            del category["name"]

    return await changed(request, call_next, _CARD, change)


@mutant("CLAS-CRD-001", also=("CLAS-RTE-006",))
async def the_fallback_was_renamed(request: Request, call_next: CallNext) -> Response:
    """The category for what cannot be placed was renamed, and the card not changed everywhere."""
    return await changed(request, call_next, _CARD, lambda card: card["routing"].update(fallback="various"))


@scenario("CLAS-RTE-001")
async def it_takes_texts_and_gives_label_and_scores(service: Service) -> None:
    """openapi.yaml: text (BYTES, one a row, any number of rows), label (BYTES, one a row), scores (FP32 or FP64, one for each category)."""
    to = await routing(service)

    def wrong(what: str, expected: str, got: object, pointer: str) -> Violation:
        return Violation(what, expected=expected, got=str(got), pointer=pointer, exchange=to.shown)

    names = [each.get("name") for each in to.inputs]
    if names != ["text"]:
        raise wrong("the routing model does not take text and nothing else", "text", names, "/inputs")
    if to.text is None or not to.takes_batches:
        raise wrong("text does not take any number of texts", "BYTES of shape [-1] or [-1, 1]", to.inputs[0], "/inputs/0")
    label, scores = label_and_scores(to)
    if label is None:
        raise wrong("the routing model has no label", "label, BYTES", list(to.outputs), "/outputs")
    if scores is None:
        raise wrong("the routing model has no scores", "scores, FP32 or FP64", list(to.outputs), "/outputs")
    if scores["shape"][-1:] not in ([len(to.codes)], [-1]):
        raise wrong("there are not as many scores as categories in the card", str(len(to.codes)), scores["shape"], "/outputs")


@mutant("CLAS-RTE-001")
async def one_text_at_a_time(request: Request, call_next: CallNext) -> Response:
    """The model takes one text in a request."""

    def change(document: dict[str, Any]) -> None:
        document["inputs"][0]["shape"] = [1, 1]

    return await described(request, call_next, change)


@mutant("CLAS-RTE-001", also=("CLAS-API-005",))
async def scores_are_called_probabilities(request: Request, call_next: CallNext) -> Response:
    """The scores have another name."""

    def rename(document: dict[str, Any]) -> None:
        for tensor in document["outputs"]:
            tensor["name"] = {"scores": "probabilities"}.get(tensor["name"], tensor["name"])

    return await described(request, call_next, rename)


async def _routed(service: Service) -> tuple[Routing, list[Row]]:
    """Some cases in both languages, routed."""
    to = await routing(service)
    cases = questions().cases[::4]
    return to, await route(service, to, [case[language] for case in cases for language in LANGUAGES])


@scenario("CLAS-RTE-002")
async def labels_are_categories_of_the_card(service: Service) -> None:
    """openapi.yaml: label is the code of a category; a consumer that finds another knows no office for it."""
    to, found = await _routed(service)
    for row in found:
        if row.label not in to.codes:
            expected = f"one of {', '.join(to.codes)}"
            raise Violation(
                "a label is none of the categories in the card", expected=expected, got=row.label, pointer="/outputs", exchange=row.exchange
            )


@mutant("CLAS-RTE-002", also=("CLAS-RTE-006", "CORE-LOG-002"))
async def labels_are_written_for_people(request: Request, call_next: CallNext) -> Response:
    """The label is the code with a capital letter, as it is shown to people."""

    def change(document: dict[str, Any]) -> None:
        label = output(document, "label")
        if label is not None:
            label["data"] = [code.capitalize() for code in label["data"]]

    return await inferred(request, call_next, change)


@scenario("CLAS-RTE-003")
async def scores_are_probabilities(service: Service) -> None:
    """openapi.yaml: scores, one for each category in the order of the card, add up to 1."""
    to, found = await _routed(service)
    for row in found:
        if len(row.scores) != len(to.codes):
            expected, got = str(len(to.codes)), str(len(row.scores))
            raise Violation("there are not as many scores as categories in the card", expected=expected, got=got, exchange=row.exchange)
        if any(not -_EXACT <= score <= 1 + _EXACT for score in row.scores) or abs(sum(row.scores) - 1) > _EXACT:
            got = f"{', '.join(f'{score:.4f}' for score in row.scores)} (in all {sum(row.scores):.4f})"
            raise Violation("the scores of a text are no probabilities", expected="from 0 to 1, in all 1", got=got, exchange=row.exchange)


@mutant("CLAS-RTE-003", also=("CORE-LOG-002",))
async def probabilities_are_percentages(request: Request, call_next: CallNext) -> Response:
    """The scores are percentages."""

    def change(document: dict[str, Any]) -> None:
        scores = output(document, "scores")
        if scores is not None:
            scores["data"] = [score * 100 for score in scores["data"]]

    return await inferred(request, call_next, change)


@mutant("CLAS-RTE-003", also=("CORE-LOG-002",))
async def small_scores_are_cut(request: Request, call_next: CallNext) -> Response:
    """Scores below a twentieth are set to zero, and the others stay."""

    def change(document: dict[str, Any]) -> None:
        scores = output(document, "scores")
        if scores is not None:
            scores["data"] = [score if score >= 0.05 else 0.0 for score in scores["data"]]

    return await inferred(request, call_next, change)


@scenario("CLAS-RTE-004")
async def the_label_has_the_highest_score(service: Service) -> None:
    """openapi.yaml: the scores stand in the order of the card's categories. Where two are as high, either may be the label; the fallback always."""
    to, found = await _routed(service)
    for row in found:
        if len(row.scores) != len(to.codes) or row.label not in to.codes:
            raise NotTested("scores and labels do not fit the categories in the card (CLAS-RTE-002, CLAS-RTE-003)")
        highest = max(row.scores)
        if row.label != to.fallback and row.scores[to.codes.index(row.label)] < highest - _EXACT:
            expected = to.codes[row.scores.index(highest)]
            raise Violation("the label is not the category with the highest score", expected=expected, got=row.label, exchange=row.exchange)


@mutant("CLAS-RTE-004", also=("CORE-LOG-002",))
async def scores_have_another_order(request: Request, call_next: CallNext) -> Response:
    """Scores stand in the order that the model was trained with, not in that of the card."""

    def change(document: dict[str, Any]) -> None:
        scores = output(document, "scores")
        if scores is not None:
            scores["data"] = [score for row in rows(scores) for score in (*row[1:], row[0])]

    return await inferred(request, call_next, change)


@scenario("CLAS-RTE-005")
async def a_request_without_text_is_refused(service: Service) -> None:
    """Model Metadata: inputs are those required by the model. Without a text there is no case, and no label is right."""
    to = await routing(service)
    other = {"name": "no-such-input", "shape": [1, 1], "datatype": "BYTES", "data": ["Kur gauti pasą?"]}
    for inputs, what in (([], "no input"), ([other], "another input than text")):
        exchange = await service.send("POST", f"{to.path}/infer", json={"inputs": inputs})
        not_now(exchange)
        if exchange.status in ABSENT:
            raise NotTested(f"POST {to.path}/infer is answered with {exchange.status}")
        if not 400 <= exchange.status < 500:
            raise Violation(f"a request with {what} is not refused", expected="4xx", got=str(exchange.status), exchange=exchange)


@mutant("CLAS-RTE-005")
async def inputs_are_read_by_position(request: Request, call_next: CallNext) -> Response:
    """The first input is the text, whatever it is called."""
    answer = await call_next(request)
    found = texts(request)
    if answer.status != 400 or not found or request.document["inputs"][0].get("name") != "no-such-input":
        return answer
    first = {**request.document["inputs"][0], "name": "text"}
    return await call_next(request.with_json({**request.document, "inputs": [first]}))


@mutant("CLAS-RTE-005", also=("CORE-ERR-002",))
async def no_input_is_a_server_error(request: Request, call_next: CallNext) -> Response:
    """The first input is looked for and not found."""
    answer = await call_next(request)
    asked = request.document
    none = request.path.endswith("/infer") and isinstance(asked, dict) and asked.get("inputs") == []
    return problem(answer, 500, "list index out of range") if none else answer


@scenario("CLAS-RTE-006")
async def what_is_no_case_goes_to_a_person(service: Service) -> None:
    """AI Act Article 14(1): a person oversees; what the model cannot place it gives the fallback of the card, and a person reads it."""
    to = await routing(service)
    if to.fallback is None:
        raise Violation("the card names no fallback", expected="routing.fallback", got="nothing", pointer="/routing/fallback")
    for text, row in zip(questions().nonsense, await route(service, to, questions().nonsense), strict=True):
        if row.label != to.fallback:
            raise Violation(f"what is no case ({text}) is given a category", expected=to.fallback, got=row.label, exchange=row.exchange)


@mutant("CLAS-RTE-006", also=("CORE-LOG-002",))
async def everything_is_somebodys(request: Request, call_next: CallNext) -> Response:
    """What cannot be placed goes to the category that has the most cases."""

    def change(document: dict[str, Any]) -> None:
        label = output(document, "label")
        if label is not None:
            label["data"] = ["civil-registry" if code == "other" else code for code in label["data"]]

    return await inferred(request, call_next, change)
