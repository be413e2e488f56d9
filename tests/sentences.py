"""The sentences that checks say, read from their code: what ``translations.yaml`` has to hold in Polish and Lithuanian."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from harness.report import Report

ENDS = ("Violation", "NotTested", "NotApplicable", "NeedsReview", "Estimate", "Mean")
_IN_WORDS = re.compile(
    r"(?<![\w-])(an?|the|not?|nor|or|and|of|in|on|with(out)?|to|from|at|by|for|as|than|that|which|least|most|nothing|something|none|same|other|one|"
    r"two|each|every|all|any|only|its?|is|are|was)(?![\w-])"
)


def sentences(source: Path) -> dict[str, int]:
    """Each sentence with numbered places for what changes, and the line that says it.

    Messages, and of what was expected and what came that which is said in words; names are followed to what they are set to in the same function.
    """
    tree = ast.parse(source.read_text(encoding="utf-8"))
    found: dict[str, int] = {}
    for scope in (each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module)):
        set_to = _set_to(scope)
        for call in (each for each in ast.walk(scope) if isinstance(each, ast.Call)):
            name = call.func.id if isinstance(call.func, ast.Name) else call.func.attr if isinstance(call.func, ast.Attribute) else ""
            if name not in ENDS:
                continue
            messages = call.args[:1] if name not in ("Estimate", "Mean") else []
            messages += [each.value for each in call.keywords if each.arg == "subject"]
            shown = [each.value for each in call.keywords if each.arg in ("expected", "got")]
            for node in messages:
                found |= {text: node.lineno for text in _texts(node, set_to) if re.search("[a-z]", re.sub(r"{\d+}", "", text))}
            for node in [*shown, *_parts(messages + shown, set_to)]:
                found |= {text: node.lineno for text in _texts(node, set_to) if in_words(text)}
    return found


def in_words(text: str) -> bool:
    """Whether a text is said in words, and is not a value, a header field or a piece of code."""
    return _IN_WORDS.search(text) is not None


def _set_to(scope: ast.AST) -> dict[str, list[ast.expr]]:
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                for name, value in _pairs(target, node.value):
                    found.setdefault(name, []).append(value)
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and isinstance(node.target, ast.Name) and node.value is not None:
            found.setdefault(node.target.id, []).append(node.value)
        elif isinstance(node, ast.For | ast.comprehension) and isinstance(node.iter, ast.Tuple | ast.List):
            for each in node.iter.elts:
                for name, value in _pairs(node.target, each):
                    found.setdefault(name, []).append(value)
    return found


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, other in zip(target.elts, value.elts, strict=False):
            yield from _pairs(one, other)
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.IfExp):
        yield from _pairs(target, value.body)
        yield from _pairs(target, value.orelse)


def _texts(node: ast.expr, set_to: dict[str, list[ast.expr]], depth: int = 0) -> Iterator[str]:
    """What an expression says, as far as the code tells."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        places = iter(range(len(node.values)))
        yield "".join(str(each.value) if isinstance(each, ast.Constant) else f"{{{next(places)}}}" for each in node.values)
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body, set_to, depth)
        yield from _texts(node.orelse, set_to, depth)
    elif isinstance(node, ast.BoolOp):
        for each in node.values:
            yield from _texts(each, set_to, depth)
    elif isinstance(node, ast.Name) and depth < 3:
        for each in set_to.get(node.id, ()):
            yield from _texts(each, set_to, depth + 1)


def _parts(nodes: list[ast.expr], set_to: dict[str, list[ast.expr]]) -> Iterator[ast.expr]:
    """What stands in the places of sentences, where the code says it: ``{'no' if ... else 'a wrong'} header``."""
    for node in nodes:
        for each in ast.walk(node):
            if isinstance(each, ast.FormattedValue) and isinstance(each.value, ast.IfExp | ast.BoolOp | ast.Name):
                yield each.value
        if isinstance(node, ast.Name):
            yield from _parts([each for each in set_to.get(node.id, ()) if not isinstance(each, ast.Name)], set_to)


def untranslated(report: Report) -> list[str]:
    """What a report says in English alone: messages, causes and notes."""
    said = [text for each in report.verdicts for text in (each.cause, *(finding.message for finding in each.findings)) if text]
    said += [*report.notes, *([report.ended] if report.ended else [])]
    return [text for text in dict.fromkeys(said) if text not in report.translations]
