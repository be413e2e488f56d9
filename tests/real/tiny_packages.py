"""Argos packages with random weights for Polish, Lithuanian and English: a real engine whose output means nothing.

``python -m tests.real.tiny_packages HOME`` installs them for the user whose home directory is HOME, as LibreTranslate looks for them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

NAMES = {"en": "English", "pl": "Polish", "lt": "Lithuanian"}
PAIRS = (("en", "pl"), ("pl", "en"), ("en", "lt"), ("lt", "en"))
_TEXTS = (
    "Zażółć gęślą jaźń. Dzień dobry, proszę o zaświadczenie z urzędu gminy.",
    "Laba diena, prašau pažymos iš savivaldybės. Ačiū, gero vakaro.",
    "Hello, please give me a certificate from the office. Good evening, thank you.",
)
_WIDTH, _INNER, _POSITIONS = 32, 64, 8192


def environment(home: Path) -> dict[str, str]:
    """What LibreTranslate and its engine are started with: nothing is downloaded, and sentences end at full stops."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "SNAP", "ARGOS_"))}
    return {**own, "HOME": str(home), "ARGOS_CHUNK_TYPE": "SPACY"}


def install(home: Path) -> None:
    """Install the packages in a process of its own, for the engine reads its directories when it is imported."""
    words = [sys.executable, "-m", "tests.real.tiny_packages", str(home)]
    root = Path(__file__).parents[2]
    subprocess.run(words, env={**environment(home), "PYTHONPATH": str(root)}, cwd=root, check=True, capture_output=True)


def _vocabulary(work: Path) -> list[str]:
    import sentencepiece

    (work / "texts.txt").write_text("\n".join(_TEXTS * 20), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(work / "texts.txt"),
        model_prefix=str(work / "pieces"),
        vocab_size=100,
        model_type="unigram",
        character_coverage=1.0,
        hard_vocab_limit=False,
        minloglevel=2,
    )
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(work / "pieces.model"))
    special = ["<unk>", "<s>", "</s>"]
    return special + [piece for piece in map(pieces.id_to_piece, range(pieces.get_piece_size())) if piece not in special]


def _write_model(work: Path, vocabulary: list[str]) -> None:
    import numpy
    from ctranslate2.specs import TransformerSpec

    random = numpy.random.default_rng(0)
    spec = TransformerSpec.from_config(num_layers=(1, 1), num_heads=2, pre_norm=False)

    def weights(*shape: int) -> Any:
        return (random.standard_normal(shape) * 0.2).astype(numpy.float32)

    def linear(layer: Any, rows: int, columns: int) -> None:
        layer.weight, layer.bias = weights(rows, columns), numpy.zeros(rows, numpy.float32)

    def norm(layer: Any) -> None:
        layer.gamma, layer.beta = numpy.ones(_WIDTH, numpy.float32), numpy.zeros(_WIDTH, numpy.float32)

    def feed_forward(layer: Any) -> None:
        norm(layer.layer_norm)
        linear(layer.linear_0, _INNER, _WIDTH)
        linear(layer.linear_1, _WIDTH, _INNER)

    embeddings = spec.encoder.embeddings
    (embeddings[0] if isinstance(embeddings, list) else embeddings).weight = weights(len(vocabulary), _WIDTH)
    spec.decoder.embeddings.weight = weights(len(vocabulary), _WIDTH)
    for side in (spec.encoder, spec.decoder):
        side.position_encodings.encodings = weights(_POSITIONS, _WIDTH)
        for layer in side.layer:
            norm(layer.self_attention.layer_norm)
            linear(layer.self_attention.linear[0], 3 * _WIDTH, _WIDTH)
            linear(layer.self_attention.linear[1], _WIDTH, _WIDTH)
            feed_forward(layer.ffn)
    linear(spec.decoder.projection, len(vocabulary), _WIDTH)
    for layer in spec.decoder.layer:
        norm(layer.attention.layer_norm)
        linear(layer.attention.linear[0], _WIDTH, _WIDTH)
        linear(layer.attention.linear[1], 2 * _WIDTH, _WIDTH)
        linear(layer.attention.linear[2], _WIDTH, _WIDTH)
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.validate()
    (work / "model").mkdir()
    spec.save(str(work / "model"))


def main(home: Path) -> None:
    """Install all pairs below a home directory, and a pipeline that splits sentences."""
    work = home / "work"
    work.mkdir(parents=True)
    _write_model(work, _vocabulary(work))
    import spacy
    from argostranslate import package, settings

    cache = Path(settings.cache_dir) / "spacy"
    spacy.blank("xx").to_disk(cache)
    (cache / "senter").mkdir()
    (cache / "senter" / "model").touch()  # what the engine looks for before it downloads one
    for source, target in PAIRS:
        about = {"package_version": "1.0", "argos_version": "1.9", "from_code": source, "from_name": NAMES[source]}
        about |= {"to_code": target, "to_name": NAMES[target]}
        path, inside = work / f"{source}_{target}.argosmodel", f"translate-{source}_{target}-1_0"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{inside}/metadata.json", json.dumps(about))
            archive.write(work / "pieces.model", f"{inside}/sentencepiece.model")
            for file in (work / "model").iterdir():
                archive.write(file, f"{inside}/model/{file.name}")
        package.install_from_path(str(path))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
