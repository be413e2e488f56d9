"""The pages of the reference that are made of the code and the profiles, so that they cannot say anything else: written when the site is built.

An extension of Sphinx; what it writes is not kept in the repository.
"""

from __future__ import annotations

import html
import inspect
from collections.abc import Iterator
from pathlib import Path

from sphinx.application import Sphinx

import harness
from harness import catalogue
from harness.checks import registry
from harness.formats.wording import Words
from harness.profile import LANGUAGES, Basis, Profile, Requirement
from harness.serve.mock import mutants_of


def setup(app: Sphinx) -> None:
    """Have the pages written before any is read."""
    app.connect("builder-inited", lambda app: generate(Path(app.srcdir) / "reference" / "made"))


def generate(folder: Path) -> None:
    """Write the pages into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in catalogue.references():
        mutants_of(name)  # mutants are known once they are loaded
    for key in catalogue.names():
        profile = catalogue.load(key)
        (folder / f"{profile.name}.md").write_text("\n".join(_profile(profile)), encoding="utf-8")
    (folder / "python.md").write_text("\n".join(_python()), encoding="utf-8")


def _profile(profile: Profile) -> Iterator[str]:
    title, number = profile.title.partition(": ")[2] or profile.title, len(profile.requirements)
    yield f"# {profile.key}: {title}\n"
    yield f"Version {profile.version}, {number} requirements, {len(profile.vectors)} vectors. `{profile.digest}`\n"
    yield "## Operations\n\n| operation | what |\n| --- | --- |"
    for operation in profile.operations:
        optional = " (optional)" if operation.optional else ""
        yield f"| `{operation.method} {operation.path}` | {_plain(operation.definition.get('summary', operation.id))}{optional} |"
    yield "\n## Requirements\n"
    for requirement in profile.requirements:
        yield from _requirement(requirement)


def _requirement(requirement: Requirement) -> Iterator[str]:
    english, checks = Words("en"), registry.of(requirement.id)
    yield f"({requirement.id.lower()})=\n### {requirement.id}\n"
    facts = [english.name(group, value) for group, value in (("level", requirement.level), ("class_named", requirement.class_))]
    facts += [english.name("side", requirement.side), f"{english.name('layer', requirement.layer)} layer", f"since {requirement.since}"]
    facts += [f"binds from {requirement.applies_from}"] if requirement.applies_from else []
    yield f"*{', '.join(facts)}*\n"
    yield "".join(f'<p lang="{language}">{html.escape(requirement.statement.in_language(language))}</p>\n' for language in LANGUAGES)
    rows = {
        "Basis": "; ".join(_basis(each) for each in requirement.basis),
        "What to do": _plain(requirement.remedy.en) if requirement.remedy else "",
        "Not decidable": _plain(requirement.undecidable.en) if requirement.undecidable else "",
        "Decided by": "; ".join(_plain(inspect.getdoc(each.function) or each.name) for each in checks),
        "Proven with": ", ".join(f"`{each.id}`" for each in registry.mutants.values() if each.requirement == requirement.id),
    }
    yield "".join(f"{name}\n: {text}\n\n" for name, text in rows.items() if text)


def _basis(basis: Basis) -> str:
    return f"[{_plain(str(basis))}](<{basis.url}>)" if basis.url else _plain(str(basis))


def _plain(text: str) -> str:
    """A text on one line, in which nothing is markup."""
    line = " ".join(text.replace("``", "").split())
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>#|$" else char for char in line)


def _python() -> Iterator[str]:
    yield "# Python interface\n\n```{eval-rst}\n.. module:: harness\n"
    for name in harness.__all__:
        kind = "autofunction" if inspect.isfunction(getattr(harness, name)) else "autoexception" if name.endswith(_ERRORS) else "autoclass"
        yield f".. {kind}:: harness.{name}\n" + ("   :members:\n" if kind == "autoclass" else "")
    yield "```"


_ERRORS = ("Error", "Fault", "Unreachable")
