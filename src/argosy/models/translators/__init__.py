"""Translators: from a file of other software to a formula. They run in the process that may read such files.

A translator is a function from the bytes to a `Translation`; it raises ImportInvalid with what the file has that cannot
be translated, and leaves out nothing that counts for the answers.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import msgspec
import numpy as np

from argosy.models.packing import pack, unpack
from argosy.types import FieldKind

PLACES: Final = {
    "pmml": "argosy.models.translators.pmml:translate_pmml",
    "lightgbm": "argosy.models.translators.lightgbm:translate_lightgbm",
    "xgboost": "argosy.models.translators.xgboost:translate_xgboost",
}
"""The translators by the format of the file."""


class Translation(msgspec.Struct, frozen=True):
    """`classes` are the formula's outputs in order, empty where the file does not name them."""

    fields: dict[str, FieldKind]
    classes: list[str]
    formula: dict[str, Any]


def translation_of(form: str, content: bytes) -> Translation:
    """Raises ImportInvalid."""
    module, _, name = PLACES[form].partition(":")
    found: Translation = getattr(import_module(module), name)(content)
    return found


def encode_translation(translation: Translation) -> bytes:
    formula = pack(translation.formula, lambda array: [array.dtype.str, list(array.shape), array.tobytes()])
    return msgspec.msgpack.encode(msgspec.structs.replace(translation, formula=formula))


def decode_translation(message: bytes) -> Translation:
    """Raises msgspec.MsgspecError, and ValueError or KeyError where an array is none."""
    found = msgspec.msgpack.decode(message, type=Translation)
    return msgspec.structs.replace(found, formula=unpack(found.formula, _array))


def _array(stored: Any) -> Any:
    dtype, shape, content = stored
    return np.frombuffer(content, np.dtype(dtype)).reshape(shape).copy()
