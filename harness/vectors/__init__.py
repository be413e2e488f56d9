"""Vectors: the frozen, numbered inputs of a profile, the same for every participant."""

from harness.vectors.model import Vector, VectorRequest, bind
from harness.vectors.store import freeze, read_vectors

__all__ = ["Vector", "VectorRequest", "bind", "freeze", "read_vectors"]
