"""``govai profile``: for those who write profiles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness import catalogue
from harness.errors import ProfileError
from harness.profile import load_profile
from harness.vectors import freeze

app = typer.Typer(help="Make and check profiles.", no_args_is_help=True)

PATHS = Annotated[list[Path] | None, typer.Option("--profile-path", metavar="DIR", help="Folder with further profiles (repeatable).")]


@app.command()
def compile(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Profile, e.g. assistant or assistant/1.")], profile_path: PATHS = None
) -> None:
    """Freeze a profile's hand-written corpus (corpus/*.yaml) into vectors.jsonl."""
    folder = catalogue.folder(name, profile_path or ())
    key = f"{folder.parent.name}/{folder.name}"
    try:
        count = freeze(folder / "corpus", folder / "vectors.jsonl", key)
    except OSError as error:
        raise ProfileError(f"{folder / 'vectors.jsonl'} cannot be written: {error.strerror}.") from None
    typer.echo(f"{count} vectors frozen in {folder / 'vectors.jsonl'}")


@app.command()
def check(folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of a profile, <name>/<major>.")]) -> None:
    """Check a profile's files: valid OpenAPI 3.1, requirements in all languages, vectors whole and unedited."""
    others = [] if folder.parent.name == "core" else [catalogue.load(catalogue.CORE)]
    profile = load_profile(folder.resolve(), others)
    typer.echo(
        f"{profile.key} is in order: {len(profile.operations)} operations, {len(profile.requirements)} requirements, {len(profile.vectors)} vectors"
    )
