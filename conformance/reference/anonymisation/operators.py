"""Taking data out of a text and putting it back: Presidio's operators, on the places that findings name."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

Settings = Mapping[str, Any]
_BLOCK = 16
_KEY_BITS = (128, 192, 256)


class Unusable(ValueError):
    """An operator cannot do what its settings say. ``member`` is the setting that is wrong, ``key`` the text that says why."""

    def __init__(self, member: str, key: str) -> None:
        super().__init__(key)
        self.member, self.key = member, key


@dataclass(frozen=True)
class Place:
    """A piece of a text to be changed, in code points, and what it is. ``score`` decides where two overlap."""

    start: int
    end: int
    type: str
    score: float = 1.0


@dataclass(frozen=True)
class Changed:
    """A piece of the new text: where it stands there, what it is, what it says now, and by which operator."""

    start: int
    end: int
    type: str
    text: str
    operator: str


def change(
    text: str, places: Sequence[Place], operators: Mapping[str, Settings], known: Mapping[str, Operator]
) -> tuple[str, list[Changed]]:
    """The text with every place changed by the operator for its type, and what was changed.

    Places that overlap are changed as one, by the operator of the surest: nothing of what any of them covers stays.

    Raises:
        Unusable: an operator's settings are wrong; ``member`` begins with the name under which it was asked for.
    """
    pieces: list[str] = []
    changed: list[Changed] = []
    done = length = 0
    for place in _apart(places):
        name = place.type if place.type in operators else "DEFAULT"
        settings = operators.get(name, {"type": "replace"})
        try:
            new = known[settings["type"]](text[place.start : place.end], place.type, settings)
        except Unusable as error:
            raise Unusable(f"{name}/{error.member}", error.key) from None
        length += place.start - done
        changed.append(Changed(length, length + len(new), place.type, new, settings["type"]))
        pieces += [text[done : place.start], new]
        done, length = place.end, length + len(new)
    return "".join((*pieces, text[done:])), changed


def _apart(places: Sequence[Place]) -> list[Place]:
    """The places in the order of the text, those that overlap made one."""
    made: list[Place] = []
    for place in sorted((each for each in places if each.start < each.end), key=lambda each: (each.start, each.end)):
        if made and place.start < made[-1].end:
            surer = max(made[-1], place, key=lambda each: (each.score, each.end - each.start))
            made[-1] = Place(made[-1].start, max(made[-1].end, place.end), surer.type, surer.score)
        else:
            made.append(place)
    return made


def _replace(text: str, type: str, settings: Settings) -> str:
    return settings.get("new_value") or f"<{type}>"


def _redact(text: str, type: str, settings: Settings) -> str:
    return ""


def _mask(text: str, type: str, settings: Settings) -> str:
    for member in ("masking_char", "chars_to_mask"):
        if member not in settings:
            raise Unusable(member, "missing")
    count = min(len(text), max(0, int(settings["chars_to_mask"])))
    covered: str = settings["masking_char"] * count
    return text[: len(text) - count] + covered if settings.get("from_end") else covered + text[count:]


def _hash(text: str, type: str, settings: Settings) -> str:
    """With a salt of its own each time: eleven digits alone are found again by trying them all."""
    return hashlib.new(settings.get("hash_type", "sha256"), secrets.token_bytes(32) + text.encode()).hexdigest()


def _encrypt(text: str, type: str, settings: Settings) -> str:
    """AES in CBC mode with PKCS 7 padding, the initialisation vector before it, in URL-safe base64: what Presidio writes and reads."""
    padder = padding.PKCS7(_BLOCK * 8).padder()
    vector = secrets.token_bytes(_BLOCK)
    encryptor = _cipher(settings, vector).encryptor()
    sealed = encryptor.update(padder.update(text.encode()) + padder.finalize()) + encryptor.finalize()
    return base64.urlsafe_b64encode(vector + sealed).decode()


def _decrypt(text: str, type: str, settings: Settings) -> str:
    try:
        sealed = base64.urlsafe_b64decode(text.replace("/", "_").replace("+", "-"))
        decryptor = _cipher(settings, sealed[:_BLOCK]).decryptor()
        unpadder = padding.PKCS7(_BLOCK * 8).unpadder()
        padded = decryptor.update(sealed[_BLOCK:]) + decryptor.finalize()
        return bytes(unpadder.update(padded) + unpadder.finalize()).decode()
    except Unusable:
        raise
    except (ValueError, binascii.Error):
        raise Unusable("key", "not-decrypted") from None


def _cipher(settings: Settings, vector: bytes) -> Cipher[modes.CBC]:
    key = str(settings.get("key", "")).encode()
    if len(key) * 8 not in _KEY_BITS:
        raise Unusable("key", "key-length")
    return Cipher(algorithms.AES(key), modes.CBC(vector))


Operator = Callable[[str, str, Settings], str]
ANONYMIZERS: Mapping[str, Operator] = {"replace": _replace, "redact": _redact, "mask": _mask, "hash": _hash, "encrypt": _encrypt}
DEANONYMIZERS: Mapping[str, Operator] = {"decrypt": _decrypt}
