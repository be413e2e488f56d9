"""``govai profile``: for those who write profiles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness import catalogue
from harness import promote as promotion
from harness.cli.options import PROFILE_PATH
from harness.profile import load_profile
from harness.vectors import compiled, freeze

app = typer.Typer(help="Make and check profiles.", no_args_is_help=True)


@app.command()
def compile(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Profile, e.g. assistant or assistant/1.")], profile_path: PROFILE_PATH = None
) -> None:
    """Freeze a profile's hand-written corpus (corpus/*.yaml), and what is drawn from its document, into vectors.jsonl."""
    folder = catalogue.folder(name, profile_path or ())
    others = [] if folder.parent.name == "core" else [catalogue.load(catalogue.CORE)]
    profile = load_profile(folder, others, with_vectors=False)
    documents = {each.key: each.document for each in (profile, *others)}
    vectors, drawn_with = compiled(profile, documents, catalogue.folder(catalogue.CORE) / "corpus" / "texts")
    path = folder / "vectors.jsonl"
    freeze(vectors, path, profile.key, drawn_with)
    drawn = sum(vector.id.startswith("drawn-") for vector in vectors)
    typer.echo(f"{len(vectors)} vectors frozen in {path}, {len(vectors) - drawn} of them hand-written and {drawn} drawn")


@app.command()
def promote(
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="REPORT.json#EXCHANGE, a finding of exploration.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Profile, e.g. assistant or assistant/1.")],
    id: Annotated[str, typer.Option("--id", metavar="ID", help="Id of the new vector, e.g. chat-two-maps.")],
    purpose: Annotated[str, typer.Option(metavar="TEXT", help="What is special about the request, in a few words.")],
    kind: Annotated[str | None, typer.Option(metavar="KIND", help="valid, boundary or invalid; default: what the document says.")] = None,
    expect: Annotated[
        list[str] | None, typer.Option(metavar="STATUS", help="Class of status that is right, e.g. 4xx (repeatable).")
    ] = None,
    profile_path: PROFILE_PATH = None,
) -> None:
    """Make the request of an explored finding a vector: write it to the profile's corpus (corpus/found.yaml)."""
    path = promotion.promote(finding, name, id=id, purpose=purpose, kind=kind, expect=expect or (), profile_paths=profile_path or ())
    typer.echo(f"vector {id} written to {path}. Freeze it with: govai profile compile {name}")


@app.command()
def check(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a profile, <name>/<major>.")]) -> None:
    """Check a profile's files: valid OpenAPI 3.1, requirements in all languages, vectors whole and unedited."""
    others = [] if folder.parent.name == "core" else [catalogue.load(catalogue.CORE)]
    profile = load_profile(folder.resolve(), others)
    typer.echo(
        f"{profile.key} is in order: {len(profile.operations)} operations, {len(profile.requirements)} requirements, {len(profile.vectors)} vectors"
    )
