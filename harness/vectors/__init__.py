"""Vectors: the frozen, numbered inputs of a profile, the same for every participant."""

from harness.vectors.compile import compiled
from harness.vectors.corpus import read_corpus
from harness.vectors.model import Vector, VectorRequest, bind
from harness.vectors.store import compiled_for, drawn_with, freeze, read_vectors

__all__ = ["Vector", "VectorRequest", "bind", "compiled", "compiled_for", "drawn_with", "freeze", "read_corpus", "read_vectors"]
