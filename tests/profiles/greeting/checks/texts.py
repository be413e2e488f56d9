"""The checks of the greeting profile."""

from harness.checks import Estimate, Service, Violation, rule, scenario
from harness.exchange import Exchange


def greeted(exchange: Exchange) -> bool:
    return exchange.succeeded and exchange.operation is not None and exchange.operation.id == "greet"


@rule("GREE-TXT-001", when=greeted)
def greeting_names_the_person(exchange: Exchange) -> None:
    """A greeting names the person."""
    name, text = exchange.request.json["name"], exchange.answer.json["text"]
    if name not in text:
        raise Violation("the name is missing", expected=name, got=text, pointer="/text")


@scenario("GREE-TXT-002")
async def same_greeting_twice(service: Service) -> None:
    """The same person is greeted the same way twice."""
    first, second = [await service.send("POST", "/greet", json={"name": "Ona"}) for _ in range(2)]
    if first.answer.body != second.answer.body:
        raise Violation("two greetings differ", got=second.answer.text, exchange=second)


@rule("GREE-TXT-003", when=greeted)
def greeting_ends_with_an_exclamation_mark(exchange: Exchange) -> None:
    """A greeting ends with an exclamation mark."""
    if not exchange.answer.json["text"].endswith("!"):
        raise Violation("no exclamation mark")


@scenario("GREE-TXT-005")
async def most_greetings_are_friendly(service: Service) -> Estimate:
    """Most greetings are friendly."""
    answers = [await service.send("POST", "/greet", json={"name": f"N{i}"}) for i in range(20)]
    friendly = [each for each in answers if "Dear" in each.answer.text]
    return Estimate(len(friendly), len(answers), 0.5, "friendly greetings")
